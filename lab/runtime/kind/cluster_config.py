"""The configuration of a cluster, as kind reads it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from lab.nodes import LOOPBACK
from lab.runtime.kind.names import CONTROL_PLANE, WORKER

if TYPE_CHECKING:
    from lab.runtime.request import ClusterRequest, Timeouts

# The longest pause before a container that exits again and again is started once more, the least
# that a kubelet takes (KubeletCrashLoopBackOffMax, on since Kubernetes 1.35). Its default doubles
# from 10 s to 300 s, and is forgotten after ten minutes: each trial would find another pause.
RESTART_PAUSE_S = 1


def cluster_config(request: ClusterRequest, image: str) -> str:
    """Return the configuration; `image`: of every node."""
    roles = [CONTROL_PLANE] * request.masters + [WORKER] * request.workers
    return yaml.safe_dump(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "networking": {"ipFamily": "ipv4", "apiServerAddress": LOOPBACK},
            "nodes": [{"role": role, "image": image} for role in roles],
            "kubeadmConfigPatches": [
                yaml.safe_dump(_cluster(request.timeouts)),
                yaml.safe_dump(_kubelet()),
            ],
        },
        sort_keys=False,
    )


def _cluster(timeouts: Timeouts) -> dict[str, Any]:
    """Return the profile's timeouts; without a version kind fits the arguments to kubeadm's."""
    etcd = {
        "heartbeat-interval": timeouts.heartbeat_ms,
        "election-timeout": timeouts.election_ms,
        "snapshot-count": timeouts.snapshot_count,
    }
    grace = {"node-monitor-grace-period": f"{timeouts.node_monitor_grace_s}s"}
    return {
        "kind": "ClusterConfiguration",
        "controllerManager": {"extraArgs": grace},
        "etcd": {"local": {"extraArgs": {name: str(value) for name, value in etcd.items()}}},
    }


def _kubelet() -> dict[str, Any]:
    return {
        "kind": "KubeletConfiguration",
        # a machine with control groups of version 1 is refused by default since Kubernetes 1.35
        "failCgroupV1": False,
        "crashLoopBackOff": {"maxContainerRestartPeriod": f"{RESTART_PAUSE_S}s"},
    }
