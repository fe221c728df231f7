"""One small etcd cluster with a client beside it, and the measuring of cells on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.faults import Hang, Injection, Kill, PowerOff
from chaos.faults.isolate import Isolate
from chaos.journal import Journal, new_undo
from chaos.targets import Target
from chaos.tolerance.cells import choose_members
from chaos.tolerance.offer import Offer, first_success, read_back
from lab.errors import LabError
from lab.health import etcd_leader, unhealthy
from lab.readiness import wait_until
from reports.history.tolerance import CellRecord

if TYPE_CHECKING:
    from chaos.faults import Fault
    from chaos.tolerance.cells import Cell
    from chaos.tolerance.offer import Operation
    from lab.lab import Lab

CLIENT = "worker-1"
REPAIR_TIMEOUT_S = 40.0
KINDS: dict[str, type[Kill | Hang | PowerOff | Isolate]] = {
    "kill": Kill,
    "hang": Hang,
    "power-off": PowerOff,
    "cut": Isolate,
}


def bound_s(lab: Lab) -> float:
    """Return how long nothing must succeed before "not served" is said.

    Three times the largest randomised election timeout, which is below twice the configured one
    (raft/raft.go, resetRandomizedElectionTimeout).
    """
    return 3 * 2 * lab.plan.spec.timeouts.election_ms / 1000


class Cluster:
    """Measures cells one after the other; between them every member is back and agrees."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self._lab = lab
        self._seed = seed
        self._members = [node.name for node in lab.plan.with_role("etcd")]
        self._endpoints = {name: lab.etcd_from(CLIENT, name) for name in self._members}

    def measure(self, cell: Cell, trial: int) -> CellRecord:
        """Measure one cell. Raises LabError or ChaosError when the cluster is lost with it."""
        lab = self._lab
        wait_until("a healthy cluster", lambda: unhealthy(lab), REPAIR_TIMEOUT_S)
        leader = etcd_leader(lab)
        seed = self._seed + 1000 * trial
        failed = choose_members(cell, self._members, leader, seed)
        left = [name for name in self._members if name not in failed] or self._members
        label = f"halab/{cell.fault}/{cell.failed}/{cell.leader_failed}/{trial}"
        limit_s = bound_s(lab)
        offer = Offer(self._endpoints, label, limit_s)
        fault = KINDS[cell.fault](tuple(Target(name, "etcd") for name in failed))
        injection = Injection(new_undo())
        evidence = "nothing was failed"
        journal = Journal(lab.directory)
        journal.note(injection.undo, "planned", fault=cell.fault, on=failed)
        try:
            try:
                if failed:
                    fault.inject(lab, injection)
                    evidence = fault.confirm(lab)
                begin_s, end_s, sent = offer.run(left, limit_s)
                during = offer.done()
            finally:
                heal_s = time.monotonic()
                fault.undo(lab, injection)
                journal.note(injection.undo, "undone")
            back_s = self._repair(fault if failed else None, offer, heal_s)
        finally:
            operations = offer.close()
        lost, differing = self._verify(label, operations)
        write = first_success(during, "write", begin_s, end_s)
        read = first_success(during, "read", begin_s, end_s)
        return CellRecord(
            size=cell.size,
            failed=cell.failed,
            leader_failed=cell.leader_failed,
            fault=cell.fault,
            trial=trial,
            members=failed,
            leader=leader,
            write="served" if write else "not-served",
            read="served" if read else "not-served",
            write_s=write.complete_s - begin_s if write else None,
            read_s=read.complete_s - begin_s if read else None,
            served_by=write.member if write else "",
            offered=sent,
            bound_s=limit_s,
            offered_s=end_s - begin_s,
            back_after_heal_s=back_s,
            acknowledged=sum((one.op, one.outcome) == ("write", "ok") for one in operations),
            lost=lost,
            differing=differing,
            evidence=evidence,
            reason="",
        )

    def _repair(self, fault: Fault | None, offer: Offer, heal_s: float) -> float | None:
        """Wait until all members are back; return when a write was first served again."""
        if fault is None:
            return None
        fault.confirm_undone(self._lab)
        begin_s, end_s, _ = offer.run(self._members, REPAIR_TIMEOUT_S)
        wait_until("all members to be healthy", lambda: unhealthy(self._lab), REPAIR_TIMEOUT_S)
        write = first_success(offer.done(), "write", begin_s, end_s)
        if write is None:
            raise ChaosError(f"no write was served within {REPAIR_TIMEOUT_S:g} s after the repair")
        return write.complete_s - heal_s

    def _verify(self, label: str, operations: list[Operation]) -> tuple[list[str], str]:
        """Return the acknowledged writes that are missing, and how the members differ, if so."""
        kept = read_back(self._endpoints[self._members[0]], label)
        acknowledged = [one for one in operations if (one.op, one.outcome) == ("write", "ok")]
        lost = [one.key for one in acknowledged if kept.get(one.key) != one.value]
        try:
            wait_until("one revision and one hash", self._differing, REPAIR_TIMEOUT_S)
        except LabError as error:
            return lost, str(error)
        return lost, ""

    def _differing(self) -> str:
        """Return "" when all members have one revision with one hash (HashKV), else each one's."""
        seen = {}
        for name, endpoint in self._endpoints.items():
            status, answer = endpoint.request("POST", "/v3/maintenance/hashkv", {"revision": "0"})
            if status != 200:
                return f"{name}: {status} {answer}"
            seen[name] = (answer["header"]["revision"], answer["hash"])
        return "" if len(set(seen.values())) == 1 else str(seen)
