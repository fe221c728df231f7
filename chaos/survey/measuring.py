"""The measuring of one cell or split: members fail or are split, and every side is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.faults.split import Split
from chaos.survey.cells import choose_members
from chaos.survey.splits import BRIDGE, place_members
from chaos.targets import Target
from reports.history.tolerance import (
    Asked,
    CellRecord,
    PlannedCell,
    PlannedSplit,
    SideRecord,
    SplitRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.survey.cluster import Cluster
    from chaos.survey.load import LoadResult
    from reports.history.tolerance import Planned


def measure(cluster: Cluster, plan: Planned, seed: int) -> CellRecord | SplitRecord:
    """Return the record. Raises LabError or ChaosError when the cluster is lost with it."""
    leader = cluster.settle()
    if isinstance(plan, PlannedCell):
        return _measure_cell(cluster, plan, leader, seed)
    return _measure_split(cluster, plan, leader, seed)


def unknown(plan: Planned, reason: str) -> CellRecord | SplitRecord:
    """Return the record of what could not be measured."""
    if isinstance(plan, PlannedSplit):
        return SplitRecord(**plan.model_dump(), leader="", sides=[], reason=reason)
    state = {"write": "unknown", "read": "unknown", "reason": reason}
    return CellRecord(**plan.model_dump(), leader="", members=[], **state)


def _members(names: Iterable[str]) -> tuple[Target, ...]:
    return tuple(Target(name, "etcd") for name in names)


def _measure_cell(cluster: Cluster, cell: PlannedCell, leader: str, seed: int) -> CellRecord:
    names = cluster.members.names
    failed = choose_members(cell, names, leader, seed)
    # when nobody is left, those who failed are asked
    left = [name for name in names if name not in failed] or names
    fault = fault_of(cell.fault, {})
    held = cluster.hold(
        Injection(cluster.lab, cell.fault, fault, _members(failed)) if failed else None,
        {"left": left},
        f"halab/{cell.fault}/{cell.failed}/{cell.leader_failed}/{cell.trial}",
    )
    offered, bound_s = held.offered["left"], held.measured.bound_s
    write = offered.first("write")
    return CellRecord(
        **cell.model_dump(),
        **held.measured.model_dump(),
        **_asked(failed, offered, bound_s).model_dump(),
        leader=leader,
        read_s=offered.after_s("read"),
        served_by=write.member if write else "",
        starved_s=offered.starved_s,
    )


def _measure_split(cluster: Cluster, plan: PlannedSplit, leader: str, seed: int) -> SplitRecord:
    sides = place_members(plan, cluster.members.names, leader, seed)
    split = Split(tuple(_members(sides[side]) for side in sides if side != BRIDGE))
    where = BRIDGE if plan.leader_in is None else plan.leader_in
    held = cluster.hold(
        Injection(cluster.lab, split.kind, split, split.members, _members(sides.get(BRIDGE, ()))),
        sides,
        f"halab/{'+'.join(map(str, plan.groups))}/{where}/{plan.bridge}/{plan.trial}",
    )
    bound_s = held.measured.bound_s
    return SplitRecord(
        **plan.model_dump(),
        **held.measured.model_dump(),
        leader=leader,
        sides=[
            SideRecord(name=side, **_asked(names, held.offered[side], bound_s).model_dump())
            for side, names in sides.items()
        ],
    )


def _asked(members: list[str], offered: LoadResult, bound_s: float) -> Asked:
    return Asked(
        members=members,
        write=offered.served("write", bound_s),
        read=offered.served("read", bound_s),
        write_s=offered.after_s("write"),
        offered=offered.sent,
        offered_s=offered.took_s,
    )
