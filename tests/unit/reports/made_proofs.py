"""Run directories of proofs, written by hand."""

from __future__ import annotations

import dataclasses

from reports.history.final import FinalState, MemberState, Version
from reports.history.operations import Operation
from reports.history.proof import (
    ProofRecord,
    ProofTrialRecord,
    ProofWriter,
)
from reports.history.schema import SCHEMA_VERSION

NODES = ("etcd-1", "etcd-2", "etcd-3")
STEPS = ["replace etcd-3 (learner) after 2 s", "kill another, held for 7 s, healed"]
EVENTS = [
    (0.0, "clients_begin", {}),
    (10.0, "effect_confirmed", {"fault": "loss", "nodes": ["etcd-3"]}),
    (12.0, "heal_begin", {"nodes": ["etcd-3"]}),
    (13.0, "apart", {"nodes": ["etcd-3"], "evidence": "behind"}),
    (13.5, "rejoined", {"nodes": ["etcd-3"], "revision": 200}),
    (14.0, "replaced", {"nodes": ["etcd-3"], "how": "learner"}),
    (15.0, "effect_confirmed", {"fault": "kill", "nodes": ["etcd-1"]}),
    (22.0, "heal_begin", {"nodes": ["etcd-1"]}),
    (22.5, "rejoined", {"nodes": ["etcd-1"], "revision": 500}),
    (25.0, "clients_end", {}),
]
UNSAFE = [
    (10.0, "effect_confirmed", {"fault": "loss", "nodes": ["etcd-1"]}),
    (
        10.5,
        "member_add",
        {"node": "etcd-2", "strict": True, "accepted": False, "answer": "unhealthy cluster"},
    ),
    (11.0, "member_add", {"node": "etcd-3", "strict": False, "accepted": True, "answer": "yes"}),
    (11.0, "waiting_begin", {"nodes": ["etcd-1"]}),
    (18.0, "waiting_end", {"nodes": ["etcd-1"]}),
    (18.0, "heal_begin", {"nodes": ["etcd-1"]}),
    (19.0, "rejoined", {"nodes": ["etcd-1"], "revision": 300}),
    (25.0, "clients_end", {}),
]


def operations(quiet=()):
    """Return a write and a read ten times a second each, none answered in the quiet spans."""
    made, revision = [], 1
    for turn in range(250):
        at_s, member = turn / 10, NODES[turn % 3]
        silent = any(begin_s <= at_s < end_s for begin_s, end_s in quiet)
        outcome = "unknown" if silent else "ok"
        revision += 0 if silent else 1
        seen = 0 if silent else revision
        about = {"key": "a", "value": f"v{turn}", "via": member}
        times = {"invoke_s": at_s, "complete_s": at_s + 0.01}
        made.append(
            Operation(
                1, "write", outcome=outcome, revision=seen, mod_revision=seen, **about, **times
            )
        )
        if not silent:
            times = {"invoke_s": at_s + 0.02, "complete_s": at_s + 0.03}
            made.append(
                Operation(
                    2, "read", outcome="ok", revision=seen, mod_revision=seen, **about, **times
                )
            )
    return made


def final(made, **changes):
    versions = [
        Version(one.key, one.value, one.revision)
        for one in made
        if (one.op, one.outcome) == ("write", "ok")
    ]
    about = {
        "members": {name: MemberState(revision=999, hash=7, last_write="") for name in NODES},
        "compacted": 0,
        "versions": versions,
    }
    return FinalState(**(about | changes))


def write(directory, *trials, steps=STEPS, **changes):
    """Write a run directory; each trial: (events, operations, final state, unknown reason)."""
    about = {
        "schema_version": SCHEMA_VERSION,
        "kind": "proof",
        "id": "p1",
        "name": "made",
        "title": {"en": "A member is replaced", "zh": "替换一个成员"},
        "hypothesis": {"en": "Nothing is lost.", "zh": "没有数据丢失。"},
        "command": "halab run made",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seed": 0,
        "status": "complete",
        "lab": {"etcd": 3, "disk": "directory"},
        "steps": steps,
        "bound_s": 6.0,
        "workload": {"rate_hz": 20, "keys": 1, "timeout_s": 2},
        "versions": {"etcd": "3.7.3"},
        "host": {"cores": "2"},
        "runtime": "netns",
        "trials": [],
    }
    writer = ProofWriter(directory, ProofRecord(**(about | changes)))
    for index, (events, made, state, reason) in enumerate(trials):
        trial = writer.trial(index)
        for t_s, kind, rest in events:
            trial.event(t_s, kind, **rest)
        for one in made:
            trial.operation(dataclasses.asdict(one))
        if state:
            trial.final(state)
        trial.close()
        writer.record.trials.append(
            ProofTrialRecord(index=index, status="complete", unknown_reason=reason)
        )
    writer.save()
    return directory


def good(quiet=(), events=EVENTS, reason=None):
    made = operations(quiet)
    return events, made, final(made), reason
