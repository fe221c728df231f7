"""The measuring of one cell: some members fail, and the others are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.faults import Hang, Kill, PowerOff
from chaos.faults.isolate import Isolate
from chaos.targets import Target
from chaos.tolerance.cells import choose_members
from chaos.tolerance.cluster import bound_s
from reports.history.tolerance import CellRecord, Served

if TYPE_CHECKING:
    from chaos.tolerance.cells import Cell
    from chaos.tolerance.cluster import Cluster
    from chaos.tolerance.offer import Offered

KINDS: dict[str, type[Kill | Hang | PowerOff | Isolate]] = {
    "kill": Kill,
    "hang": Hang,
    "power-off": PowerOff,
    "cut": Isolate,
}


def served(offered: Offered, op: str, limit_s: float) -> Served:
    """Say whether an operation was served; not, only when it was offered for the whole bound."""
    if offered.first(op):
        return "served"
    return "not-served" if offered.whole(limit_s) else "unknown"


def starved(offered: Offered, limit_s: float) -> str:
    """Say why a bound proves nothing, "" when it does."""
    if offered.whole(limit_s) or (offered.first("write") and offered.first("read")):
        return ""
    took_s = offered.end_s - offered.begin_s
    return f"the machine was too busy: {offered.starved_s:.1f} s of {took_s:.1f} s were lost"


@dataclass(frozen=True)
class FailingTask:
    """A cell to be measured on any cluster of its size."""

    cell: Cell
    trial: int
    seed: int

    @property
    def size(self) -> int:
        """How many members the cluster must have."""
        return self.cell.size

    def measure(self, cluster: Cluster) -> CellRecord:
        """Measure the cell. Raises LabError or ChaosError when the cluster is lost with it."""
        cell, names = self.cell, cluster.members.names
        leader = cluster.settle()
        failed = choose_members(cell, names, leader, f"{self.seed}/{self.trial}")
        # when nobody is left, those who failed are asked
        left = [name for name in names if name not in failed] or names
        fault = KINDS[cell.fault](tuple(Target(name, "etcd") for name in failed))
        label = f"halab/{cell.fault}/{cell.failed}/{cell.leader_failed}/{self.trial}"
        held = cluster.hold(fault if failed else None, {"left": left}, label)
        offered, limit_s = held.offered["left"], bound_s(cluster.lab)
        write, read = offered.first("write"), offered.first("read")
        return CellRecord(
            **self._identity(),
            members=failed,
            leader=leader,
            write=served(offered, "write", limit_s),
            read=served(offered, "read", limit_s),
            write_s=write.complete_s - offered.begin_s if write else None,
            read_s=read.complete_s - offered.begin_s if read else None,
            served_by=write.member if write else "",
            offered=offered.sent,
            bound_s=limit_s,
            offered_s=offered.end_s - offered.begin_s,
            starved_s=offered.starved_s,
            back_after_heal_s=held.back_s,
            whole_after_heal_s=held.whole_s,
            acknowledged=held.acknowledged,
            lost=held.lost,
            differing=held.differing,
            evidence=held.evidence,
            reason=starved(offered, limit_s),
        )

    def unknown(self, reason: str) -> CellRecord:
        """Return the record of a cell that could not be measured."""
        return CellRecord(
            **self._identity(),
            members=[],
            leader="",
            write="unknown",
            read="unknown",
            reason=reason,
        )

    def _identity(self) -> dict[str, int | bool | str]:
        cell = self.cell
        return {
            "size": cell.size,
            "failed": cell.failed,
            "leader_failed": cell.leader_failed,
            "fault": cell.fault,
            "trial": self.trial,
        }
