"""The measuring of one split: every side is asked at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos.faults.split import Split
from chaos.targets import Target
from chaos.tolerance.cluster import bound_s
from chaos.tolerance.failing import served, starved
from chaos.tolerance.splits import BRIDGE, place_members
from reports.history.tolerance import SideRecord, SplitRecord

if TYPE_CHECKING:
    from chaos.tolerance.cluster import Cluster
    from chaos.tolerance.offer import Offered
    from chaos.tolerance.splits import SplitShape


@dataclass(frozen=True)
class SplitTask:
    """A split to be measured on any cluster of its size."""

    shape: SplitShape
    trial: int
    seed: int

    @property
    def size(self) -> int:
        """How many members the cluster must have."""
        return self.shape.size

    def measure(self, cluster: Cluster) -> SplitRecord:
        """Measure the split. Raises LabError or ChaosError when the cluster is lost with it."""
        leader = cluster.settle()
        sides = place_members(
            self.shape, cluster.members.names, leader, f"{self.seed}/{self.trial}"
        )
        groups = {
            side: tuple(Target(name, "etcd") for name in names) for side, names in sides.items()
        }
        bridge = groups.pop(BRIDGE, ())
        where = "bridge" if self.shape.leader_in is None else self.shape.leader_in
        groups_name = "+".join(map(str, self.shape.groups))
        label = f"halab/{groups_name}/{where}/{self.shape.bridge}/{self.trial}"
        held = cluster.hold(Split(tuple(groups.values()), bridge), sides, label)
        limit_s = bound_s(cluster.lab)
        reasons = [starved(one, limit_s) for one in held.offered.values()]
        return SplitRecord(
            **self._identity(),
            leader=leader,
            sides=[
                _side(side, names, held.offered[side], limit_s) for side, names in sides.items()
            ],
            bound_s=limit_s,
            back_after_heal_s=held.back_s,
            whole_after_heal_s=held.whole_s,
            acknowledged=held.acknowledged,
            lost=held.lost,
            differing=held.differing,
            evidence=held.evidence,
            reason=next(filter(None, reasons), ""),
        )

    def unknown(self, reason: str) -> SplitRecord:
        """Return the record of a split that could not be measured."""
        return SplitRecord(**self._identity(), leader="", sides=[], reason=reason)

    def _identity(self) -> dict[str, Any]:
        shape = self.shape
        return {
            "size": shape.size,
            "groups": list(shape.groups),
            "leader_in": shape.leader_in,
            "bridge": shape.bridge,
            "trial": self.trial,
        }


def _side(name: str, members: list[str], offered: Offered, limit_s: float) -> SideRecord:
    write = offered.first("write")
    return SideRecord(
        name=name,
        members=members,
        write=served(offered, "write", limit_s),
        read=served(offered, "read", limit_s),
        write_s=write.complete_s - offered.begin_s if write else None,
        offered=offered.sent,
        offered_s=offered.end_s - offered.begin_s,
    )
