"""The members of etcd while one of them is replaced: it is lost, removed, and a new one added."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, NotConfirmedError, message_of
from chaos.faults.base import ExpectedEffect
from chaos.faults.observer import NotSeenError, dial_checks, possible_observers, wait_for_outcomes
from lab.binaries.resolve import resolve
from lab.bootstrap import launch
from lab.clients import etcd
from lab.components.etcd import DATA_DIRECTORY, joining_member, peer_url
from lab.errors import LabError, NotReadyError
from lab.readiness import wait_until
from reports.history import events
from reports.locale.message import message, verbatim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.steps.actions.base import ActionContext
    from chaos.targets import Target
    from lab.clients.https import HttpsEndpoint
    from reports.history.events import Event
    from reports.locale.message import Message

STEERING_TIMEOUT_S = 30.0
LOST_TIMEOUT_S = 5.0
# Beside the lost member's own, which the cluster still holds.
SPARE_PEER_PORT = 2382


class MemberReplacement:
    """The replacement of a target's member. Whatever it does raises LabError, ChaosError."""

    def __init__(self, context: ActionContext, target: Target) -> None:
        self._target = target
        self._context = context
        self._plan = context.lab.plan
        self._node = target.node
        self._remaining = {
            name: endpoint
            for name, endpoint in context.rejoining.endpoints.items()
            if name != target.node
        }
        ids: dict[str, str] = {}
        # a leader may just be elected: no member lists the members meanwhile
        self._steer(
            message("members-listed"),
            lambda _, members: ids.update({member.name: member.id for member in members}),
        )
        if target.node not in ids:
            raise ChaosError(message("no-such-member", member=target.node))
        self._lost = ids[target.node]

    @property
    def _survivor(self) -> HttpsEndpoint:
        """A remaining member, one that no other step hits where there is such a member."""
        hit = self._context.hit()
        return self._remaining[min(self._remaining, key=lambda name: name in hit)]

    def _note(self, kind: Callable[..., Event], *about: object) -> None:
        self._context.event(kind(time.monotonic(), self._context.step, *about))

    def lose(self) -> None:
        """Kill it and destroy its data. Nothing undoes this: the lab ends with its trial."""
        lab, node, target = self._context.lab, self._node, self._target
        agent = lab.agent(node)
        self._note(events.InjectBegin, "loss", [str(target)], [node])
        signalled = agent.signal(target.component, "KILL")
        agent.wipe(DATA_DIRECTORY)
        times = {"sent_s": signalled.sent_s, "gone_s": signalled.gone_s or signalled.sent_s}
        self._note(events.InjectEnd, {node: times})
        effect, hit = ExpectedEffect(target, "refused"), self._context.hit()
        observer = possible_observers(self._plan, effect, {node}, hit)[0]
        try:
            checks = dial_checks(self._plan, observer, target, "refused")
            evidence = wait_for_outcomes(lab, checks, LOST_TIMEOUT_S)
        except NotSeenError as error:
            raise NotConfirmedError(error.message) from error
        self._note(events.EffectConfirmed, evidence)

    def remove_first(self, *, learner: bool) -> None:
        """Remove the lost member, then add a new one under its name."""
        revision = self._begin_heal()
        self._remove()
        identity = self._add(self._peers[self._node], learner=learner)
        self._note(events.MemberAdded, learner)
        self._start(self._node, self._peers)
        if learner:
            self._promote(identity)
            self._note(events.MemberPromoted)
        self._end_heal(revision)

    def add_first(self, wait_s: float) -> None:
        """Add before removing: at the strict members first, then at the lenient ones.

        Where all refuse, the right order follows.
        """
        node = self._node
        url = peer_url(self._plan.spec, self._plan.node(node), SPARE_PEER_PORT)
        # the lost member may have led: without a leader a request is neither refused nor accepted
        self._steer(message("remaining-lead"), lambda *_: None)
        if not self.add_anywhere(url):
            self.remove_first(learner=False)
            return
        self._note(events.WaitingBegin, [node])
        time.sleep(wait_s)
        self._note(events.WaitingEnd)
        revision = self._begin_heal()
        self._start(f"{node}-new", {**self._peers, f"{node}-new": url})
        self._end_heal(revision)
        self._remove()

    def add_anywhere(self, url: str) -> bool:
        """Ask member by member until one adds it; first those that no step hits, then the strict.

        Return whether any did.
        """
        hit = self._context.hit()
        names = list(self._context.rejoining.endpoints)
        lenient = names[-self._plan.spec.lenient_etcd :]
        for name in sorted(self._remaining, key=lambda name: (name in hit, name in lenient)):
            answer, accepted = message("member-add-accepted"), True
            try:
                etcd.add_member(self._remaining[name], url, learner=False)
            except etcd.RefusedError as error:
                answer, accepted = message_of(error), False
            self._note(events.MemberAdd, name, name not in lenient, accepted, answer)
            if accepted:
                return True
        return False

    def _begin_heal(self) -> int:
        """Return a revision that was acknowledged before."""
        revision = self._context.rejoining.acknowledged()
        self._note(events.HealBegin)
        return revision

    def _end_heal(self, revision: int) -> None:
        self._note(events.HealEnd)
        self._context.rejoining.wait(self._context.step, {self._node}, revision)
        self._note(events.HealConfirmed, message("new-member-has-data", revision=revision))

    @property
    def _peers(self) -> dict[str, str]:
        """Member -> its peer URL, as the lab was planned."""
        return {node.name: peer_url(self._plan.spec, node) for node in self._plan.with_role("etcd")}

    def _steer(
        self, goal: Message, change: Callable[[HttpsEndpoint, Sequence[etcd.Member]], None]
    ) -> None:
        """Try to change the members through a remaining member, until it is done.

        Raises ChaosError with the goal and the last error.
        """
        last = verbatim("")

        def attempt() -> None:
            nonlocal last
            survivor = self._survivor
            try:
                change(survivor, etcd.members(survivor))
            except LabError as error:
                last = message_of(error)
                raise

        try:
            wait_until("the members", attempt, STEERING_TIMEOUT_S)
        except NotReadyError as error:
            why = message(
                "goal-not-reached", goal=goal, timeout_s=STEERING_TIMEOUT_S, evidence=last
            )
            raise ChaosError(why) from error

    def _start(self, name: str, cluster: dict[str, str]) -> None:
        binaries = resolve(["etcd"], progress=lambda _: None)
        component = joining_member(self._plan, self._node, name, cluster)
        launch(self._context.lab, component, lambda program: str(binaries.path(program)))
        self._note(events.MemberStarted, name)

    def _remove(self) -> None:
        def change(survivor: HttpsEndpoint, members: Sequence[etcd.Member]) -> None:
            if any(member.id == self._lost for member in members):
                etcd.remove_member(survivor, self._lost)

        self._steer(message("lost-removed"), change)
        self._note(events.MemberRemoved)

    def _add(self, url: str, *, learner: bool) -> str:
        """Add a member once: an attempt without an answer may have added it."""
        added: list[str] = []

        def change(survivor: HttpsEndpoint, members: Sequence[etcd.Member]) -> None:
            added[:] = [member.id for member in members if url in member.peer_urls]
            if not added:
                added.append(etcd.add_member(survivor, url, learner=learner))

        self._steer(message("new-added"), change)
        return added[0]

    def _promote(self, identity: str) -> None:
        def change(survivor: HttpsEndpoint, members: Sequence[etcd.Member]) -> None:
            if any(member.id == identity and member.learner for member in members):
                etcd.promote_member(survivor, identity)

        self._steer(message("learner-promoted"), change)
