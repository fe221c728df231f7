"""What a trial must have and has not: each kind of it, with its scope and its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_histories import (
    READ,
    events_of,
    experiment_record,
    history,
    injection,
    series_of,
    step,
    trial_record,
    without,
)
from made_operations import EVENTS, STEPS, good, write

from reports.analysis.completeness import first_missing, first_missing_of, missing_of
from reports.history.events import (
    ActionBegin,
    ActionEnd,
    BaselineBegin,
    ClientsEnd,
    Connections,
    ConnectionsEnd,
    Dial,
    HealBegin,
    HealConfirmed,
    NotInjected,
    OperationsSent,
    ProbingEnd,
)
from reports.history.operations import frame_of, operations_at
from reports.history.reader import read_suite
from reports.history.schema import Doubt
from reports.locale.message import verbatim

WELL = "." * 60
WRITE = ("write", "worker-1", "reused")


def keys_of(trial):
    """Return what is missing, with its scope and the key of its reason."""
    return [(it.what, it.scope, it.reason.key) for it in missing_of(trial)]


def test_nothing_is_missing_of_a_whole_trial():
    assert missing_of(history(WELL)) == []


# --- steps and heals

DIAL = step("dial", fault=None, action="dial", target="worker:all", for_s=None)
DIALLED = [
    ActionBegin(4.5, "dial", "dial", ["worker-1", "worker-2/kubelet"]),
    Dial(4.6, "dial", "worker-1", "master-1", 443, tls=True, outcome="answered"),
    Dial(4.6, "dial", "worker-2", "master-1", 443, tls=True, outcome="refused"),
    ActionEnd(4.7, "dial"),
]


def with_dial(*kinds, node=""):
    """Return a trial whose second step dials; without events of kinds, or of a node's dials."""
    events = [
        event
        for event in without(*kinds, events=DIALLED)
        if not (isinstance(event, Dial) and event.node == node)
    ]
    *before, end = events_of()
    planned = experiment_record(steps=[step(), DIAL])
    return history(WELL, experiment=planned, events=[*before, *events, end])


STEPS_MISSING = {
    "all is there": (with_dial(), []),
    "an action that never ended": (
        with_dial(ActionEnd),
        [("step", "dial", "step-not-recorded")],
    ),
    "an action that never began": (
        with_dial(ActionBegin),
        [("step", "dial", "step-not-recorded")],
    ),
    "a node that was to dial": (
        with_dial(node="worker-2"),
        [("step", "dial", "dial-not-recorded")],
    ),
    "a fault that was not put in": (
        history(WELL, events=[BaselineBegin(0.0), ProbingEnd(6.0)]),
        [("step", "kill", "step-not-recorded")],
    ),
    "a fault that nobody planned": (
        history(WELL, events=[*events_of()[:-1], *injection("more"), ProbingEnd(6.0)]),
        [("step", "more", "step-not-planned")],
    ),
    "a refusal that nobody planned": (
        history(WELL, events=[*events_of(), NotInjected(3.0, "more", verbatim("no leader"))]),
        [("step", "more", "step-not-planned")],
    ),
    "a heal that never began": (
        history(WELL, events=without(HealBegin)),
        [("heal", "kill", "heal-not-recorded")],
    ),
    "a heal that nobody confirmed": (
        history(WELL, events=without(HealConfirmed)),
        [("heal", "kill", "heal-not-recorded")],
    ),
}


@pytest.mark.parametrize(("trial", "missing"), STEPS_MISSING.values(), ids=STEPS_MISSING)
def test_steps_and_heals_are_held_against_the_plan(trial, missing):
    assert keys_of(trial) == missing


def test_a_step_that_was_refused_is_recorded():
    events = [BaselineBegin(0.0), NotInjected(2.0, "kill", verbatim("no leader")), ProbingEnd(6.0)]
    assert keys_of(history(WELL, events=events)) == []


def test_of_a_trial_with_a_doubt_of_its_own_steps_may_be_missing_but_no_samples():
    doubt = trial_record(doubt=Doubt(kind="not-measured", reason=verbatim("it was starved")))
    events = [BaselineBegin(0.0), ProbingEnd(6.0)]
    assert keys_of(history(WELL, record=doubt, events=events)) == []
    found = keys_of(history(WELL[:40], record=doubt, events=events))
    assert found == [("samples", "read/worker-1/new", "probes-not-recorded")]


# --- series and samples

PLANNED = experiment_record(series=series_of({READ: "", WRITE: ""}))
OF_READ = "read/worker-1/new"
SAMPLES_MISSING = {
    "no end": (
        history(WELL, events=without(ProbingEnd)),
        [("end", "", "no-end-of-probing")],
    ),
    "no baseline": (
        history(WELL, events=without(BaselineBegin)),
        [("events", "", "no-baseline-recorded")],
    ),
    "a series that is not there": (
        history(WELL, experiment=PLANNED),
        [("series", "write/worker-1/reused", "series-not-recorded")],
    ),
    "a series that was not planned": (
        history({READ: WELL, WRITE: WELL}, experiment=experiment_record()),
        [("series", "write/worker-1/reused", "series-not-planned")],
    ),
    "a worker that was not planned": (
        history({READ: WELL, ("read", "worker-2", "new"): WELL}, experiment=experiment_record()),
        [("series", "read/worker-2/new", "series-not-planned")],
    ),
    "a probe in the middle": (
        history(WELL[:30] + " " + WELL[31:]),
        [("samples", OF_READ, "probes-not-recorded")],
    ),
    "the first probe": (history("  " + WELL[2:]), [("samples", OF_READ, "probes-not-recorded")]),
    "the last probe": (history(WELL[:-1]), [("samples", OF_READ, "probes-not-recorded")]),
}


@pytest.mark.parametrize(("trial", "missing"), SAMPLES_MISSING.values(), ids=SAMPLES_MISSING)
def test_series_and_samples_are_held_against_the_plan(trial, missing):
    assert keys_of(trial) == missing


def test_a_probe_that_is_recorded_twice_is_named():
    whole = history(WELL)
    samples = whole.samples.iloc[[*range(60), 30]].reset_index(drop=True)
    found = keys_of(replace(whole, samples=samples))
    assert found == [("samples", OF_READ, "probes-recorded-twice")]


def test_the_reason_names_the_longest_hole_of_a_series():
    [missing] = missing_of(history("." * 20 + " " + "." * 19 + " " * 5 + "." * 15))
    assert missing.reason.values["longest_s"] == pytest.approx(0.6)


def test_what_probes_nothing_lacks_no_samples():
    planned = experiment_record(series=[], steps=[step()])
    assert keys_of(history({}, experiment=planned)) == []


# --- connections of components

LOOKED_AT = experiment_record(
    nodes=[{"name": "worker-1", "roles": ["worker"], "connections": ["kubelet", "kube-proxy"]}]
)
LOOKS = [
    Connections(0.1, "worker-1", "kubelet", runs=True, peers=["worker-1:6443"]),
    Connections(0.1, "worker-1", "kube-proxy", runs=True, peers=["worker-1:6443"]),
    ConnectionsEnd(5.9, "worker-1", "kubelet", looks=50, longest_gap_s=0.2),
    ConnectionsEnd(5.9, "worker-1", "kube-proxy", looks=50, longest_gap_s=0.2),
]


@pytest.mark.parametrize("lost", [None, *range(4)])
def test_a_components_connections_are_there_from_the_first_look_to_the_last(lost):
    looks = [look for place, look in enumerate(LOOKS) if place != lost]
    trial = history(WELL, experiment=LOOKED_AT, events=[*events_of(), *looks])
    names = [] if lost is None else [f"worker-1/{LOOKS[lost].component}"]
    assert [(it.what, it.scope) for it in missing_of(trial)] == [
        ("connections", name) for name in names
    ]


# --- operations and the final state


@pytest.fixture(scope="module")
def operated(tmp_path_factory):
    """A whole trial of operations."""
    _, [trial], _ = read_suite(write(tmp_path_factory.mktemp("run") / "run", good()))
    assert missing_of(trial) == []
    return trial


def changed(trial, *kinds):
    return replace(trial, events=[it for it in trial.events if not isinstance(it, kinds)])


def test_the_experiments_of_made_operations_are_whole():
    assert {type(event) for event in EVENTS} >= {ActionBegin, ActionEnd, ClientsEnd}
    assert [planned.id for planned in STEPS] == ["replace", "kill"]


def test_an_operation_that_was_sent_and_is_not_recorded_is_missed_by_its_process(operated):
    less = operated.operations.drop(index=4).reset_index(drop=True)
    found = keys_of(replace(operated, operations=less))
    assert found == [("operations", "1", "operations-missing")]


def test_an_operation_that_nobody_sent_is_not_taken_for_recorded(operated):
    every = operations_at(operated.operations, range(len(operated.operations)))
    more = frame_of([*every, replace(every[-1], process=9)])
    found = keys_of(replace(operated, operations=more))
    assert ("operations", "9", "operations-missing") in found


@pytest.mark.parametrize(
    ("kind", "key"),
    [(ClientsEnd, "operations-not-recorded"), (OperationsSent, "operations-not-counted")],
)
def test_without_the_clients_count_no_operations_are_whole(operated, kind, key):
    found = keys_of(changed(operated, kind))
    assert [it for it in found if it[0] != "end"] == [
        ("operations", "", key),
        ("watch-events", "", key),
    ]


def test_without_operations_all_of_them_are_missing(operated):
    found = keys_of(replace(operated, operations=None))
    assert found == [
        ("operations", "", "operations-not-recorded"),
        ("watch-events", "", "operations-not-recorded"),
    ]


def test_the_final_state_has_every_planned_member_and_no_other(operated):
    members = dict(operated.final_state.members)
    members["etcd-9"] = members.pop("etcd-2")
    final_state = operated.final_state.model_copy(update={"members": members})
    assert keys_of(replace(operated, final_state=final_state)) == [
        ("members", "etcd-2", "member-not-recorded"),
        ("members", "etcd-9", "member-not-planned"),
    ]


def test_members_that_were_not_asked_are_missing(operated):
    assert keys_of(replace(operated, final_state=None)) == [("final", "", "members-not-asked")]


# --- what a judge asks


def test_a_judge_is_given_the_first_of_the_kinds_that_it_needs():
    trial = history(WELL[:40], experiment=PLANNED, events=without(HealBegin))
    missing = missing_of(trial)
    assert first_missing(missing, "operations", "final") is None
    assert first_missing(missing, "series").key == "series-not-recorded"
    assert first_missing(missing, "series", "samples").key == "probes-not-recorded"
    assert first_missing([], "series") is None


def test_a_judge_is_given_what_is_missing_of_a_scope():
    missing = missing_of(history(WELL, experiment=PLANNED))
    assert first_missing_of(missing, "series", "write/worker-1/reused").key == "series-not-recorded"
    assert first_missing_of(missing, "series", OF_READ) is None
    assert first_missing_of(missing, "samples", "write/worker-1/reused") is None
