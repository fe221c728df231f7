"""One small etcd cluster with a client beside it: a fault, what is served under it, the repair."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.faults import Injection
from chaos.journal import Journal, new_undo
from chaos.tolerance.members import Members
from chaos.tolerance.offer import Offer
from lab.bootstrap import telling_lines
from lab.errors import LabError
from lab.readiness import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.faults import Fault
    from chaos.tolerance.offer import Offered, Operation
    from lab.lab import Lab

REPAIR_TIMEOUT_S = 40.0


def bound_s(lab: Lab) -> float:
    """Return how long nothing must succeed before "not served" is said.

    Three times the largest randomised election timeout, which is below twice the configured one
    (raft/raft.go, resetRandomizedElectionTimeout).
    """
    return 3 * 2 * lab.plan.spec.timeouts.election_ms / 1000


@dataclass(frozen=True)
class Held:
    """What was seen while a fault was in, side by side, and after its undo.

    `back_s`, `whole_s`: from the heal until a write was served, until all members were one again.
    """

    evidence: str
    offered: dict[str, Offered]
    back_s: float | None
    whole_s: float | None
    acknowledged: int
    lost: list[str]
    differing: str


class Cluster:
    """Puts faults in one after the other; between them every member is back and agrees."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.members = Members(lab)

    def settle(self) -> str:
        """Wait until all members agree on a leader; return it. Raises LabError."""
        found = ""

        def check() -> str:
            nonlocal found
            found = self.members.leader()
            return ""

        wait_until("members that agree on a leader", check, REPAIR_TIMEOUT_S)
        return found

    def hold(self, fault: Fault | None, sides: Mapping[str, Sequence[str]], label: str) -> Held:
        """Put a fault in, offer to every side at once, heal, and compare what is left.

        Raises LabError or ChaosError when the cluster is lost with it.
        """
        lab, limit_s = self.lab, bound_s(self.lab)
        offers = {side: Offer(self.members, f"{label}/{side}", limit_s) for side in sides}
        after = Offer(self.members, f"{label}/after", limit_s)
        injection = Injection(new_undo())
        evidence = "nothing was failed"
        journal = Journal(lab.directory)
        hit = [target.node for target in fault.targets] if fault else []
        journal.note(injection.undo, "planned", fault=type(fault).__name__, on=hit)
        try:
            try:
                if fault:
                    fault.inject(lab, injection)
                    evidence = fault.confirm(lab)
                with ThreadPoolExecutor(len(sides)) as pool:
                    runs = {
                        side: pool.submit(offers[side].run, members, limit_s)
                        for side, members in sides.items()
                    }
                offered = {side: run.result() for side, run in runs.items()}
            finally:
                heal_s = time.monotonic()
                if fault:
                    fault.undo(lab, injection)
                journal.note(injection.undo, "undone")
            back_s = self._served_again(after, heal_s) if fault else None
            if fault:
                fault.confirm_undone(lab)
            self.settle()
            whole_s = time.monotonic() - heal_s if fault else None
        finally:
            operations = [one for offer in (*offers.values(), after) for one in offer.close()]
        acknowledged, lost, differing = self._verify(label, operations)
        return Held(evidence, offered, back_s, whole_s, acknowledged, lost, differing)

    def _served_again(self, offer: Offer, heal_s: float) -> float:
        write = offer.run(self.members.names, REPAIR_TIMEOUT_S).first("write")
        if write is None:
            raise ChaosError(f"no write was served within {REPAIR_TIMEOUT_S:g} s after the repair")
        return write.complete_s - heal_s

    def _verify(self, label: str, operations: list[Operation]) -> tuple[int, list[str], str]:
        """Return the number of acknowledged writes, which are missing, how the members differ."""
        kept = self.members.read_back(f"{label}/")
        acknowledged = [one for one in operations if (one.op, one.outcome) == ("write", "ok")]
        lost = [one.key for one in acknowledged if kept.get(one.key) != one.value]
        try:
            wait_until("one revision and one hash", self.members.differing, REPAIR_TIMEOUT_S)
        except LabError as error:
            return len(acknowledged), lost, str(error)
        return len(acknowledged), lost, ""

    def last_words(self) -> str:
        """Return the last lines in the log of every member that does not run, "" if all do."""
        said = []
        for name in self.members.names:
            try:
                if self.lab.agent(name).call("list")["etcd"]["alive"]:
                    continue
            except (LabError, KeyError) as error:
                said.append(f"\n{name}: {error}")
                continue
            log = self.lab.log(name, "etcd")
            tail = telling_lines(log.read_text(errors="replace")) if log.exists() else []
            said.append("\n".join([f"\n{name} does not run; last lines of its log:", *tail]))
        return "".join(said)

    def close(self) -> None:
        """Close the connections to the members."""
        self.members.close()
