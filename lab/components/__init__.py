"""The components of a lab, one file each, joined into a plan here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.components import control_plane, etcd, haproxy, keepalived, kubelet, nginx
from lab.plan import DEFAULT_NETWORK, LabPlan, plan_nodes

if TYPE_CHECKING:
    from lab.plan import Component
    from lab.spec import LabSpec


def plan_lab(spec: LabSpec, network: str = DEFAULT_NETWORK) -> LabPlan:
    """Plan a whole lab from what was asked for, in a range of addresses. Pure."""
    plan = LabPlan(spec, plan_nodes(spec, network), (), network)
    members, masters = plan.with_role("etcd"), plan.with_role("master")
    components = etcd.members(spec, members)
    for node in masters:
        components += [
            control_plane.apiserver(node, members),
            control_plane.controller_manager(node, spec.timeouts),
            control_plane.scheduler(node),
        ]
    # without masters there is nothing to balance: such a worker is a client of etcd
    components += _balancers(plan) if masters else []
    if spec.kubelets:
        for node in (*masters, *plan.with_role("worker")):
            components += kubelet.hollow_node(node, kubelet.server_of(node, plan))
    return LabPlan(spec, plan.nodes, tuple(components), network)


def _balancers(plan: LabPlan) -> list[Component]:
    """Plan what stands between the workers and the masters."""
    spec, masters, balancers = plan.spec, plan.with_role("master"), plan.with_role("balancer")
    workers = plan.with_role("worker")
    port, config = spec.proxy_port, spec.lb_config
    if spec.lb == "nginx":
        return [nginx.proxy(node, masters, port, config) for node in workers]
    where = workers if spec.lb == "haproxy" else balancers
    components = [haproxy.balancer(node, masters, port, config) for node in where]
    if spec.lb == "vip":
        for node in balancers:
            components.append(keepalived.haproxy_watch(node, port))
            components.append(keepalived.virtual_router(node, plan))
    return components
