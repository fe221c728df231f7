"""What an operator would look at: who leads, who is up, who answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lab.clients.kubernetes import LEASES, leaders
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.lab import Lab

ASK_TIMEOUT_S = 1.0


def etcd_leader(lab: Lab) -> str:
    """Return the node whose etcd member leads, asking each member. Raises LabError."""
    said: dict[str, str] = {}
    for node in lab.plan.with_role("etcd"):
        try:
            _, status = lab.etcd(node.name).request(
                "POST", "/v3/maintenance/status", {}, timeout_s=ASK_TIMEOUT_S
            )
        except LabError as error:
            said[node.name] = str(error)
            continue
        if status.get("leader", "0") == status["header"]["member_id"]:
            return node.name
        said[node.name] = f"follows {status.get('leader', 'nobody')}"
    raise LabError(f"no etcd member says that it leads: {said}")


def lease_holder(lab: Lab, name: str) -> str:
    """Return the node whose component `name` holds its lease now, asking each master.

    Raises LabError.
    """
    said: dict[str, str] = {}
    for node in lab.plan.with_role("master"):
        try:
            status, answer = lab.apiserver(node.name).request(
                "GET", LEASES, timeout_s=ASK_TIMEOUT_S
            )
        except LabError as error:
            said[node.name] = str(error)
            continue
        lease = leaders(answer).get(name) if status == 200 else None
        if lease is not None and lease.held(time.time()):
            return lease.holder
        said[node.name] = f"{status}: {lease or 'no such lease'}"
    raise LabError(f"nobody holds the lease of {name}: {said}")


def vip_holder(lab: Lab) -> str:
    """Return the balancer that holds the VIP now. Raises LabError when it is not exactly one."""
    holders = [
        node.name
        for node in lab.plan.with_role("balancer")
        for address in lab.agent(node.name).call("addresses")
        if address.partition("/")[0] == lab.plan.virtual_address
    ]
    if len(holders) != 1:
        raise LabError(f"the VIP is held by {', '.join(holders) or 'nobody'}")
    return holders[0]


def vip_astray(lab: Lab) -> str:
    """Return "" when the first balancer holds the VIP, or there is none. Raises LabError.

    It takes the VIP some seconds after it is well, from another that was quicker; every connection
    through that one ends then.
    """
    if lab.plan.spec.lb != "vip":
        return ""
    first, holder = lab.plan.with_role("balancer")[0].name, vip_holder(lab)
    return "" if holder == first else f"the VIP is still with {holder}"


def unhealthy(lab: Lab) -> str:
    """Return "" when every node is as it was made and every component answers, else evidence.

    Raises LabError when an agent does not answer.
    """
    for node in lab.plan.nodes:
        if lab.boot(node.name) != lab.record.boots[node.name]:
            return f"the agent of {node.name} was restarted"
        states = lab.agent(node.name).call("list")
        planned = {part.name for part in lab.plan.components if part.node == node.name}
        if dead := sorted(name for name in planned if not states.get(name, {}).get("alive")):
            return f"{', '.join(dead)} on {node.name} does not run"
    for node in lab.plan.with_role("etcd"):
        status, answer = lab.etcd(node.name).request("GET", "/health", timeout_s=ASK_TIMEOUT_S)
        if status != 200:
            return f"etcd on {node.name}: {status} {answer}"
    for node in lab.plan.with_role("master"):
        status, answer = lab.apiserver(node.name).request("GET", "/readyz", timeout_s=5.0)
        if status != 200:
            return f"apiserver on {node.name}: {status} {answer}"
    return vip_astray(lab)
