"""How a lab gets from empty nodes to proxies that serve: what is started when, waited for how."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from lab.afterwards import INTERRUPTS
from lab.clients.https import refused
from lab.clients.kubernetes import NODES, ready_nodes
from lab.components.etcd import DATA_DIRECTORY, peer_url
from lab.errors import NotReadyError
from lab.health import down, unwell, vip_problem
from lab.log_lines import last_lines
from lab.nodes import AGENT, ETCD_PEER_PORT
from lab.pki import node_files
from lab.rbac import NAMESPACE, OBJECTS
from lab.readiness import wait_until
from lab.sentence import Sentence, joined, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.nodes import Component, Node
    from lab.plan import LabPlan
    from lab.progress import Progress
    from lab.running_lab import RunningLab
    from lab.sentence import Words

READY_TIMEOUT_S = 120.0
# Measured: 0.8 s on an idle machine.
NODES_TIMEOUT_S = 60.0
PEER_DIAL_S = 0.3


def start(lab: RunningLab, binary: Callable[[str], str], progress: Progress) -> None:
    """Start every component and wait for the lab. `binary`: name -> path. Raises LabError.

    Where the cluster was found, its components run already, and are waited for.
    """
    begun_s = time.monotonic()
    if lab.plan.found is None:
        _start_first_components(lab, binary)
    if masters := [node.name for node in lab.plan.with_role("master")]:
        _start_kubernetes(lab, masters, binary, progress)
    else:
        for member in lab.plan.with_role("etcd"):
            _wait_member(lab, member.name)
    progress(f"lab {lab.record.name} is ready after {time.monotonic() - begun_s:.1f} s")


def _start_first_components(lab: RunningLab, binary: Callable[[str], str]) -> None:
    """Start all components but the late ones."""
    for node, files in node_files(lab.plan).items():
        lab.agent(node).put(files)
    if lab.plan.spec.disk == "ext4":
        for member in lab.plan.with_role("etcd"):
            lab.agent(member.name).make_disk(DATA_DIRECTORY)
    first_node = first_member(lab.plan)
    first = lab.plan.component("etcd", first_node.name)
    launch(lab, first, binary)
    _wait_peer(lab, first_node)
    for component in lab.plan.components:
        if not component.late and component is not first:
            launch(lab, component, binary)


def first_member(plan: LabPlan) -> Node:
    """Return the node of the member that every other member asks first, before it bootstraps.

    A new member asks the others, in the order of their URLs, whether it was bootstrapped before
    (etcdserver/cluster_util.go, isMemberBootstrapped), and the first answer is enough. It waits 1 s
    for a member that listens and does not serve yet. Members that start together therefore wait for
    each other, nine of them 8 s.
    """
    return min(plan.with_role("etcd"), key=lambda node: peer_url(plan.spec, node))


def _wait_peer(lab: RunningLab, node: Node) -> None:
    def check() -> Words | None:
        tls = lab.plan.spec.timeouts.peer_tls
        answer = lab.agent(node.name).dial(
            node.address, ETCD_PEER_PORT, tls=tls, timeout_s=PEER_DIAL_S
        )
        if answer == "answered":
            return None
        outcome = Sentence(f"dial-{answer}", answer, {})
        return sentence(
            "peer-port", "the peer port of {node}: {outcome}", node=node.name, outcome=outcome
        )

    _wait_component(lab, node.name, "etcd", check)


def _start_kubernetes(
    lab: RunningLab, masters: list[str], binary: Callable[[str], str], progress: Progress
) -> None:
    progress(f"waiting for {len(masters)} apiservers")
    for master in masters:
        _wait_apiserver(lab, master)
    for path, body in OBJECTS:
        _create(lab, masters[0], path, body)
    # The apiservers wait for etcd by themselves. The proxies are started when the apiservers serve:
    # a client that connects too early makes nginx mark every master as failed for 10 s.
    for component in lab.plan.components:
        if component.late and lab.plan.found is None:
            launch(lab, component, binary)
    on_first = sentence("vip-on-first", "the VIP to be on the first balancer")
    _wait(on_first, lambda: vip_problem(lab), READY_TIMEOUT_S)
    for worker in lab.plan.with_role("worker"):
        _wait_proxy(lab, worker.name)
    if lab.plan.kubelet_nodes:
        all_ready = sentence("nodes-ready", "all nodes to be Ready")
        _wait(all_ready, lambda: _not_ready(lab, masters[0]), NODES_TIMEOUT_S)


def _wait(goal: Words, check: Callable[[], Words | None], timeout_s: float) -> None:
    """Wait as `wait_until`, but no longer than until a first interrupt.

    It is raised in the main thread alone, and others may be making labs that nobody wants any more.
    """

    def check_wanted() -> Words | None:
        if INTERRUPTS.arrived:
            raise NotReadyError(
                sentence("wait-interrupted", "interrupted while waiting for {goal}", goal=goal)
            )
        return check()

    wait_until(goal, check_wanted, timeout_s)


def launch(lab: RunningLab, component: Component, binary: Callable[[str], str]) -> None:
    """Start one component through its node's agent. `binary`: name -> path."""
    agent = lab.agent(component.node)
    agent.put({path: text.encode() for path, text in component.files.items()})
    argv = ["env", "-i", *component.whole_environment, *lab.command(component, binary)]
    agent.start(component.name, argv, restart=component.supervisor == AGENT)


def _wait_apiserver(lab: RunningLab, master: str) -> None:
    def check() -> Words | None:
        status, text = lab.apiserver(master).request("GET", "/readyz")
        return None if status == 200 else unwell("kube-apiserver", master, status, text)

    _wait_component(lab, master, "kube-apiserver", check)


def _wait_member(lab: RunningLab, node: str) -> None:
    def check() -> Words | None:
        status, text = lab.etcd(node).request("GET", "/health")
        return None if status == 200 else unwell("etcd", node, status, text)

    # a member is not healthy without the others: the reason may be that another one has ended
    members = [member.name for member in lab.plan.with_role("etcd")]
    _wait_component(lab, node, "etcd", check, members)


def _wait_component(
    lab: RunningLab,
    node: str,
    name: str,
    check: Callable[[], Words | None],
    needed: Sequence[str] = (),
) -> None:
    """Wait for a component until it serves; raise NotReadyError with the end of its log if it ends.

    `needed`: nodes on which the same component must not end either.
    """
    culprit = node

    def check_alive() -> Words | None:
        nonlocal culprit
        for place in needed or (node,):
            if not lab.agent(place).components()[name].alive:
                if lab.plan.component(name, place).supervisor:
                    return down(name, place)
                culprit = place
                raise NotReadyError(
                    sentence(
                        "component-ended",
                        "{component} on {node} ended",
                        component=name,
                        node=place,
                    )
                )
        return check()

    try:
        serving = sentence("component-on", "{component} on {node}", component=name, node=node)
        _wait(serving, check_alive, READY_TIMEOUT_S)
    except NotReadyError as error:
        log = lab.log(culprit, name)
        raise NotReadyError(
            sentence(
                "last-lines",
                "{why}\nlast lines of {log}:\n{lines}",
                why=error.why,
                log=log.name,
                lines=last_lines(log),
            )
        ) from error


def _create(lab: RunningLab, master: str, path: str, body: dict[str, Any]) -> None:
    def check() -> Words | None:
        status, answer = lab.apiserver(master).request("POST", path, body)
        return None if status in (201, 409) else refused("POST", path, status, answer)

    _wait(f"{body['kind']} {body['metadata']['name']}", check, READY_TIMEOUT_S)


def _not_ready(lab: RunningLab, master: str) -> Words | None:
    status, answer = lab.apiserver(master).request("GET", NODES)
    if status != 200:
        return refused("GET", NODES, status, answer)
    ready = ready_nodes(answer, lab.plan.names)
    missing: list[Words] = [
        sentence("node-became-unready", "{node} is not Ready", node=name)
        if name in ready
        else sentence("node-not-registered", "{node} is not registered", node=name)
        for name in lab.plan.kubelet_nodes
        if not ready.get(name)
    ]
    return joined(missing) if missing else None


def _wait_proxy(lab: RunningLab, worker: str) -> None:
    def check() -> Words | None:
        return proxy_problem(lab, worker)

    first = lab.plan.frontends(worker)[0]
    _wait_component(lab, first.node, first.name, check)


def proxy_problem(lab: RunningLab, worker: str) -> Words | None:
    """Return None when the worker's proxy serves a read and a write, else the evidence."""
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/probe"
    status, answer = lab.proxy(worker).request("GET", path)
    if status != 200:
        return refused("GET", path, status, answer)
    patch = {"data": {"value": f"{worker} {time.monotonic_ns()}"}}
    status, answer = lab.proxy(worker).request(
        "PATCH", path, patch, content_type="application/merge-patch+json"
    )
    return None if status == 200 else refused("PATCH", path, status, answer)
