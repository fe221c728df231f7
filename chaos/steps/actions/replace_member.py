"""A member of etcd is lost for good with its data, removed, and a new one added in its place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from chaos.errors import ChaosError, InputError, NotConfirmedError
from chaos.faults.base import Sight
from chaos.faults.observer import NotSeenError, candidates, looks_at, seen_at_once
from chaos.steps.actions.base import ActionKind
from lab.binaries import resolve
from lab.bootstrap import launch
from lab.clients import etcd
from lab.components.etcd import DATA, joining, peer_url
from lab.readiness import wait_until
from reports.history import events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.steps.actions.base import Scene
    from chaos.targets import Selector, Target
    from lab.clients.https import HttpsEndpoint
    from lab.plan import LabPlan

STEERING_TIMEOUT_S = 30.0
LOST_TIMEOUT_S = 5.0
# Beside the lost member's own, which the cluster still holds.
SPARE_PEER_PORT = 2382


@dataclass(frozen=True)
class ReplaceMember:
    """Lose a member, and bring a new one."""

    how: Annotated[
        Literal["learner", "direct", "add-first"],
        Field(
            description="learner: without a vote, promoted when it has caught up; direct: with its "
            "vote; add-first: added before the lost one is removed, which is the unsafe order"
        ),
    ]
    wait_s: Annotated[
        float,
        Field(
            gt=0,
            le=600,
            description="after the loss; add-first: how long the added member is kept waiting",
        ),
    ] = 2.0

    def check(self, target: Selector, plan: LabPlan) -> None:
        """It takes one etcd member; add-first needs a strict one and a lenient one beside it."""
        possible = target.possible(plan)
        members = [node.name for node in plan.with_role("etcd")]
        one = len(possible) == 1 or (target.count == 1 and target.pick not in ("majority", "all"))
        if not one or not set(possible) <= set(members):
            raise InputError(f"replace-member {target}: one etcd member at a time")
        strict = members[: len(members) - plan.spec.lenient_etcd]
        if self.how != "add-first":
            return
        if len(strict) == len(members):
            raise InputError("add-first needs a member that takes it: lab.lenient_etcd")
        if len(strict) < 2 or not set(possible) <= set(strict):
            raise InputError(
                f"replace-member {target}: it must be a strict one (a member but the last ones)"
            )

    def run(self, scene: Scene, targets: tuple[Target, ...]) -> None:
        """Lose it and replace it. Raises LabError, ChaosError."""
        replacement = _Replacement(scene, targets[0])
        if self.how == "add-first":
            replacement.add_first(self.wait_s)
        else:
            time.sleep(self.wait_s)
            replacement.remove_first(learner=self.how == "learner")


class _Replacement:
    """One member that is lost, and the cluster without it."""

    def __init__(self, scene: Scene, target: Target) -> None:
        """Kill it and destroy its data. Nothing undoes this: the lab ends with its trial."""
        self._scene = scene
        self._plan = scene.lab.plan
        self._node = target.node
        self._left = {
            name: endpoint
            for name, endpoint in scene.rejoining.endpoints.items()
            if name != target.node
        }
        known: dict[str, str] = {}
        # a leader may just be elected: nobody lists the members meanwhile
        self._steer(
            "a list of the members",
            lambda _, members: known.update({member.name: member.id for member in members}),
        )
        if target.node not in known:
            raise ChaosError(f"the cluster has no member {target.node}")
        self._lost = known[target.node]
        self._lose(target)

    @property
    def _survivor(self) -> HttpsEndpoint:
        """One that is left, and hit by nothing where there is such a one."""
        hit = self._scene.hit()
        return self._left[min(self._left, key=lambda name: name in hit)]

    def _lose(self, target: Target) -> None:
        scene, node = self._scene, self._node
        agent = scene.lab.agent(node)
        begun_s = time.monotonic()
        scene.event(events.InjectBegin(begun_s, scene.step, "loss", [str(target)], [node]))
        done = agent.signal(target.component, "KILL")
        agent.wipe(DATA)
        times = {"sent_s": done.sent_s, "gone_s": done.gone_s or done.sent_s}
        scene.event(events.InjectEnd(time.monotonic(), scene.step, {node: times}))
        viewer = candidates(self._plan, Sight(target, "refused"), {node}, scene.hit())[0]
        try:
            looks = looks_at(self._plan, viewer, target, "refused")
            evidence = seen_at_once(scene.lab, looks, LOST_TIMEOUT_S)
        except NotSeenError as error:
            raise NotConfirmedError(str(error)) from error
        scene.event(events.EffectConfirmed(time.monotonic(), scene.step, evidence))

    def remove_first(self, *, learner: bool) -> None:
        """Remove the lost member, then add a new one under its name."""
        revision = self._begin_heal()
        self._remove()
        identity = self._add(self._peers[self._node], learner=learner)
        self._scene.event(events.MemberAdded(time.monotonic(), self._scene.step, learner))
        self._start(self._node, self._peers)
        if learner:
            self._promote(identity)
            self._scene.event(events.MemberPromoted(time.monotonic(), self._scene.step))
        self._end_heal(revision)

    def add_first(self, wait_s: float) -> None:
        """Add before removing, at a strict member and at one that takes anything; show what comes.

        Where both refuse, nothing is stopped, and the right order follows.
        """
        scene, node = self._scene, self._node
        url = peer_url(self._plan.spec, self._plan.node(node), SPARE_PEER_PORT)
        # the lost one may have led: a request that no leader takes is neither refused nor accepted
        self._steer("a leader of the members that are left", lambda *_: None)
        if not self._added_anywhere(url):
            self.remove_first(learner=False)
            return
        scene.event(events.WaitingBegin(time.monotonic(), scene.step, [node]))
        time.sleep(wait_s)
        scene.event(events.WaitingEnd(time.monotonic(), scene.step))
        revision = self._begin_heal()
        self._start(f"{node}-new", {**self._peers, f"{node}-new": url})
        self._end_heal(revision)
        self._remove()

    def _added_anywhere(self, url: str) -> bool:
        """Ask those that nothing hits, the strict ones first, until one accepts."""
        hit = self._scene.hit()
        names = list(self._scene.rejoining.endpoints)
        lenient = names[-self._plan.spec.lenient_etcd :]
        for name in sorted(self._left, key=lambda name: (name in hit, name in lenient)):
            answer, accepted = "accepted", True
            try:
                etcd.add_member(self._left[name], url, learner=False)
            except etcd.RefusedError as error:
                answer, accepted = str(error), False
            now_s, strict = time.monotonic(), name not in lenient
            self._scene.event(
                events.MemberAdd(now_s, self._scene.step, name, strict, accepted, answer)
            )
            if accepted:
                return True
        return False

    def _begin_heal(self) -> int:
        """Return a revision that was acknowledged before."""
        revision = self._scene.rejoining.acknowledged()
        self._scene.event(events.HealBegin(time.monotonic(), self._scene.step))
        return revision

    def _end_heal(self, revision: int) -> None:
        self._scene.event(events.HealEnd(time.monotonic(), self._scene.step))
        self._scene.rejoining.wait(self._scene.step, {self._node}, revision)
        evidence = f"the new member has what the others have at revision {revision}"
        self._scene.event(events.HealConfirmed(time.monotonic(), self._scene.step, evidence))

    @property
    def _peers(self) -> dict[str, str]:
        """Member -> its peer URL, as the lab was planned."""
        return {node.name: peer_url(self._plan.spec, node) for node in self._plan.with_role("etcd")}

    def _steer(
        self, what: str, change: Callable[[HttpsEndpoint, Sequence[etcd.Member]], None]
    ) -> None:
        """Try to change the members through one of those that are left, until it is done."""

        def check() -> str:
            survivor = self._survivor
            change(survivor, etcd.members(survivor))
            return ""

        wait_until(what, check, STEERING_TIMEOUT_S)

    def _start(self, name: str, cluster: dict[str, str]) -> None:
        binaries = resolve(say=lambda _: None)
        component = joining(self._plan, self._node, name, cluster)
        launch(self._scene.lab, component, lambda program: str(binaries.path(program)))
        self._scene.event(events.MemberStarted(time.monotonic(), self._scene.step, name))

    def _remove(self) -> None:
        def change(survivor: HttpsEndpoint, members: Sequence[etcd.Member]) -> None:
            if any(member.id == self._lost for member in members):
                etcd.remove_member(survivor, self._lost)

        self._steer("the lost member to be removed", change)
        self._scene.event(events.MemberRemoved(time.monotonic(), self._scene.step))

    def _add(self, url: str, *, learner: bool) -> str:
        """Add a member once: an attempt without an answer may have added it."""
        found: list[str] = []

        def change(survivor: HttpsEndpoint, members: Sequence[etcd.Member]) -> None:
            found[:] = [member.id for member in members if url in member.peer_urls]
            if not found:
                found.append(etcd.add_member(survivor, url, learner=learner))

        self._steer("the new member to be added", change)
        return found[0]

    def _promote(self, identity: str) -> None:
        def change(survivor: HttpsEndpoint, members: Sequence[etcd.Member]) -> None:
            if any(member.id == identity and member.learner for member in members):
                etcd.promote_member(survivor, identity)

        self._steer("the learner to be promoted", change)


KINDS = (
    ActionKind(
        name="replace-member",
        help="Lose an etcd member and its data for good, and bring a new one in its place.",
        changes_cluster=True,
        make=ReplaceMember,
    ),
)
