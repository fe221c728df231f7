"""How a lab gets from empty nodes to proxies that serve: what is started when, waited for how."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from lab.afterwards import INTERRUPTS
from lab.clients.kubernetes import NODES, ready_nodes
from lab.components.etcd import DATA_DIRECTORY, peer_url
from lab.errors import NotReadyError
from lab.health import vip_problem
from lab.nodes import ETCD_PEER_PORT
from lab.pki import node_files
from lab.rbac import NAMESPACE, OBJECTS
from lab.readiness import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.nodes import Component, Node
    from lab.plan import LabPlan
    from lab.progress import Progress
    from lab.running_lab import RunningLab

READY_TIMEOUT_S = 120.0
# Measured: 0.8 s on an idle machine.
NODES_TIMEOUT_S = 60.0
LOG_LINES = 8
PEER_DIAL_S = 0.3


def start(lab: RunningLab, binary: Callable[[str], str], progress: Progress) -> None:
    """Start every component and wait for the lab. `binary`: name -> path. Raises LabError."""
    begun_s = time.monotonic()
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
    if masters := [node.name for node in lab.plan.with_role("master")]:
        _start_kubernetes(lab, masters, binary, progress)
    else:
        for member in lab.plan.with_role("etcd"):
            _wait_member(lab, member.name)
    progress(f"lab {lab.record.name} is ready after {time.monotonic() - begun_s:.1f} s")


def first_member(plan: LabPlan) -> Node:
    """Return the node of the member that every other member asks first, before it bootstraps.

    A new member asks the others, in the order of their URLs, whether it was bootstrapped before
    (etcdserver/cluster_util.go, isMemberBootstrapped), and the first answer is enough. It waits 1 s
    for a member that listens and does not serve yet. Members that start together therefore wait for
    each other, nine of them 8 s.
    """
    return min(plan.with_role("etcd"), key=lambda node: peer_url(plan.spec, node))


def _wait_peer(lab: RunningLab, node: Node) -> None:
    def check() -> str:
        tls = lab.plan.spec.timeouts.peer_tls
        answer = lab.agent(node.name).dial(
            node.address, ETCD_PEER_PORT, tls=tls, timeout_s=PEER_DIAL_S
        )
        return "" if answer == "answered" else f"the peer port of {node.name}: {answer}"

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
        if component.late:
            launch(lab, component, binary)
    _wait("the VIP to be on the first balancer", lambda: vip_problem(lab), READY_TIMEOUT_S)
    for worker in lab.plan.with_role("worker"):
        _wait_proxy(lab, worker.name)
    if lab.plan.spec.kubelets:
        _wait("all nodes to be Ready", lambda: _not_ready(lab, masters[0]), NODES_TIMEOUT_S)


def _wait(what: str, check: Callable[[], str], timeout_s: float) -> None:
    """Wait as `wait_until`, but no longer than until a first interrupt.

    It is raised in the main thread alone, and others may be making labs that nobody wants any more.
    """

    def check_wanted() -> str:
        if INTERRUPTS.arrived:
            raise NotReadyError(f"interrupted while waiting for {what}")
        return check()

    wait_until(what, check_wanted, timeout_s)


def launch(lab: RunningLab, component: Component, binary: Callable[[str], str]) -> None:
    """Start one component through its node's agent. `binary`: name -> path."""
    agent = lab.agent(component.node)
    agent.put({path: text.encode() for path, text in component.files.items()})
    argv = ["env", "-i", *component.whole_environment, *lab.command(component, binary)]
    agent.start(component.name, argv, restart=component.restart)


def _wait_apiserver(lab: RunningLab, master: str) -> None:
    def check() -> str:
        status, text = lab.apiserver(master).request("GET", "/readyz")
        return "" if status == 200 else f"/readyz of {master}: {status} {text}"

    _wait_component(lab, master, "kube-apiserver", check)


def _wait_member(lab: RunningLab, node: str) -> None:
    def check() -> str:
        status, text = lab.etcd(node).request("GET", "/health")
        return "" if status == 200 else f"/health of {node}: {status} {text}"

    # a member is not healthy without the others: the reason may be that another one has ended
    members = [member.name for member in lab.plan.with_role("etcd")]
    _wait_component(lab, node, "etcd", check, members)


def _wait_component(
    lab: RunningLab, node: str, name: str, check: Callable[[], str], needed: Sequence[str] = ()
) -> None:
    """Wait for a component until it serves; raise NotReadyError with the end of its log if it ends.

    `needed`: nodes on which the same component must not end either.
    """
    culprit = node

    def check_alive() -> str:
        nonlocal culprit
        for place in needed or (node,):
            if not lab.agent(place).components()[name].alive:
                culprit = place
                raise NotReadyError(f"{name} on {place} ended")
        return check()

    try:
        _wait(f"{name} on {node}", check_alive, READY_TIMEOUT_S)
    except NotReadyError as error:
        log = lab.log(culprit, name)
        tail = failure_lines(log.read_text(errors="replace")) if log.exists() else []
        raise NotReadyError("\n".join([f"{error}\nlast lines of {log.name}:", *tail])) from error


def failure_lines(log: str) -> list[str]:
    """Return the last lines of a component's log that show why it does not work.

    A Kubernetes component that refuses its flags prints all of its help before the one line
    that matters; warnings and errors of klog begin with W, E or F, etcd's are in the message.
    """
    lines = [line for line in log.splitlines() if line.strip()]
    grave = [line for line in lines if line[:1] in "WEF" or line.lower().startswith("error")]
    return [line[:400] for line in (grave or lines)[-LOG_LINES:]]


def _create(lab: RunningLab, master: str, path: str, body: dict[str, Any]) -> None:
    def check() -> str:
        status, answer = lab.apiserver(master).request("POST", path, body)
        return "" if status in (201, 409) else f"POST {path}: {status} {answer}"

    _wait(f"{body['kind']} {body['metadata']['name']}", check, READY_TIMEOUT_S)


def _not_ready(lab: RunningLab, master: str) -> str:
    status, answer = lab.apiserver(master).request("GET", NODES)
    if status != 200:
        return f"GET {NODES}: {status} {answer}"
    ready = ready_nodes(answer)
    return ", ".join(
        f"{name} is {'not Ready' if name in ready else 'not registered'}"
        for name in lab.plan.kubelet_nodes
        if not ready.get(name)
    )


def _wait_proxy(lab: RunningLab, worker: str) -> None:
    def check() -> str:
        return proxy_problem(lab, worker)

    first = lab.plan.frontends(worker)[0]
    _wait_component(lab, first.node, first.name, check)


def proxy_problem(lab: RunningLab, worker: str) -> str:
    """Return "" when the worker's proxy serves a read and a write, else the evidence."""
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/probe"
    status, answer = lab.proxy(worker).request("GET", path)
    if status != 200:
        return f"read: {status} {answer}"
    patch = {"data": {"value": f"{worker} {time.monotonic_ns()}"}}
    status, answer = lab.proxy(worker).request(
        "PATCH", path, patch, content_type="application/merge-patch+json"
    )
    return "" if status == 200 else f"write: {status} {answer}"
