"""Operations of a suite's trial: its verdicts, and the same ones from a copied directory."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from english import english
from made_histories import (
    READ,
    events_of,
    expectation,
    experiment_record,
    run_record,
    trial_record,
    write_trial,
)
from written_operations import event, get, opened, read, versions, write

from reports.analysis.suite import analyse_suite
from reports.history.events import ClientsEnd, OperationsSent
from reports.history.final_state import FinalState, MemberState
from reports.history.reader import read_suite
from reports.history.schema import Doubt, Expectation, OperationsRecord
from reports.history.writer import RunWriter
from reports.locale.message import verbatim
from tests.net.convert_suites import sent_by

DEMANDS = {
    "nothing-lost": "lost_writes",
    "nothing-stale": "stale_reads",
    "watches-in-order": "watch_disorder",
    "members-agree": "differing_members",
}
EXPECT = [
    expectation(),
    *(
        Expectation(id=name, metric=metric, op="at_most", value=0)
        for name, metric in DEMANDS.items()
    ),
]
OPERATIONS = OperationsRecord(store="kubernetes", rate_hz=10.0, keys=6, timeout_s=2.0)
ENDED = (ClientsEnd(5.9),)
FINE = MemberState(revision=9, hash=7, last_write="")


def operations(count=120):
    made = [opened(1, 0)]
    for number in range(count):
        operation = write(f"v{number}", number + 2, number, number + 0.5)
        later = number + 0.6
        made += [
            operation,
            read(operation.value, operation.revision, later, later),
            event(operation.value, number + 2, later),
        ]
    return made


def final(made, **members):
    written = [operation for operation in made if operation.op == "write"]
    about = dict.fromkeys(["etcd-1", "etcd-2", "etcd-3"], FINE) | members
    return FinalState(members=about, compacted=0, versions=versions(*written))


def analysis(folder, made, state, events=None, **about):
    events = [OperationsSent(5.8, sent_by(made)), *ENDED] if events is None else events
    experiment = experiment_record(expect=EXPECT, operations=OPERATIONS)
    writer = RunWriter(folder, run_record([trial_record(**about)], [experiment]))
    writer.save()
    write_trial(writer, 0, {READ: "." * 60}, [*events_of(), *events], made, state)
    return analysed(folder)


def analysed(folder):
    record, trials, missing = read_suite(folder)
    assert missing == []
    return analyse_suite(record, trials)


def verdicts(*given, **about):
    return {verdict.id: verdict for verdict in analysis(*given, **about).verdicts}


def kinds(found):
    return [found[name].verdict for name in DEMANDS]


def test_what_is_consistent_holds_beside_what_is_expected(tmp_path):
    made = operations()
    found = verdicts(tmp_path / "run", made, final(made))
    assert kinds(found) == ["holds"] * 4
    assert found["e1"].verdict == "holds"
    assert "120 acknowledged writes, 120 reads, 120 events" in english(found["nothing-lost"].note)


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
        lambda made: ([*made, event("v119", 121, 130)], final(made)),
        ["holds", "holds", "violated", "holds"],
        "watch a = v119 at revision 121",
    ),
    "a member that differs": (
        lambda made: (made, final(made, **{"etcd-3": FINE.model_copy(update={"hash": 8})})),
        ["holds", "holds", "holds", "violated"],
        "etcd-3: revision 9, hash 8",
    ),
    "a member that takes no write": (
        lambda made: (
            made,
            final(made, **{"etcd-3": FINE.model_copy(update={"last_write": verbatim("no")})}),
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
    assert any(shown in english(found[name].note) for name in DEMANDS)


def test_what_is_wrong_is_wrong_in_a_trial_that_proves_nothing_too(tmp_path):
    made, doubt = operations(), Doubt(kind="not-measured", reason=verbatim("no leader"))
    found = verdicts(tmp_path / "run", made, final(made[:-3]), doubt=doubt)
    assert kinds(found) == ["violated", "unknown", "unknown", "unknown"]


SENT = {
    "all": ({}, ["holds"] * 4),
    "a read more": ({"2": 121}, ["unknown"] * 3 + ["holds"]),
    "a read less": ({"2": 119}, ["unknown"] * 3 + ["holds"]),
    "an event more": ({"1": 120, "9": 122}, ["holds", "holds", "unknown", "holds"]),
    "a process that is not there": ({"7": 1}, ["unknown"] * 3 + ["holds"]),
}


@pytest.mark.parametrize(("sent", "wanted"), SENT.values(), ids=SENT.keys())
def test_operations_that_were_sent_and_are_not_recorded_are_missed(tmp_path, sent, wanted):
    made = operations()
    events = [OperationsSent(5.8, sent_by(made) | sent), ClientsEnd(5.9)]
    found = verdicts(tmp_path / "run", made, final(made), events)
    assert kinds(found) == wanted
    for verdict in (it for it in found.values() if it.verdict == "unknown"):
        assert "are recorded" in english(verdict.note)


def test_how_many_were_sent_must_be_recorded(tmp_path):
    made = operations()
    found = verdicts(tmp_path / "run", made, final(made), ENDED)
    assert kinds(found) == ["unknown"] * 3 + ["holds"]


def test_clients_that_did_not_end_prove_nothing(tmp_path):
    made = operations()
    found = verdicts(tmp_path / "run", made, final(made), ())
    assert kinds(found) == ["unknown"] * 3 + ["holds"]


def test_a_copied_directory_is_judged_the_same_and_carries_the_operations(tmp_path):
    made = operations()
    analysis(tmp_path / "run", made, final(made[:-3]))
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    shutil.rmtree(tmp_path / "run")
    again = analysed(tmp_path / "copy")
    assert {verdict.id: verdict.verdict for verdict in again.verdicts}["nothing-lost"] == "violated"
    assert "v119 at revision 121" in again.tables["violations"]["operations"][0]
    assert list(again.tables["consistency"].columns)[:3] == ["trial", "experiment", "acknowledged"]
    assert again.figures["kill-it.lost_writes"].bracket.lower == 1
    assert pd.isna(again.figures["kill-it.served_writes"].bracket.lower)
