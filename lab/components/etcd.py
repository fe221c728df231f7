"""etcd: a member on each node with the etcd role. mTLS for clients; for peers by the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.nodes import ETCD_CLIENT_PORT, ETCD_PEER_PORT, Component, Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.plan import LabPlan
    from lab.spec import LabSpec

DATA_DIRECTORY = "etcd-data"


def peer_url(spec: LabSpec, node: Node, port: int = ETCD_PEER_PORT) -> str:
    """Return where a member on a node listens for its peers."""
    scheme = "https" if spec.timeouts.peer_tls else "http"
    return f"{scheme}://{node.address}:{port}"


def member_components(spec: LabSpec, nodes: Sequence[Node]) -> list[Component]:
    """Return the members of a new cluster, one for each node."""
    cluster = {node.name: peer_url(spec, node) for node in nodes}
    strict = len(nodes) - spec.lenient_etcd
    return [
        _member(spec, node, node.name, cluster, "new", lenient=place >= strict)
        for place, node in enumerate(nodes)
    ]


def joining_member(plan: LabPlan, node: str, name: str, cluster: Mapping[str, str]) -> Component:
    """Return a member that joins a running cluster, whose members' peer URLs are `cluster`."""
    return _member(plan.spec, plan.node(node), name, cluster, "existing", lenient=False)


def _member(
    spec: LabSpec, node: Node, name: str, cluster: Mapping[str, str], state: str, *, lenient: bool
) -> Component:
    peer = cluster[name]
    client = f"https://{node.address}:{ETCD_CLIENT_PORT}"
    timeouts = spec.timeouts
    tls = []
    for prefix in ("", "peer-") if timeouts.peer_tls else ("",):
        tls += [
            f"--{prefix}cert-file=pki/etcd.crt",
            f"--{prefix}key-file=pki/etcd.key",
            f"--{prefix}trusted-ca-file=pki/ca.crt",
            f"--{prefix}client-cert-auth=true",
        ]
    argv = (
        "etcd",
        f"--name={name}",
        f"--data-dir={DATA_DIRECTORY}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--initial-cluster={','.join(f'{member}={url}' for member, url in cluster.items())}",
        f"--initial-cluster-state={state}",
        f"--initial-cluster-token={spec.name}",
        f"--heartbeat-interval={timeouts.heartbeat_ms}",
        f"--election-timeout={timeouts.election_ms}",
        f"--snapshot-count={timeouts.snapshot_count}",
        *tls,
        *(["--strict-reconfig-check=false"] if lenient else []),
    )
    environment = timeouts.etcd_environment
    return Component("etcd", node.name, argv, ETCD_CLIENT_PORT, 60, environment=environment)
