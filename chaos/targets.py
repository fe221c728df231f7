"""Selectors: what a fault hits, resolved against a running lab at the time of injection.

`etcd:leader`, `etcd:follower`, `etcd:followers[N]`, `etcd:majority`, `etcd:all`, `master:any`,
`master:any[N]`, `master:all`, `master:leading(kube-scheduler)` (whose scheduler holds the lease),
`worker:all`, `balancer:any`, `ROLE:NODE`, `NODE`, `NODE/COMPONENT`; a bare role means all of it.
`frontend:WORKER` is what the clients of that worker connect to at this moment: its own proxy, the
balancer (the one that holds the VIP), or the first master.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import InputError
from lab.clients.kubernetes import LEADERS
from lab.health import etcd_leader, lease_holder, vip_holder
from lab.spec import BALANCERS

if TYPE_CHECKING:
    import random

    from lab.lab import Lab
    from lab.plan import LabPlan, Node

MAIN_COMPONENT = {"etcd": "etcd", "master": "kube-apiserver", "balancer": "haproxy"}
_SELECTOR = re.compile(
    r"^(?P<role>etcd|master|worker|balancer|node|frontend)s?"
    r"(:(?P<pick>[a-z0-9-]+)(\((?P<of>[a-z0-9-]+)\))?(\[(?P<count>\d{1,2})\])?)?$"
)
PICKS = {
    "etcd": {"leader", "follower", "followers", "majority", "all", "any"},
    "master": {"any", "all", "leading"},
    "worker": {"any", "all"},
    "balancer": {"any", "all"},
    "node": set(),
    "frontend": set(),
}


@dataclass(frozen=True)
class Target:
    """One component on one node; "" where a worker runs none, and is but a host."""

    node: str
    component: str

    def __str__(self) -> str:
        return f"{self.node}/{self.component}" if self.component else self.node


@dataclass(frozen=True)
class Selector:
    """A selector, parsed and checked against a plan; not yet resolved. `of`: what is led."""

    role: str
    pick: str
    count: int
    component: str
    of: str = ""

    def possible(self, plan: LabPlan) -> list[str]:
        """Return the names of all nodes that it may choose."""
        if self.role == "frontend":
            return [component.node for component in plan.frontends(self.pick)]
        nodes = [node.name for node in plan.nodes if self.role in node.roles]
        return [self.pick] if self.pick not in PICKS[self.role] else nodes

    def certain(self, plan: LabPlan) -> list[str]:
        """Return the names of the nodes that it always chooses."""
        possible = self.possible(plan)
        chosen_later = self.pick in PICKS[self.role] - {"all"}
        if self.role == "frontend":
            chosen_later = len(possible) > 1
        return [] if chosen_later else possible

    def resolve(self, lab: Lab, chance: random.Random) -> tuple[Target, ...]:
        """Choose the targets now. Raises LabError when no leader, lease or VIP is known."""
        nodes = [node.name for node in lab.plan.nodes if self.role in node.roles]
        if self.pick in ("leader", "follower", "followers"):
            leader = etcd_leader(lab)
            followers = [name for name in nodes if name != leader]
            chosen = [leader] if self.pick == "leader" else chance.sample(followers, self.count)
        elif self.pick == "leading":
            chosen = [lease_holder(lab, self.of)]
        elif self.role == "frontend":
            possible = self.possible(lab.plan)
            chosen = possible if len(possible) == 1 else [vip_holder(lab)]
        elif self.pick == "any":
            chosen = chance.sample(nodes, self.count)
        elif self.pick == "majority":
            chosen = chance.sample(nodes, len(nodes) // 2 + 1)
        elif self.pick == "all":
            chosen = nodes
        else:
            chosen = [self.pick]
        return tuple(Target(name, self.component) for name in sorted(chosen))


def _main_role(node: Node) -> str:
    return next(role for role in ("master", "etcd", "worker", "balancer") if role in node.roles)


def _main_component(role: str, pick: str, plan: LabPlan) -> str:
    if role == "frontend":
        return plan.frontends(pick)[0].name
    if role == "worker":
        return "" if plan.with_role("balancer") else BALANCERS.get(plan.spec.lb, "")
    return MAIN_COMPONENT[role]


def parse(text: str, plan: LabPlan) -> Selector:
    """Parse a selector and check that the lab has what it names. Raises InputError."""
    text, _, component = text.strip().partition("/")
    names = {node.name: node for node in plan.nodes}
    if text in names:
        text = f"{_main_role(names[text])}:{text}"
    match = _SELECTOR.match(text)
    if match is None:
        raise InputError(f"unknown target {text!r}; try etcd:leader, master:any or a node's name")
    role, pick = match["role"], match["pick"] or "all"
    if pick not in PICKS[role] and pick not in names:
        known = ", ".join([*sorted(PICKS[role]), *names])
        raise InputError(f"target {text!r}: {pick!r} is none of {known}")
    if role == "node":
        role = _main_role(names[pick])
    _check_form(text, pick, match)
    if role == "frontend" and (pick not in names or "worker" not in names[pick].roles):
        raise InputError(f"target {text!r}: name a worker of this lab, as in frontend:worker-1")
    count = int(match["count"] or 1)
    holder = "master" if role == "frontend" else role
    _check_size(text, pick, count, holder, len(plan.with_role(holder)))
    component = component or _main_component(role, pick, plan)
    selector = Selector(role, pick, count, component, match["of"] or "")
    if component:
        _check_component(text, selector, plan)
    return selector


def _check_form(text: str, pick: str, match: re.Match[str]) -> None:
    if match["count"] and (pick not in ("followers", "any") or int(match["count"]) == 0):
        raise InputError(
            f"target {text!r}: only followers and any are counted, as in etcd:followers[2]"
        )
    if match["of"] not in (LEADERS if pick == "leading" else (None,)):
        raise InputError(
            f"target {text!r}: masters lead as in leading({') or leading('.join(LEADERS)})"
        )


def _check_size(text: str, pick: str, count: int, role: str, size: int) -> None:
    """Check that a role has so many nodes."""
    if size == 0:
        raise InputError(f"target {text!r}: this lab has no {role}")
    if pick in ("follower", "followers") and count > size - 1:
        raise InputError(f"target {text!r}: {size} members have only {size - 1} followers")
    if pick == "any" and count > size:
        raise InputError(f"target {text!r}: this lab has only {size}")


def _check_component(text: str, selector: Selector, plan: LabPlan) -> None:
    component = selector.component
    ports = {one.node: one.port for one in plan.components if one.name == component}
    if lacking := [node for node in selector.possible(plan) if node not in ports]:
        raise InputError(f"target {text!r}: no component {component} on {', '.join(lacking)}")
    if 0 in ports.values():
        raise InputError(f"target {text!r}: {component} listens nowhere, no one could see it fail")


def check_kind(kind: str, text: str, selector: Selector) -> None:
    """Raise InputError when a fault of a process is to hit a host that runs none."""
    if kind in ("kill", "hang") and not selector.component:
        raise InputError(f"{kind} {text}: no component to {kind} there, only a host")
