"""What is right when something of operations or proofs is missing: unknown, unless it is proved.

From issue 15. The record says what must be there; nothing of it was missed on 86b0290.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from reports.history.schema import Doubt
from reports.locale.message import verbatim
from tests.net.convert import convert
from tests.net.made import (
    KILL,
    MEMBERS,
    READ,
    Made,
    events_of,
    final_of,
    operations,
    with_clients,
    write,
)
from tests.net.right import Right, kinds_of
from tests.net.saved import run_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reports.history.final_state import FinalState
    from reports.history.operations import Operation

WELL = {READ: "." * 60}
OPERATIONS = operations()
WRITTEN = f"{KILL}-nothing-lost {KILL}-nothing-stale {KILL}-watches-in-order {KILL}-members-agree"


# --- operations


def operated(
    made: Sequence[Operation],
    final: FinalState | None,
    change: Callable[[Path], None] = lambda _: None,
    names: str = WRITTEN,
    **about: Any,
) -> Callable[[Path], str]:
    """Return what judges a trial with operations, after `change` of its folder."""
    trial = Made(
        WELL, **{"events": with_clients(made), "operations": made, "final": final, **about}
    )

    def value(path: Path) -> str:
        write(path, {KILL: [trial]}, expect=[])
        change(path / "trials" / "0000")
        return kinds_of(path, names)

    return value


def cut_in_two(folder: Path) -> None:
    """Leave the first two thirds of ops.jsonl, which end within a line."""
    path = folder / "ops.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) * 2 // 3], encoding="utf-8")


def drop_lines(name: str, part: str) -> Callable[[Path], None]:
    """Return what deletes the lines of a stream that hold a text."""

    def change(folder: Path) -> None:
        path = folder / name
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        left = [line for line in lines if part not in line]
        assert len(left) < len(lines)
        path.write_text("".join(left), encoding="utf-8")

    return change


def last_probe_gone(folder: Path) -> None:
    """Delete the last probe of a series; what its file says of the rest stays."""
    path = folder / "samples.parquet"
    pq.write_table(pq.read_table(path).slice(0, 59), path)


# a write was under way: nobody recorded it, and the watch had delivered it
UNDER_WAY = [*OPERATIONS[:300], OPERATIONS[301]]
CLIENTS_DIED = Doubt(
    kind="not-measured", reason=verbatim("the clients did not come to an end within 12 s")
)
LOST = final_of([operation for operation in OPERATIONS if operation.value != "v70"])
TOLD_ONCE = [operation for operation in OPERATIONS if operation.op != "watch"] + [OPERATIONS[1]]

OPERATED = [
    # r_ops W1, t12 W1: false "violated": an operation that nobody recorded counts as invented
    Right(
        "W1 the harness was killed in mid-trial",
        operated(UNDER_WAY, None, events=events_of()[:5], status="interrupted", whole=False),
        "unknown unknown unknown unknown",
    ),
    Right(
        "W1b the clients of a worker died",
        operated(UNDER_WAY, None, events=events_of(), doubt=CLIENTS_DIED),
        "unknown unknown unknown unknown",
    ),
    # 86b0290: holds violated holds holds. A stream says how many lines it had
    Right(
        "W2 ops.jsonl was cut in the middle of a line",
        operated(OPERATIONS, final_of(OPERATIONS), cut_in_two),
        "unknown unknown unknown unknown",
    ),
    # 86b0290: holds holds holds holds. Its lines are numbered
    Right(
        "W3 a lost write whose lines were deleted",
        operated(OPERATIONS, LOST, drop_lines("ops.jsonl", '"v70"')),
        "unknown unknown unknown unknown",
    ),
    # issue 15: 86b0290 holds. Samples are numbered, too
    Right(
        "the last probe of a series was deleted",
        operated(OPERATIONS, final_of(OPERATIONS), last_probe_gone, f"{KILL}-nothing-lost"),
        "unknown",
    ),
    Right(
        "W4 a watch that told 1 of 150 events",
        operated(TOLD_ONCE, final_of(OPERATIONS), names=f"{KILL}-watches-in-order"),
        "unknown",
    ),
    Right(
        "W5 the final state names 1 of 3 members",
        operated(OPERATIONS, final_of(OPERATIONS, MEMBERS[:1]), names=f"{KILL}-members-agree"),
        "unknown",
    ),
]


# --- proofs: the saved one of a learner, with something missing


def proved(names: str, change: Callable[[Path], None]) -> Callable[[Path], str]:
    def value(path: Path) -> str:
        convert(run_of("proof-replace-learner"), path)
        change(path)
        return kinds_of(path, names)

    return value


def renumber(path: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
    """Write a stream again without some lines, numbered and closed as if they had never been."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    left = [line for line in lines[:-1] if keep(line)]
    numbered = [{**line, "line": number} for number, line in enumerate(left, 1)]
    closing = {"line": len(left) + 1, "closed": len(left)}
    text = "".join(json.dumps(line) + "\n" for line in [*numbered, closing])
    path.write_text(text, encoding="utf-8")


def a_write_unrecorded(path: Path) -> None:
    """Take the first acknowledged write out of ops.jsonl; reads of it stay."""
    folder = path / "trials" / "0000"
    lines = [json.loads(line) for line in (folder / "ops.jsonl").read_text().splitlines()]
    read = {line["value"] for line in lines if line.get("op") == "read"}
    gone = next(
        line["line"] for line in lines if line.get("op") == "write" and line["value"] in read
    )
    renumber(folder / "ops.jsonl", lambda line: line["line"] != gone)
    renumber(folder / "events.jsonl", lambda line: line["kind"] != "clients_end")
    record = json.loads((path / "run.json").read_text(encoding="utf-8"))
    record["trials"][0]["doubt"] = {"kind": "not-measured", "reason": "sent 977, recorded 976"}
    (path / "run.json").write_text(json.dumps(record), encoding="utf-8")


def never_rejoined(path: Path) -> None:
    """Take away that the killed member had the same data again, and where it was healed."""
    kinds = ("rejoined", "heal_begin", "apart")
    renumber(
        path / "trials" / "0000" / "events.jsonl",
        lambda line: (line["kind"], line.get("injection")) not in [(k, "kill") for k in kinds],
    )


def a_member_less(path: Path) -> None:
    final = path / "trials" / "0000" / "final.json"
    state = json.loads(final.read_text(encoding="utf-8"))
    del state["members"]["etcd-3"]
    final.write_text(json.dumps(state), encoding="utf-8")


PROVED = [
    Right(
        "W3 a write of a proof was not recorded",
        proved("nothing-lost no-read-goes-back", a_write_unrecorded),
        "unknown unknown",
    ),
    Right(
        "the heal of a proof was deleted",
        proved("all-rejoin", never_rejoined),
        "unknown",
    ),
    # issue 15: the record knows how many members there must be
    Right(
        "a member of the final state of a proof was deleted",
        proved("members-agree last-write-everywhere", a_member_less),
        "unknown unknown",
    ),
]


@pytest.mark.parametrize("case", [*OPERATED, *PROVED], ids=lambda case: case.name)
def test_what_is_missing_is_unknown(case, tmp_path):
    assert case.value(tmp_path / "run") == case.right
