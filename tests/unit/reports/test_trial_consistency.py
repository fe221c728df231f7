"""Operations of a suite's trial: its verdicts, and the same ones from a copied directory."""

from __future__ import annotations

import dataclasses
import shutil

import pytest
from made_histories import READ, events_of, run_record, samples_of, trial_record
from written_operations import event, get, opened, read, versions, write

from reports.history.final import FinalState, MemberState
from reports.history.writer import RunWriter
from reports.judging import judge

NAMES = ("nothing-lost", "nothing-stale", "watches-in-order", "members-agree")
FINE = MemberState(revision=9, hash=7, last_write="")


def operations(count=120):
    made = [opened(1, 0)]
    for number in range(count):
        one = write(f"v{number}", number + 2, number, number + 0.5)
        later = number + 0.6
        made += [
            one,
            read(one.value, one.revision, later, later),
            event(one.value, number + 2, later),
        ]
    return made


def final(made, **members):
    written = [one for one in made if one.op == "write"]
    about = {"etcd-1": FINE, "etcd-2": FINE} | members
    return FinalState(members=about, compacted=0, versions=versions(*written))


def verdicts(folder, made, state, **about):
    record = trial_record(operations_hz=10.0, **about)
    writer = RunWriter(folder, run_record([record]))
    writer.save()
    trial = writer.trial(0)
    for one in samples_of({READ: "." * 60}).to_dict("records"):
        trial.sample(one)
    for one in events_of():
        trial.event(one["t_s"], one["kind"])
    for one in made:
        trial.operation(dataclasses.asdict(one))
    if state:
        trial.final(state)
    trial.close()
    return {one.id.removeprefix("kill-it-"): one for one in judge(folder).verdicts}


def kinds(found):
    return [found[name].verdict for name in NAMES]


def test_what_is_consistent_holds_beside_what_is_expected(tmp_path):
    made = operations()
    found = verdicts(tmp_path / "run", made, final(made))
    assert kinds(found) == ["holds"] * 4
    assert found["e1"].verdict == "holds"
    assert "120 acknowledged writes, 120 reads, 120 events" in found["nothing-lost"].note


BENT = {
    "a lost write": (
        lambda made: (made, final(made[:-3])),
        ["violated", "holds", "holds", "holds"],
        "write a = v119 at revision 121",
    ),
    "a stale read": (
        lambda made: ([*made, get("v3", 5, 500, 501)], final(made)),
        ["holds", "violated", "holds", "holds"],
        "read a = v3 at revision 5",
    ),
    "an event told twice": (
        lambda made: ([*made, made[-1]], final(made)),
        ["holds", "holds", "violated", "holds"],
        "watch a = v119 at revision 121",
    ),
    "a member that differs": (
        lambda made: (made, final(made, **{"etcd-3": FINE.model_copy(update={"hash": 8})})),
        ["holds", "holds", "holds", "violated"],
        "'etcd-3': (9, 8)",
    ),
    "a member that takes no write": (
        lambda made: (
            made,
            final(made, **{"etcd-3": FINE.model_copy(update={"last_write": "no"})}),
        ),
        ["holds", "holds", "holds", "violated"],
        "etcd-3: no",
    ),
    "no end": (lambda made: (made, None), ["unknown"] * 4, "was not read"),
    "too few": (
        lambda made: (made[:30], final(made[:30])),
        ["unknown", "unknown", "unknown", "holds"],
        "only 10 writes",
    ),
}


@pytest.mark.parametrize(("bend", "wanted", "shown"), BENT.values(), ids=BENT.keys())
def test_each_demand_can_fail_and_says_on_which_operations(tmp_path, bend, wanted, shown):
    found = verdicts(tmp_path / "run", *bend(operations()))
    assert kinds(found) == wanted
    assert any(shown in found[name].note for name in NAMES)


def test_what_is_wrong_is_wrong_in_a_trial_that_proves_nothing_too(tmp_path):
    made = operations()
    found = verdicts(tmp_path / "run", made, final(made[:-3]), unknown_reason="no leader")
    assert kinds(found) == ["violated", "unknown", "unknown", "holds"]


def test_a_copied_directory_is_judged_the_same_and_carries_the_operations(tmp_path):
    made = operations()
    verdicts(tmp_path / "run", made, final(made[:-3]))
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    shutil.rmtree(tmp_path / "run")
    again = judge(tmp_path / "copy")
    assert {one.id: one.verdict for one in again.verdicts}["kill-it-nothing-lost"] == "violated"
    again.write("en")
    tables = tmp_path / "copy" / "report" / "tables"
    assert "v119 at revision 121" in (tables / "violations.csv").read_text()
    assert (tables / "consistency.csv").read_text().startswith("trial,experiment,acknowledged")
    assert (tables / "stages.csv").exists()
