"""What the steps of a proof do to the cluster, each with the undo on disk before the doing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from chaos.faults import Injection, Kill, choose
from chaos.journal import Journal, new_undo
from chaos.proof import membership
from chaos.proof.schema import AddFirstStep, FaultStep
from chaos.targets import parse
from lab.clients.etcd import EtcdClient
from lab.errors import LabError
from lab.health import unhealthy
from lab.readiness import wait_until

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from chaos.faults import Fault
    from chaos.proof.schema import ReplaceStep, Step
    from lab.lab import Lab

HEALTHY_TIMEOUT_S = 40.0
# etcd calls itself unhealthy until all members have been connected for 5 s (server.HealthInterval).
LONG_CONNECTED_S = 5.5


class Note(Protocol):
    """Writes an event of the run."""

    def __call__(self, kind: str, **fields: Any) -> None:
        """Write it, at this moment."""


def same_at(clients: Mapping[str, EtcdClient], revision: int) -> str:
    """Return "" when all members have the same hash of all keys at a revision, else each one's."""
    seen: dict[str, Any] = {}
    for member, client in clients.items():
        try:
            seen[member] = client.hash_at(revision)
        except LabError as error:
            seen[member] = str(error)
    return "" if len(set(seen.values())) == 1 else f"at revision {revision}: {seen}"


class Steps:
    """Does the steps of a proof on a running lab, one after the other."""

    def __init__(self, lab: Lab, chance: random.Random, note: Note) -> None:
        self._lab = lab
        self._chance = chance
        self._note = note

    def do(self, step: Step) -> None:
        """Do one step, and wait until every member is back. Raises LabError, ChaosError."""
        if isinstance(step, FaultStep):
            fault = choose(step.fault, self._lab, self._chance)
            self._under(fault, step.id, lambda: time.sleep(step.hold_s))
        elif isinstance(step, AddFirstStep):
            self._add_first(step)
        else:
            self._replace(step)
        wait_until("all members to be healthy", self._unhealthy, HEALTHY_TIMEOUT_S)

    def _unhealthy(self) -> str:
        return unhealthy(self._lab)

    def _clients(self) -> dict[str, EtcdClient]:
        members = [node.name for node in self._lab.plan.with_role("etcd")]
        return {name: EtcdClient(self._lab.etcd(name)) for name in members}

    def _under(self, fault: Fault, step: str, work: Any) -> None:
        """Put a fault in, do something under it, heal it, and wait until all have caught up."""
        lab, note = self._lab, self._note
        hit = [target.node for target in fault.targets]
        injection = Injection(new_undo())
        journal = Journal(lab.directory)
        journal.note(injection.undo, "planned", fault=type(fault).__name__, on=hit)
        try:
            note("inject_begin", step=step, hit=hit)
            fault.inject(lab, injection)
            note("effect_confirmed", step=step, hit=hit, evidence=fault.confirm(lab))
            work()
            note("heal_begin", step=step)
        finally:
            fault.undo(lab, injection)
            journal.note(injection.undo, "undone")
        note("heal_confirmed", step=step, evidence=fault.confirm_undone(lab))
        self._wait_rejoined(step)

    def _wait_rejoined(self, step: str) -> None:
        """Wait until every member has what the cluster had at this moment."""
        clients = self._clients()
        known = []
        for client in clients.values():
            try:
                known.append(client.revision())
            except LabError:
                continue  # one that is still coming up does not know more than the others
        revision = max(known)
        wait_until("the members to agree", lambda: same_at(clients, revision), HEALTHY_TIMEOUT_S)
        self._note("rejoined", step=step, evidence=f"all members at revision {revision}, one hash")

    def _choose_one(self, selector: str) -> tuple[str, str]:
        """Return the member that is meant, and one that is not."""
        target = parse(selector, self._lab.plan).resolve(self._lab, self._chance)[0].node
        others = [n.name for n in self._lab.plan.with_role("etcd") if n.name != target]
        return target, self._chance.choice(others)

    def _replace(self, step: ReplaceStep) -> None:
        lost, survivor = self._choose_one(step.target)
        self._note("inject_begin", step=step.id, hit=[lost])
        membership.destroy(self._lab, lost)
        self._note("destroyed", step=step.id, member=lost)
        time.sleep(LONG_CONNECTED_S)
        membership.replace_member(self._lab, lost, survivor, learner=step.how == "learner")
        self._note("replaced", step=step.id, member=lost, how=step.how)
        self._wait_rejoined(step.id)

    def _add_first(self, step: AddFirstStep) -> None:
        lost, survivor = self._choose_one(step.target)
        target = parse(f"{lost}/etcd", self._lab.plan).resolve(self._lab, self._chance)
        time.sleep(LONG_CONNECTED_S)

        def add() -> None:
            accepted, answer = membership.add_before_removing(self._lab, survivor)
            self._note("add", step=step.id, accepted=accepted, answer=answer)
            # from here on a write is either served by the quorum that is left, or by none
            self._note("effect_confirmed", step=step.id, hit=[lost], evidence=answer)
            time.sleep(step.hold_s)

        self._under(Kill(target), step.id, add)
        membership.remove_nobody(self._lab, survivor)
        self._note("removed", step=step.id)
