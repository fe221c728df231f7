"""What an operator would check: which member leads, what runs, what answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lab.clients.etcd import member_status
from lab.clients.kubernetes import LEASES, leaders
from lab.errors import AgentLostError, LabError
from lab.sentence import labelled, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.running_lab import RunningLab
    from lab.sentence import Sentence, Words

ASK_TIMEOUT_S = 1.0


def etcd_leader(lab: RunningLab) -> str:
    """Return the node whose etcd member leads, asking each member. Raises LabError."""

    def ask(node: str) -> tuple[str, Words]:
        status = member_status(lab.etcd(node), ASK_TIMEOUT_S)
        if status.leader_id:
            follows = sentence("member-follows", "follows {leader}", leader=status.leader_id)
        else:
            follows = sentence("member-follows-nobody", "follows nobody")
        return node if status.leads else "", follows

    leader, answers = _first(lab, "etcd", ask)
    if not leader:
        raise LabError(
            sentence(
                "no-etcd-leader", "no etcd member says that it leads: {answers}", answers=answers
            )
        )
    return leader


def lease_holder(lab: RunningLab, name: str) -> str:
    """Return the node whose component `name` holds its lease now, asking each master.

    Raises LabError.
    """

    def ask(node: str) -> tuple[str, Words]:
        status, answer = lab.apiserver(node).request("GET", LEASES, timeout_s=ASK_TIMEOUT_S)
        lease = leaders(answer, lab.plan.names).get(name) if status == 200 else None
        holder = lease.holder if lease is not None and lease.held(time.time()) else ""
        found = str(lease) if lease is not None else sentence("no-such-lease", "no such lease")
        return holder, labelled(str(status), found)

    holder, answers = _first(lab, "master", ask)
    if not holder:
        raise LabError(
            sentence(
                "no-lease-holder",
                "nobody holds the lease of {component}: {answers}",
                component=name,
                answers=answers,
            )
        )
    return holder


def _first(
    lab: RunningLab, role: str, ask: Callable[[str], tuple[str, Words]]
) -> tuple[str, tuple[Words, ...]]:
    """Ask the nodes of a role in turn; return the first name that `ask` gives, "" without one.

    `ask` returns a node's name or "", and its answer; all answers are returned, too.
    """
    answers: list[Words] = []
    for node in lab.plan.with_role(role):
        try:
            name, answer = ask(node.name)
        except LabError as error:
            name, answer = "", error.why
        answers.append(labelled(node.name, answer))
        if name:
            return name, tuple(answers)
    return "", tuple(answers)


def vip_holder(lab: RunningLab) -> str:
    """Return the balancer that holds the VIP now. Raises LabError when none or several do."""
    holders = [
        node.name
        for node in lab.plan.with_role("balancer")
        for address in lab.agent(node.name).addresses()
        if address.partition("/")[0] == lab.plan.virtual_address
    ]
    if len(holders) != 1:
        held_by = ", ".join(holders) or sentence("nobody", "nobody")
        raise LabError(sentence("vip-held-by", "the VIP is held by {holders}", holders=held_by))
    return holders[0]


def vip_problem(lab: RunningLab) -> Sentence | None:
    """Return None when the first balancer holds the VIP, or the lab has none, else evidence.

    After its start the first balancer needs some seconds to take the VIP from another balancer that
    was quicker. Every connection through that other balancer ends then. Raises LabError.
    """
    if not lab.plan.virtual_address:
        return None
    first, holder = lab.plan.with_role("balancer")[0].name, vip_holder(lab)
    if holder == first:
        return None
    return sentence("vip-still-with", "the VIP is still with {holder}", holder=holder)


def check_agents(lab: RunningLab) -> None:
    """Raise AgentLostError when an agent is gone or was replaced."""
    for node in lab.plan.nodes:
        check_agent(lab, node.name)


def check_agent(lab: RunningLab, node: str) -> None:
    """Raise AgentLostError when the agent of a node is gone or was replaced."""
    try:
        boot = lab.boot(node)
    except LabError as error:
        raise AgentLostError(
            sentence(
                "agent-silent",
                "the agent of {node} does not answer: {why}",
                node=node,
                why=error.why,
            )
        ) from error
    if boot != lab.record.boots[node]:
        raise AgentLostError(
            sentence("agent-restarted", "the agent of {node} was restarted", node=node)
        )


def lab_problem(lab: RunningLab) -> Sentence | None:
    """Return None when no agent was replaced and every component answers, else evidence.

    Raises LabError when a component does not answer, NotReadyError when an agent was replaced.
    """
    for node in lab.plan.nodes:
        if evidence := node_problem(lab, node.name):
            return evidence
    return vip_problem(lab)


def node_problem(lab: RunningLab, node: str) -> Sentence | None:
    """Return None when a node's agent was not replaced and its components answer, else evidence.

    Raises LabError when a component does not answer, NotReadyError when the agent was replaced.
    """
    check_agent(lab, node)
    states = lab.agent(node).components()
    alive = {name for name, state in states.items() if state.alive}
    planned = {part.name for part in lab.plan.components if part.node == node}
    if dead := sorted(planned - alive):
        return down(", ".join(dead), node)
    roles = lab.plan.node(node).roles
    if "etcd" in roles:
        status, answer = lab.etcd(node).request("GET", "/health", timeout_s=ASK_TIMEOUT_S)
        if status != 200:
            return unwell("etcd", node, status, answer)
    if "master" in roles:
        status, answer = lab.apiserver(node).request("GET", "/readyz", timeout_s=5.0)
        if status != 200:
            return unwell("kube-apiserver", node, status, answer)
    return None


def down(component: str, node: str) -> Sentence:
    """Return the sentence of a component that does not run."""
    return sentence(
        "component-down", "{component} on {node} does not run", component=component, node=node
    )


def unwell(component: str, node: str, status: int, answer: object) -> Sentence:
    """Return the sentence of a component that answers that it is not well."""
    return sentence(
        "component-unwell",
        "{component} on {node}: {status} {answer}",
        component=component,
        node=node,
        status=status,
        answer=str(answer),
    )
