"""Runs of experiments whose operations go to etcd, written by hand: a member is replaced."""

from __future__ import annotations

from made_histories import experiment_record, run_record, step, trial_record, write_trial

from reports.history.events import (
    ActionBegin,
    ActionEnd,
    Apart,
    ClientsBegin,
    ClientsEnd,
    EffectConfirmed,
    HealBegin,
    HealConfirmed,
    InjectBegin,
    MemberAdd,
    OperationsSent,
    Rejoined,
    WaitingBegin,
    WaitingEnd,
)
from reports.history.final_state import FinalState, MemberState, Version
from reports.history.operations import Operation
from reports.history.schema import Doubt, Expectation, OperationsRecord
from reports.history.writer import RunWriter
from reports.locale.message import verbatim
from tests.net.convert_suites import sent_by

NODES = ("etcd-1", "etcd-2", "etcd-3")
REPLACE = step("replace", fault=None, action="replace-member", target="etcd-3", for_s=None)
STEPS = [REPLACE, step("kill", target="etcd:not(replace)", after="replace", for_s=7.0)]
EVENTS = [
    ClientsBegin(0.0),
    ActionBegin(9.9, "replace", "replace-member", ["etcd-3"]),
    InjectBegin(9.9, "replace", "loss", ["etcd-3/etcd"], ["etcd-3"]),
    EffectConfirmed(10.0, "replace", verbatim("refused")),
    HealBegin(12.0, "replace"),
    Apart(13.0, "replace", verbatim("behind")),
    Rejoined(13.5, "replace", 200),
    HealConfirmed(14.0, "replace", verbatim("answers")),
    ActionEnd(14.1, "replace"),
    InjectBegin(14.9, "kill", "kill", ["etcd-1/etcd"], ["etcd-1"]),
    EffectConfirmed(15.0, "kill", verbatim("refused")),
    HealBegin(22.0, "kill"),
    Rejoined(22.5, "kill", 500),
    HealConfirmed(22.6, "kill", verbatim("answers")),
    ClientsEnd(25.0),
]
UNSAFE = [
    ClientsBegin(0.0),
    ActionBegin(9.9, "replace", "replace-member", ["etcd-1"]),
    InjectBegin(9.9, "replace", "loss", ["etcd-1/etcd"], ["etcd-1"]),
    EffectConfirmed(10.0, "replace", verbatim("refused")),
    MemberAdd(
        10.5, "replace", "etcd-2", strict=True, accepted=False, answer=verbatim("unhealthy cluster")
    ),
    MemberAdd(11.0, "replace", "etcd-3", strict=False, accepted=True, answer=verbatim("yes")),
    WaitingBegin(11.0, "replace", ["etcd-1"]),
    WaitingEnd(18.0, "replace"),
    HealBegin(18.0, "replace"),
    Rejoined(19.0, "replace", 300),
    HealConfirmed(19.1, "replace", verbatim("answers")),
    ActionEnd(19.2, "replace"),
    ClientsEnd(25.0),
]


def _demand(name, metric, op="at_most", value=0.0, **more):
    return Expectation(id=name, metric=metric, op=op, value=value, **more)


ALWAYS = [
    _demand("nothing-lost", "lost_writes"),
    _demand("no-read-goes-back", "stale_reads"),
    _demand("members-agree", "differing_members"),
    _demand("last-write-everywhere", "last_writes", "at_least", 1),
    _demand("all-rejoin", "rejoined_s", value=30),
]
AGAIN = [_demand("tolerates-a-loss-again", "served_writes", "at_least", 1, during="kill")]
IN_THE_UNSAFE_ORDER = [
    _demand("refused-when-strict", "refused_when_strict", "at_least", 1),
    _demand("accepted-when-not", "accepted_when_lenient", "at_least", 1),
    _demand("writes-stop-until-the-new-member-is-there", "writes_stopped", "at_least", 1),
]


def operations(quiet=()):
    """Return a write and a read ten times a second each, none answered in the quiet spans."""
    made, revision = [], 1
    for turn in range(250):
        at_s, member = turn / 10, NODES[turn % 3]
        silent = any(begin_s <= at_s < end_s for begin_s, end_s in quiet)
        outcome = "unknown" if silent else "ok"
        revision += 0 if silent else 1
        given = 0 if silent else revision
        about = {"key": "a", "value": f"v{turn}", "via": member}
        about |= {"revision": given, "mod_revision": given}
        times = {"invoke_s": at_s, "complete_s": at_s + 0.01}
        made.append(Operation(1, "write", outcome=outcome, **about, **times))
        if not silent:
            times = {"invoke_s": at_s + 0.02, "complete_s": at_s + 0.03}
            made.append(Operation(2, "read", outcome="ok", **about, **times))
    return made


def final(made, **changes):
    versions = [
        Version(operation.key, operation.value, operation.revision)
        for operation in made
        if (operation.op, operation.outcome) == ("write", "ok")
    ]
    about = {
        "members": {name: MemberState(revision=999, hash=7, last_write="") for name in NODES},
        "compacted": 0,
        "versions": versions,
    }
    return FinalState(**(about | changes))


def write(directory, *trials, steps=STEPS, expect=(*ALWAYS, *AGAIN), status="complete", **changes):
    """Write a run directory; each trial: (events, operations, final state, reason of a doubt)."""
    about = {
        "id": "made",
        "title": {"en": "A member is replaced", "zh": "替换一个成员"},
        "hypothesis": {"en": "Nothing is lost.", "zh": "没有数据丢失。"},
        "lab": {"etcd": 3, "masters": 0, "workers": 1, "disk": "directory"},
        "series": [],
        "operations": OperationsRecord(store="etcd", rate_hz=20, keys=1, timeout_s=2),
        "steps": steps,
        "expect": list(expect),
    }
    experiment = experiment_record(**(about | changes))
    planned = [
        trial_record(
            index=index,
            number=index,
            experiment="made",
            doubt=Doubt(kind="not-measured", reason=reason) if reason else None,
        )
        for index, (_, _, _, reason) in enumerate(trials)
    ]
    if not trials:
        planned = [trial_record(experiment="made", status="planned")]
    writer = RunWriter(directory, run_record(planned, [experiment], id="p1", status=status))
    writer.save()
    for index, (events, made, state, _) in enumerate(trials):
        write_trial(writer, index, {}, [*events, OperationsSent(24.9, sent_by(made))], made, state)
    return directory


def good(quiet=(), events=EVENTS, reason=None):
    made = operations(quiet)
    return events, made, final(made), reason
