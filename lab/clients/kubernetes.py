"""The states of nodes and leases, read from lists of the API. Pure.

A list without a resourceVersion in its request is a quorum read, and the resourceVersion of its
answer is the store's revision: of two answers the higher revision is the newer, from any master.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
# Components that elect their leader by a lease, which has the component's name.
LEASED_COMPONENTS = ("kube-controller-manager", "kube-scheduler")


@dataclass(frozen=True)
class LeaseState:
    """Which node leads, and until when: `holder` may be "", times are seconds of the wall clock."""

    holder: str
    renewed_s: float
    duration_s: float

    def held(self, now_s: float) -> bool:
        """Whether the lease is valid now; holder and observer share the machine's clock."""
        return bool(self.holder) and now_s - self.renewed_s <= self.duration_s


def revision(answer: dict[str, Any]) -> int:
    """Return the store's revision of a list."""
    return int(answer["metadata"]["resourceVersion"])


def ready_nodes(answer: dict[str, Any]) -> dict[str, bool]:
    """Return node -> whether its Ready condition is True; without that condition it is not."""
    return {
        node["metadata"]["name"]: any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in node["status"].get("conditions", [])
        )
        for node in answer["items"]
    }


def leaders(answer: dict[str, Any]) -> dict[str, LeaseState]:
    """Return component -> its lease, of the components that have elected a leader."""
    return {
        lease["metadata"]["name"]: _lease(lease["spec"])
        for lease in answer["items"]
        if lease["metadata"]["name"] in LEASED_COMPONENTS and lease["spec"].get("renewTime")
    }


def _lease(spec: dict[str, Any]) -> LeaseState:
    # client-go's identity is the host's name, an underscore and a UUID
    holder = spec.get("holderIdentity", "").partition("_")[0]
    renewed = dt.datetime.fromisoformat(spec["renewTime"])
    return LeaseState(holder, renewed.timestamp(), float(spec["leaseDurationSeconds"]))
