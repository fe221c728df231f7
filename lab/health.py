"""What an operator would check: which member leads, what runs, what answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lab.clients.etcd import member_status
from lab.clients.kubernetes import LEASES, leaders
from lab.errors import LabError, NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.running_lab import RunningLab

ASK_TIMEOUT_S = 1.0


def etcd_leader(lab: RunningLab) -> str:
    """Return the node whose etcd member leads, asking each member. Raises LabError."""

    def ask(node: str) -> tuple[str, str]:
        status = member_status(lab.etcd(node), ASK_TIMEOUT_S)
        return node if status.leads else "", f"follows {status.leader_id or 'nobody'}"

    return _first(lab, "etcd", ask, "no etcd member says that it leads")


def lease_holder(lab: RunningLab, name: str) -> str:
    """Return the node whose component `name` holds its lease now, asking each master.

    Raises LabError.
    """

    def ask(node: str) -> tuple[str, str]:
        status, answer = lab.apiserver(node).request("GET", LEASES, timeout_s=ASK_TIMEOUT_S)
        lease = leaders(answer).get(name) if status == 200 else None
        holder = lease.holder if lease is not None and lease.held(time.time()) else ""
        return holder, f"{status}: {lease or 'no such lease'}"

    return _first(lab, "master", ask, f"nobody holds the lease of {name}")


def _first(
    lab: RunningLab, role: str, ask: Callable[[str], tuple[str, str]], otherwise: str
) -> str:
    """Ask the nodes of a role in turn and return the first name that `ask` gives.

    `ask` returns a node's name or "", and its answer. Raises LabError with all answers.
    """
    answers: dict[str, str] = {}
    for node in lab.plan.with_role(role):
        try:
            name, answers[node.name] = ask(node.name)
        except LabError as error:
            name, answers[node.name] = "", str(error)
        if name:
            return name
    raise LabError(f"{otherwise}: {answers}")


def vip_holder(lab: RunningLab) -> str:
    """Return the balancer that holds the VIP now. Raises LabError when none or several do."""
    holders = [
        node.name
        for node in lab.plan.with_role("balancer")
        for address in lab.agent(node.name).addresses()
        if address.partition("/")[0] == lab.plan.virtual_address
    ]
    if len(holders) != 1:
        raise LabError(f"the VIP is held by {', '.join(holders) or 'nobody'}")
    return holders[0]


def vip_problem(lab: RunningLab) -> str:
    """Return "" when the first balancer holds the VIP, or the lab has none. Raises LabError.

    After its start the first balancer needs some seconds to take the VIP from another balancer that
    was quicker. Every connection through that other balancer ends then.
    """
    if not lab.plan.virtual_address:
        return ""
    first, holder = lab.plan.with_role("balancer")[0].name, vip_holder(lab)
    return "" if holder == first else f"the VIP is still with {holder}"


def check_agents(lab: RunningLab) -> None:
    """Raise NotReadyError when an agent is gone or was replaced: no waiting changes that."""
    for node in lab.plan.nodes:
        _check_agent(lab, node.name)


def _check_agent(lab: RunningLab, node: str) -> None:
    try:
        boot = lab.boot(node)
    except LabError as error:
        raise NotReadyError(f"the agent of {node} does not answer: {error}") from error
    if boot != lab.record.boots[node]:
        raise NotReadyError(f"the agent of {node} was restarted")


def lab_problem(lab: RunningLab) -> str:
    """Return "" when no agent was replaced and every component answers, else evidence.

    Raises LabError when a component does not answer, NotReadyError when an agent was replaced.
    """
    for node in lab.plan.nodes:
        if evidence := node_problem(lab, node.name):
            return evidence
    return vip_problem(lab)


def node_problem(lab: RunningLab, node: str) -> str:
    """Return "" when a node's agent was not replaced and its components answer, else evidence.

    Raises LabError when a component does not answer, NotReadyError when the agent was replaced.
    """
    _check_agent(lab, node)
    states = lab.agent(node).components()
    alive = {name for name, state in states.items() if state.alive}
    planned = {part.name for part in lab.plan.components if part.node == node}
    if dead := sorted(planned - alive):
        return f"{', '.join(dead)} on {node} does not run"
    roles = lab.plan.node(node).roles
    if "etcd" in roles:
        status, answer = lab.etcd(node).request("GET", "/health", timeout_s=ASK_TIMEOUT_S)
        if status != 200:
            return f"etcd on {node}: {status} {answer}"
    if "master" in roles:
        status, answer = lab.apiserver(node).request("GET", "/readyz", timeout_s=5.0)
        if status != 200:
            return f"apiserver on {node}: {status} {answer}"
    return ""
