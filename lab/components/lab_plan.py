"""The plan of a whole lab: its nodes, and the components of every file here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.components import control_plane, etcd, kubelet
from lab.nodes import DEFAULT_NETWORK
from lab.plan import LabPlan, plan_nodes
from lab.runtime.drivers import DRIVERS

if TYPE_CHECKING:
    from lab.found import FoundCluster
    from lab.spec import LabSpec


def plan_lab(
    spec: LabSpec, network: str = DEFAULT_NETWORK, found: FoundCluster | None = None
) -> LabPlan:
    """Plan a whole lab, in a range of addresses. Pure.

    Of a lab that is `found` it is what was found, or before that what will be.
    """
    if cluster := found or DRIVERS[spec.runtime].expected(spec):
        return LabPlan(spec, cluster.nodes, cluster.components, network, cluster)
    plan = LabPlan(spec, plan_nodes(spec, network), (), network)
    members, masters = plan.with_role("etcd"), plan.with_role("master")
    components = etcd.member_components(spec, members)
    for node in masters:
        components += [
            control_plane.apiserver(node, members),
            control_plane.controller_manager(node, spec.timeouts),
            control_plane.scheduler(node),
        ]
    # without masters there is nothing to balance: such a worker is a client of etcd
    components += plan.balancer.components(plan.placement) if masters else []
    if spec.kubelets:
        for node in (*masters, *plan.with_role("worker")):
            components += kubelet.hollow_node(node, kubelet.server_of(node, plan))
    return LabPlan(spec, plan.nodes, tuple(components), network)
