"""A step that loses a member for good, removes it, and adds a new one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.faults import Kill
from chaos.targets import parse
from lab.binaries import resolve
from lab.bootstrap import launch
from lab.clients import etcd
from lab.components.etcd import DATA, joining, peer_url
from lab.readiness import wait_until

if TYPE_CHECKING:
    from chaos.proof.context import Context
    from chaos.proof.schema import ReplaceSpec
    from chaos.targets import Target
    from lab.clients.https import Endpoint

STEERING_TIMEOUT_S = 30.0
# Beside the lost member's own, which the cluster still holds.
SPARE_PEER_PORT = 2382


def replace(context: Context, spec: ReplaceSpec, hold_s: float) -> None:
    """Lose a member with its data, and bring a new one in its place."""
    target = parse(spec.target, context.lab.plan).resolve(context.lab, context.chance)[0]
    asked = next(name for name in context.members if name != target.node)
    lost = _member(context.endpoint(asked), target.node).id
    _lose(context, target)
    if spec.how == "add-first":
        _add_first(context, target.node, lost, hold_s)
    else:
        time.sleep(hold_s)
        _remove_first(context, target.node, lost, learner=spec.how == "learner")
    context.replaced.add(target.node)
    context.event("replaced", nodes=[target.node], how=spec.how)


def _member(endpoint: Endpoint, name: str) -> etcd.Member:
    found = [one for one in etcd.members(endpoint) if one.name == name]
    if not found:
        raise ChaosError(f"the cluster has no member {name}")
    return found[0]


def _lose(context: Context, target: Target) -> None:
    """Kill a member and destroy its data. Nothing undoes this: the lab ends with us."""
    nodes, agent = [target.node], context.lab.agent(target.node)
    context.event("inject_begin", fault="loss", nodes=nodes)
    agent.call("signal", name=target.component, signal_name="KILL")
    agent.call("wipe", path=DATA)
    evidence = Kill((target,)).confirm(context.lab)
    context.event("effect_confirmed", fault="loss", nodes=nodes, evidence=evidence)


def _remove_first(context: Context, node: str, lost: str, *, learner: bool) -> None:
    revision = context.clients.acknowledged
    endpoint = _survivor(context, node)
    context.event("heal_begin", nodes=[node])
    _remove(endpoint, lost)
    context.event("member_removed", nodes=[node])
    identity = _add(endpoint, _peers(context)[node], learner=learner)
    context.event("member_added", nodes=[node], learner=learner)
    _start(context, node, node, _peers(context))
    if learner:
        _promote(endpoint, identity)
        context.event("member_promoted", nodes=[node])
    context.wait_rejoined([node], revision)


def _add_first(context: Context, node: str, lost: str, hold_s: float) -> None:
    """Add before removing, at a strict member and at one that takes anything, and show what comes.

    Where both refuse, nothing is stopped, and the right order follows.
    """
    plan = context.lab.plan
    lenient = context.members[-plan.spec.lenient_etcd :]
    url = peer_url(plan.spec, plan.node(node), SPARE_PEER_PORT)
    left = [name for name in context.members if name != node]
    # the lost one may have led: a request that no leader takes is neither refused nor accepted
    _wait_led(_survivor(context, node))
    accepted = False
    for name in sorted(left, key=lambda one: one in lenient):
        answer, strict = "accepted", name not in lenient
        try:
            etcd.add_member(context.endpoint(name), url, learner=False)
            accepted = True
        except etcd.RefusedError as error:
            answer = str(error)
        context.event("member_add", node=name, strict=strict, accepted=accepted, answer=answer)
        if accepted:
            break
    if not accepted:
        _remove_first(context, node, lost, learner=False)
        return
    revision = context.clients.acknowledged
    context.event("waiting_begin", nodes=[node])
    time.sleep(hold_s)
    context.event("waiting_end", nodes=[node])
    context.event("heal_begin", nodes=[node])
    _start(context, node, f"{node}-new", {**_peers(context), f"{node}-new": url})
    context.wait_rejoined([node], revision)
    _remove(_survivor(context, node), lost)
    context.event("member_removed", nodes=[node])


def _peers(context: Context) -> dict[str, str]:
    """Return member -> its peer URL, as the lab was planned."""
    plan = context.lab.plan
    return {name: peer_url(plan.spec, plan.node(name)) for name in context.members}


def _survivor(context: Context, node: str) -> Endpoint:
    return context.endpoint(next(name for name in context.members if name != node))


def _wait_led(endpoint: Endpoint) -> None:
    def check() -> str:
        etcd.members(endpoint)
        return ""

    wait_until("a leader of the members that are left", check, STEERING_TIMEOUT_S)


def _start(context: Context, node: str, name: str, cluster: dict[str, str]) -> None:
    binaries = resolve(say=lambda _: None)
    component = joining(context.lab.plan, node, name, cluster)
    launch(context.lab, component, lambda program: str(binaries.path(program)))
    context.event("member_started", nodes=[node], name=name)


def _remove(endpoint: Endpoint, lost: str) -> None:
    def check() -> str:
        if any(one.id == lost for one in etcd.members(endpoint)):
            etcd.remove_member(endpoint, lost)
        return ""

    wait_until("the lost member to be removed", check, STEERING_TIMEOUT_S)


def _add(endpoint: Endpoint, url: str, *, learner: bool) -> str:
    """Add a member once: an attempt without an answer may have added it."""
    found: list[str] = []

    def check() -> str:
        found[:] = [one.id for one in etcd.members(endpoint) if url in one.peer_urls]
        if not found:
            found.append(etcd.add_member(endpoint, url, learner=learner))
        return ""

    wait_until("the new member to be added", check, STEERING_TIMEOUT_S)
    return found[0]


def _promote(endpoint: Endpoint, identity: str) -> None:
    def check() -> str:
        if any(one.id == identity and one.learner for one in etcd.members(endpoint)):
            etcd.promote_member(endpoint, identity)
        return ""

    wait_until("the learner to be promoted", check, STEERING_TIMEOUT_S)
