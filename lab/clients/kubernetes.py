"""What the API says of nodes and leases, read from its lists. Pure.

A list that is asked for without a resourceVersion is a quorum read, and its own resourceVersion is
the store's: of two answers the one with the higher one is the newer, whoever gave it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
# Who leads by such a lease; its name is the component's.
LEADERS = ("kube-controller-manager", "kube-scheduler")


@dataclass(frozen=True)
class LeaseState:
    """Who leads, until when: `holder` is a node or "", times are seconds of the wall clock."""

    holder: str
    renewed_s: float
    duration_s: float

    def held(self, now_s: float) -> bool:
        """Whether it was renewed recently enough; holder and observer share the machine's clock."""
        return bool(self.holder) and now_s - self.renewed_s <= self.duration_s


def revision(answer: dict[str, Any]) -> int:
    """Return the store's revision of a list."""
    return int(answer["metadata"]["resourceVersion"])


def ready_nodes(answer: dict[str, Any]) -> dict[str, bool]:
    """Return node -> whether its Ready condition is True; one that nobody vouches for is not."""
    return {
        node["metadata"]["name"]: any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in node["status"].get("conditions", [])
        )
        for node in answer["items"]
    }


def leaders(answer: dict[str, Any]) -> dict[str, LeaseState]:
    """Return component -> its lease, of those that elect a leader and have done so."""
    return {
        lease["metadata"]["name"]: _lease(lease["spec"])
        for lease in answer["items"]
        if lease["metadata"]["name"] in LEADERS and lease["spec"].get("renewTime")
    }


def _lease(spec: dict[str, Any]) -> LeaseState:
    # client-go's identity is the host's name, an underscore and a UUID
    holder = spec.get("holderIdentity", "").partition("_")[0]
    renewed = dt.datetime.fromisoformat(spec["renewTime"])
    return LeaseState(holder, renewed.timestamp(), float(spec["leaseDurationSeconds"]))
