"""Surveys made by hand: cells and splits by rules that a test may change."""

from __future__ import annotations

from chaos.survey.cells import cells_of
from reports.analysis.splits import predicted_side
from reports.history.surveys import CellRecord, ExpectedRow, SideRecord, SplitRecord, SurveyRecord
from reports.locale.message import verbatim

RIGHT = {size: (size // 2 + 1, (size - 1) // 2) for size in range(1, 10)}


def survey_record(kind="tolerance", sizes=range(1, 10), expected=(), **changes):
    fields = {
        "kind": kind,
        "name": kind,
        "planned": [],
        "environments": {"etcd": ["GOMAXPROCS=1"]},
        "id": "20260101T000000Z-survey-abcdef",
        "command": "halab tolerance --seed 7",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seed": 7,
        "status": "complete",
        "sizes": list(sizes),
        "faults": ["kill"],
        "trials": 1,
        "timeouts": {"election_ms": 500},
        "expected": [ExpectedRow(size=s, majority=m, tolerance=t) for s, m, t in expected],
        "versions": {"etcd": "3.7.3"},
        "host": {"cores": "2"},
        "runtime": "netns",
    }
    return SurveyRecord(**fields | changes)


def cell(size, failed, state, *, leader_failed=False, fault="kill", **changes):
    served = state == "served"
    fields = {
        "size": size,
        "failed": failed,
        "leader_failed": leader_failed,
        "fault": fault,
        "trial": 0,
        "members": [f"etcd-{number + 1}" for number in range(failed)],
        "leader": "etcd-1",
        "write": state,
        "read": state,
        "write_s": 0.5 if served else None,
        "read_s": 0.5 if served else None,
        "sent": 30,
        "bound_s": 3.0,
        "sent_s": 0.6 if served else 3.0,
        "acknowledged": 5,
        "reason": verbatim("too busy") if state == "unknown" else None,
    }
    return CellRecord(**fields | changes)


def table(sizes=range(1, 10), faults=("kill",), tolerates=lambda size: (size - 1) // 2):
    """Every cell, served up to what a size tolerates."""
    return [
        cell(
            planned.size,
            planned.failed,
            "served" if planned.failed <= tolerates(size) else "not-served",
            leader_failed=planned.leader_failed,
            fault=fault,
        )
        for fault in faults
        for size in sizes
        for planned in cells_of(size, fault)
    ]


def side(name, members, state):
    served = state == "served"
    return SideRecord(
        name=name,
        members=members.split(),
        write=state,
        read=state,
        write_s=0.4 if served else None,
        sent=30,
        sent_s=1.8,
    )


def split(groups, leader_in, sides, *, leader="a1", **changes):
    """`sides`: (name, members, state), ..."""
    bridge = any(name == "bridge" for name, _, _ in sides)
    fields = {
        "size": sum(groups) + bridge,
        "groups": list(groups),
        "leader_in": leader_in,
        "bridge": bridge,
        "trial": 0,
        "leader": leader,
        "sides": [side(*fields) for fields in sides],
        "bound_s": 1.8,
        "acknowledged": 5,
        "reason": None,
    }
    return SplitRecord(**fields | changes)


def as_predicted(plan):
    """Return a split whose sides served as they should."""
    names = [name for name in plan.member_counts if name != "bridge"]
    sides = [
        (name, " ".join(f"{name}{n}" for n in range(plan.member_counts[name])), "served")
        for name in names
    ]
    sides += [("bridge", "m1", "served")] if plan.bridge else []
    leader = "m1" if plan.leader_in is None else f"{names[plan.leader_in]}0"
    made = split(plan.groups, plan.leader_in, sides, leader=leader)
    right = [
        side.model_copy(update=dict.fromkeys(("write", "read"), predicted_side(made, side)))
        for side in made.sides
    ]
    return made.model_copy(update={"sides": right})
