"""Selectors: what a fault hits, resolved against a running lab at the time of injection.

`etcd:leader`, `etcd:follower`, `etcd:followers[N]`, `etcd:majority`, `etcd:all`, `master:any`,
`master:any[N]`, `master:all`, `master:leading(kube-scheduler)` (whose scheduler holds the lease),
`worker:all`, `balancer:any`, `ROLE:NODE`, `NODE`, `NODE/COMPONENT`; a bare role means all of it.
`frontend:WORKER` is what the clients of that worker connect to at this moment: its own proxy, the
balancer (the one that holds the VIP), or the first master. In a timeline `step:ID` is what that
step hit, `etcd:not(ID)` a member that it did not hit. `etcd:except(MEMBER)`: all other members.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from chaos.errors import NoTargetError, message_of
from lab.errors import LabError
from lab.health import etcd_leader, lease_holder, vip_holder
from reports.locale.message import message

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Mapping, Sequence

    from lab.lab import Lab
    from lab.plan import LabPlan

STEP = "step"
PICKS = {
    "etcd": {"leader", "follower", "followers", "majority", "all", "any", "not", "except"},
    "master": {"any", "all", "leading"},
    "worker": {"any", "all"},
    "balancer": {"any", "all"},
    **{role: set[str]() for role in ("node", "frontend")},
}


@dataclass(frozen=True)
class Target:
    """A component on a node; "" where a worker runs none, and is only a host."""

    node: str
    component: str

    def __str__(self) -> str:
        return f"{self.node}/{self.component}" if self.component else self.node


# What steps have hit, by their ids.
Hits: TypeAlias = "Mapping[str, tuple[Target, ...]]"
NOTHING: Hits = MappingProxyType({})


@dataclass(frozen=True)
class Selector:
    """A selector, parsed and checked against a plan; not yet resolved.

    `of`: what is led, who is spared, or the id of the step `earlier`. `text`: as written.
    """

    role: str
    pick: str
    count: int
    component: str
    of: str = ""
    earlier: Selector | None = None
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.text

    def possible(self, plan: LabPlan) -> list[str]:
        """Return the names of all nodes that it may choose."""
        if self.earlier and self.role == STEP:
            return self.earlier.possible(plan)
        if self.role == "frontend":
            return [component.node for component in plan.frontends(self.pick)]
        if self.pick not in PICKS[self.role]:
            return [self.pick]
        spared = self.earlier.certain(plan) if self.earlier else [self.of]
        return [node.name for node in plan.with_role(self.role) if node.name not in spared]

    def certain(self, plan: LabPlan) -> list[str]:
        """Return the names of the nodes that it always chooses."""
        if self.earlier and self.role == STEP:
            return self.earlier.certain(plan)
        possible = self.possible(plan)
        moves = self.role == "frontend" and len(possible) > 1
        return [] if moves or self.pick in PICKS[self.role] - {"all", "except"} else possible

    def size(self, plan: LabPlan) -> int:
        """Return how many nodes it chooses; `step:ID` as many as that step."""
        if self.earlier and self.role == STEP:
            return self.earlier.size(plan)
        if certain := self.certain(plan):
            return len(certain)
        return len(self.possible(plan)) // 2 + 1 if self.pick == "majority" else self.count

    def resolve(
        self, lab: Lab, chance: random.Random, *, avoid: Collection[str] = (), hits: Hits = NOTHING
    ) -> tuple[Target, ...]:
        """Choose the targets now; none in `avoid`, unless they were named.

        `hits`: what the steps so far have hit. Raises NoTargetError when there is no leader or
        holder of what is asked for, or too few nodes remain.
        """
        if self.role == STEP:
            return tuple(Target(hit.node, self.component) for hit in self._hit(hits))
        try:
            nodes = self._choose(lab, chance, avoid, hits)
        except LabError as error:
            reason = message_of(error)
            raise NoTargetError(message("no-target", selector=str(self), reason=reason)) from error
        return tuple(Target(name, self.component) for name in sorted(nodes))

    def _choose(
        self, lab: Lab, chance: random.Random, avoid: Collection[str], hits: Hits
    ) -> Sequence[str]:
        if certain := self.certain(lab.plan):
            return certain
        if self.role == "frontend":
            return self._remaining([vip_holder(lab)], avoid)
        if self.pick == "leading":
            return self._remaining([lease_holder(lab, self.of)], avoid)
        if self.pick == "leader":
            return self._remaining([etcd_leader(lab)], avoid)
        nodes = [node.name for node in lab.plan.with_role(self.role)]
        count = len(nodes) // 2 + 1 if self.pick == "majority" else self.count
        if self.pick in ("follower", "followers"):
            nodes.remove(etcd_leader(lab))
        if self.pick == "not":
            hit = {target.node for target in self._hit(hits)}
            nodes = [name for name in nodes if name not in hit]
        return chance.sample(self._remaining(nodes, avoid, count), count)

    def _hit(self, hits: Hits) -> tuple[Target, ...]:
        step = self.pick if self.role == STEP else self.of
        if step not in hits:
            raise NoTargetError(message("step-hit-nothing", selector=str(self), step=step))
        return hits[step]

    def _remaining(self, nodes: list[str], avoid: Collection[str], count: int = 1) -> list[str]:
        remaining = [name for name in nodes if name not in avoid]
        if len(remaining) < count:
            raise NoTargetError(
                message(
                    "too-few-targets",
                    selector=str(self),
                    nodes=", ".join(nodes),
                    remaining=len(remaining),
                )
            )
        return remaining
