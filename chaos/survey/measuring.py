"""The measurement of one cell or split: a fault is injected, and every side gets requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.faults.split import Split
from chaos.survey.cells import choose_members
from chaos.survey.splits import place_members
from chaos.targets import Target
from reports.history.survey_plan import BRIDGE, PlannedCell, PlannedSplit
from reports.history.surveys import CellRecord, MembersServed, SideRecord, SplitRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.survey.cluster import Cluster
    from chaos.survey.load import LoadResult
    from reports.history.survey_plan import Planned

# The side of the members that do not fail.
REMAINING = "remaining"


def measure_planned(cluster: Cluster, plan: Planned, seed: int) -> CellRecord | SplitRecord:
    """Return the record. Raises LabError or ChaosError when the cluster is lost with it."""
    leader = cluster.settle()
    if isinstance(plan, PlannedCell):
        return _measure_cell(cluster, plan, leader, seed)
    return _measure_split(cluster, plan, leader, seed)


def _members(names: Iterable[str]) -> tuple[Target, ...]:
    return tuple(Target(name, "etcd") for name in names)


def _measure_cell(cluster: Cluster, cell: PlannedCell, leader: str, seed: int) -> CellRecord:
    names = cluster.members.names
    failed = choose_members(cell, names, leader, seed)
    # when all members fail, the failed ones get the requests
    asked = [name for name in names if name not in failed] or names
    fault = fault_of(cell.fault, {})
    held = cluster.hold(
        Injection(cluster.lab, cell.fault, fault, _members(failed)) if failed else None,
        {REMAINING: asked},
        f"halab/{cell.fault}/{cell.failed}/{cell.leader_failed}/{cell.trial}",
    )
    load, bound_s = held.loads[REMAINING], held.measured.bound_s
    write = load.first("write")
    return CellRecord(
        **cell.model_dump(),
        **held.measured.model_dump(),
        **_asked(failed, load, bound_s).model_dump(),
        leader=leader,
        read_s=load.after_s("read"),
        served_by=write.member if write else "",
        starved_s=load.starved_s,
    )


def _measure_split(cluster: Cluster, plan: PlannedSplit, leader: str, seed: int) -> SplitRecord:
    sides = place_members(plan, cluster.members.names, leader, seed)
    split = Split(tuple(_members(sides[side]) for side in sides if side != BRIDGE))
    leader_side = BRIDGE if plan.leader_in is None else plan.leader_in
    held = cluster.hold(
        Injection(cluster.lab, split.kind, split, split.members, _members(sides.get(BRIDGE, ()))),
        sides,
        f"halab/{'+'.join(map(str, plan.groups))}/{leader_side}/{plan.bridge}/{plan.trial}",
    )
    bound_s = held.measured.bound_s
    return SplitRecord(
        **plan.model_dump(),
        **held.measured.model_dump(),
        leader=leader,
        sides=[
            SideRecord(name=side, **_asked(names, held.loads[side], bound_s).model_dump())
            for side, names in sides.items()
        ],
    )


def _asked(members: list[str], load: LoadResult, bound_s: float) -> MembersServed:
    return MembersServed(
        members=members,
        write=load.served("write", bound_s),
        read=load.served("read", bound_s),
        write_s=load.after_s("write"),
        sent=load.sent,
        sent_s=load.took_s,
    )
