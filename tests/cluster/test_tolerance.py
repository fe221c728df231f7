"""`halab tolerance` on real members: table, splits, a member that never starts, an interrupt."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time

import pytest

from lab.readiness import wait_until
from reports.history.surveys import read_splits, read_tolerance
from reports.locale.catalogue import text_of

pytestmark = pytest.mark.beside


def english(message):
    return "" if message is None else text_of(message, "en")


def lines_of(home):
    paths = home.path.glob("runs/*/cells.jsonl")
    return [line for path in paths for line in path.read_text().splitlines()]


def lost_of(home):
    """Return whether there are two cells, and the one that cannot be measured among them."""
    lines = lines_of(home)
    return len(lines) > 1 and any('"write":"unknown"' in line.replace(" ", "") for line in lines)


def test_one_to_three_members_are_measured_as_they_are_and_a_wrong_table_is_flagged(home):
    (home.path / "wrong.csv").write_text("size,majority,tolerance\n1,1,0\n2,1,0\n3,2,2\n")
    options = ["--sizes", "1-3", "--faults", "kill", "--expect", "wrong.csv", "--json"]
    answer = json.loads(home.halab("tolerance", *options, code=1).stdout)
    measured = [(r["majority_measured"], r["tolerance_measured"]) for r in answer["figures"]]
    assert measured == [(1, 0), (2, 0), (2, 1)]
    wrong = [one["id"] for one in answer["verdicts"] if one["verdict"] == "violated"]
    assert wrong == ["size-2-majority", "size-3-tolerance"]
    found = read_tolerance(home.path / answer["run"])
    assert (found.record.status, len(found.rows)) == ("complete", 12)
    assert (found.damage, found.missing) == ([], [])
    for cell in found.rows:
        assert cell.acknowledged > 0
        assert (cell.failed > 0) == ("refused" in english(cell.evidence))
        assert cell.leader_failed == (cell.leader in cell.members)


def test_a_split_of_three_serves_on_its_larger_side_only(home):
    out = home.halab("tolerance", "--splits", "--sizes", "3").stdout
    (run,) = home.path.glob("runs/*")
    found = read_splits(run)
    assert (len(found.rows), found.damage, found.missing) == (4, [], [])
    for split in found.rows:
        served = {side.name for side in split.sides if side.write == side.read == "served"}
        assert "timeout" in english(split.evidence)
        if split.bridge:
            assert served == ({"a", "b", "bridge"} if split.leader_in is None else {"a", "bridge"})
        else:
            assert served == {"a"}
    assert "never-two-disjoint-sides" in out
    assert (run / "report/index.html").exists()


@pytest.fixture
def spoilt(home):
    """Put a file where the second member wants its data, in the first lab that appears."""
    done = threading.Event()

    def spoil():
        while not done.wait(0.01):
            # other folders come and go meanwhile, and the search fails at one that has gone
            with contextlib.suppress(OSError):
                for node in home.path.glob("halab/labs/*/nodes/etcd-2"):
                    (node / "etcd-data").touch(exist_ok=False)
                    done.set()
                    return

    thread = threading.Thread(target=spoil)
    thread.start()
    yield done
    done.set()
    thread.join()


def test_a_member_that_never_starts_costs_one_cell_and_an_interrupt_keeps_the_rest(home, spoilt):
    options = ["--sizes", "2", "--faults", "kill", "--trials", "9"]
    with (home.path / "log").open("w") as log:
        process = home.popen("tolerance", *options, stdout=log, stderr=log)
        wait_until("two cells and the lost one", lambda: "" if lost_of(home) else "not yet", 60)
        begun_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert time.monotonic() - begun_s < 20
    (run,) = home.path.glob("runs/*")
    found = read_tolerance(run)
    cells = found.rows
    assert (found.record.status, found.damage) == ("interrupted", [])
    assert 2 <= len(cells) < 9 * 4
    assert english(found.missing[0]).startswith(
        f"{9 * 4 - len(cells)} of {9 * 4} that were planned"
    )
    assert "This run is interrupted" in (run / "report/index.html").read_text()
    unknown, *more = [cell for cell in cells if cell.write == "unknown"]
    assert [cell.reason for cell in more] == []
    assert spoilt.is_set()
    reason = english(unknown.reason)
    assert "etcd on etcd-2 ended" in reason
    assert "last lines of etcd.log" in reason
    assert "etcd-data" in reason.partition("last lines")[2]
