"""etcd: one member a node with the etcd role, mTLS for peers and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.plan import ETCD_CLIENT_PORT, ETCD_PEER_PORT, Component, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.spec import LabSpec


DATA = "etcd-data"


def member(node: Node, members: Sequence[Node], spec: LabSpec) -> Component:
    """Return the etcd member of one node in a new cluster of `members`."""
    timeouts = spec.timeouts
    peer = f"https://{node.address}:{ETCD_PEER_PORT}"
    client = f"https://{node.address}:{ETCD_CLIENT_PORT}"
    cluster = ",".join(f"{m.name}=https://{m.address}:{ETCD_PEER_PORT}" for m in members)
    tls = []
    for prefix in ("", "peer-"):
        tls += [
            f"--{prefix}cert-file=pki/etcd.crt",
            f"--{prefix}key-file=pki/etcd.key",
            f"--{prefix}trusted-ca-file=pki/ca.crt",
            f"--{prefix}client-cert-auth=true",
        ]
    argv = (
        "etcd",
        f"--name={node.name}",
        f"--data-dir={DATA}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--initial-cluster={cluster}",
        "--initial-cluster-state=new",
        f"--initial-cluster-token={spec.name}",
        f"--heartbeat-interval={timeouts.heartbeat_ms}",
        f"--election-timeout={timeouts.election_ms}",
        f"--snapshot-count={timeouts.snapshot_count}",
        *(() if spec.strict_reconfig else ("--strict-reconfig-check=false",)),
        *tls,
    )
    return Component("etcd", node.name, argv, ETCD_CLIENT_PORT)
