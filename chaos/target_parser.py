"""Reads selectors as they are written; refuses those that the planned lab cannot fulfil."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.targets import PICKS, STEP, Selector
from lab.clients.kubernetes import LEASED_COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.nodes import Node
    from lab.plan import LabPlan

MAIN_COMPONENT = {"etcd": "etcd", "master": "kube-apiserver"}
NO_STEPS: Mapping[str, Selector] = MappingProxyType({})
_SELECTOR = re.compile(
    r"^(?P<role>etcd|master|worker|balancer|node|frontend|step)s?"
    r"(:(?P<pick>[a-z0-9-]+)(\((?P<of>[a-z0-9-]+)\))?(\[(?P<count>\d{1,2})\])?)?$"
)


def _main_role(node: Node) -> str:
    return next(role for role in ("master", "etcd", "worker", "balancer") if role in node.roles)


def _main_component(role: str, pick: str, plan: LabPlan) -> str:
    if role == "frontend":
        return plan.frontends(pick)[0].name
    if role == "balancer":
        return plan.balancer.component
    if role == "worker":
        return "" if plan.balancer.nodes else plan.balancer.component
    return MAIN_COMPONENT[role]


def parse(text: str, plan: LabPlan, steps: Mapping[str, Selector] = NO_STEPS) -> Selector:
    """Parse a selector and check that the lab has what it names. Raises InputError.

    `steps`: the selectors of the steps before it, by their ids.
    """
    written = text.strip()
    text, _, component = written.partition("/")
    names = {node.name: node for node in plan.nodes}
    if text in names:
        text = f"{_main_role(names[text])}:{text}"
    match = _SELECTOR.match(text)
    if match is None:
        raise InputError(f"unknown target {text!r}; try etcd:leader, master:any or a node's name")
    role, pick = match["role"], match["pick"] or "all"
    earlier = _earlier(text, match, steps)
    if role != STEP and pick not in PICKS[role] and pick not in names:
        possible = ", ".join([*sorted(PICKS[role]), *names])
        raise InputError(f"target {text!r}: {pick!r} is none of {possible}")
    if role == "node":
        role = _main_role(names[pick])
    _check_form(text, pick, match)
    if pick == "except" and match["of"] not in [node.name for node in plan.with_role("etcd")]:
        raise InputError(f"target {text!r}: {match['of']} is no member")
    if role == "frontend" and (pick not in names or "worker" not in names[pick].roles):
        raise InputError(f"target {text!r}: name a worker of this lab, as in frontend:worker-1")
    count = int(match["count"] or 1)
    if earlier and role == STEP:
        component = component or earlier.component
    else:
        holder = "master" if role == "frontend" else role
        _check_size(text, pick, count, holder, len(plan.with_role(holder)))
        component = component or _main_component(role, pick, plan)
    selector = Selector(role, pick, count, component, match["of"] or "", earlier, written)
    if not selector.possible(plan):
        raise InputError(f"target {text!r}: {match['of']} hits all that there are")
    if component:
        _check_component(text, selector, plan)
    return selector


def _earlier(text: str, match: re.Match[str], steps: Mapping[str, Selector]) -> Selector | None:
    """Return the selector of the earlier step that it names, None when it names none."""
    if match["role"] != STEP and match["pick"] != "not":
        return None
    step = (match["pick"] if match["role"] == STEP else match["of"]) or ""
    if step not in steps:
        earlier = ", ".join(steps) or "there is none"
        raise InputError(f"target {text!r}: {step!r} is no step before this one; {earlier}")
    return steps[step]


def _check_form(text: str, pick: str, match: re.Match[str]) -> None:
    if match["count"] and (pick not in ("followers", "any") or int(match["count"]) == 0):
        why = "only followers and any are counted, as in etcd:followers[2]"
        raise InputError(f"target {text!r}: {why}")
    possible = LEASED_COMPONENTS if pick == "leading" else (None,)
    if pick not in ("not", "except") and match["of"] not in possible:
        why = f"masters lead as in leading({') or leading('.join(LEASED_COMPONENTS)})"
        raise InputError(f"target {text!r}: {why}")


def _check_size(text: str, pick: str, count: int, role: str, size: int) -> None:
    if size == 0:
        raise InputError(f"target {text!r}: this lab has no {role}")
    if pick in ("follower", "followers") and count > size - 1:
        raise InputError(f"target {text!r}: {size} members have only {size - 1} followers")
    if pick == "any" and count > size:
        raise InputError(f"target {text!r}: this lab has only {size}")


def _check_component(text: str, selector: Selector, plan: LabPlan) -> None:
    component = selector.component
    ports = {part.node: part.port for part in plan.components if part.name == component}
    if lacking := [node for node in selector.possible(plan) if node not in ports]:
        raise InputError(f"target {text!r}: no component {component} on {', '.join(lacking)}")
    if 0 in ports.values():
        raise InputError(
            f"target {text!r}: {component} listens nowhere, its failure is not observable"
        )
