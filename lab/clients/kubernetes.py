"""The states of nodes and leases, read from lists of the API. Pure.

A list without a resourceVersion in its request is a quorum read, and the resourceVersion of its
answer is the store's revision: of two answers the higher revision is the newer, from any master.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def ready_nodes(answer: dict[str, Any], names: Mapping[str, str]) -> dict[str, bool]:
    """Return node -> whether its Ready condition is True; without that condition it is not.

    `names`: the names of nodes, by those that they have in the cluster; others keep theirs.
    """
    return {
        _named(node["metadata"]["name"], names): any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in node["status"].get("conditions", [])
        )
        for node in answer["items"]
    }


def leaders(answer: dict[str, Any], names: Mapping[str, str]) -> dict[str, LeaseState]:
    """Return component -> its lease, of the components that have elected a leader.

    `names`: as those of `ready_nodes`.
    """
    return {
        lease["metadata"]["name"]: _lease(lease["spec"], names)
        for lease in answer["items"]
        if lease["metadata"]["name"] in LEASED_COMPONENTS and lease["spec"].get("renewTime")
    }


def _named(host: str, names: Mapping[str, str]) -> str:
    return names.get(host, host)


def _lease(spec: dict[str, Any], names: Mapping[str, str]) -> LeaseState:
    # client-go's identity is the host's name, an underscore and a UUID
    holder = _named(spec.get("holderIdentity", "").partition("_")[0], names)
    renewed = dt.datetime.fromisoformat(spec["renewTime"])
    return LeaseState(holder, renewed.timestamp(), float(spec["leaseDurationSeconds"]))
