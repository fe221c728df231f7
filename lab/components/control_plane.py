"""kube-apiserver, kube-controller-manager and kube-scheduler of a master.

The latter two exit when they lose their lease; their supervisor starts them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.nodes import AGENT, APISERVER_PORT, ETCD_CLIENT_PORT, Component, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.spec import Profile

# The apiserver that every component of a master uses (kubespray, kube_apiserver_endpoint).
OWN_APISERVER = f"https://127.0.0.1:{APISERVER_PORT}"
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: lab
contexts: [{{name: lab, context: {{cluster: lab, user: {user}}}}}]
clusters: [{{name: lab, cluster: {{server: "{server}", certificate-authority: {pki}/ca.crt}}}}]
users:
- name: {user}
  user: {{client-certificate: {pki}/{user}.crt, client-key: {pki}/{user}.key}}
"""


def apiserver(node: Node, etcd: Sequence[Node]) -> Component:
    """Return the apiserver of a master; it is given every etcd member, as kubespray does."""
    servers = ",".join(f"https://{member.address}:{ETCD_CLIENT_PORT}" for member in etcd)
    argv = (
        "kube-apiserver",
        f"--etcd-servers={servers}",
        "--etcd-cafile=pki/ca.crt",
        "--etcd-certfile=pki/apiserver.crt",
        "--etcd-keyfile=pki/apiserver.key",
        "--bind-address=0.0.0.0",  # its own node reaches it at 127.0.0.1
        f"--advertise-address={node.address}",
        f"--secure-port={APISERVER_PORT}",
        "--tls-cert-file=pki/apiserver.crt",
        "--tls-private-key-file=pki/apiserver.key",
        "--client-ca-file=pki/ca.crt",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=pki/service-account.pub",
        "--service-account-signing-key-file=pki/service-account.key",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--endpoint-reconciler-type=lease",
    )
    return Component("kube-apiserver", node.name, argv, APISERVER_PORT, 300)


def kubeconfig(user: str, server: str) -> str:
    """Return a kubeconfig that names the key material of a node by its path."""
    return KUBECONFIG.format(user=user, server=server, pki="pki")


def controller_manager(node: Node, timeouts: Profile) -> Component:
    """Return the controller manager of a master; it uses its own apiserver only."""
    argv = (
        "kube-controller-manager",
        "--kubeconfig=controller-manager.conf",
        "--root-ca-file=pki/ca.crt",
        "--service-account-private-key-file=pki/service-account.key",
        f"--bind-address={node.address}",
        "--leader-elect=true",
        f"--node-monitor-grace-period={timeouts.node_monitor_grace_s}s",
        # its own user may not write what its controllers write: without this flag a silent node
        # would stay Ready for ever
        "--use-service-account-credentials=true",
    )
    files = {"controller-manager.conf": kubeconfig("controller-manager", OWN_APISERVER)}
    return _leading("kube-controller-manager", node, argv, 10257, 110, files)


def scheduler(node: Node) -> Component:
    """Return the scheduler of a master; it uses its own apiserver only."""
    argv = (
        "kube-scheduler",
        "--kubeconfig=scheduler.conf",
        f"--bind-address={node.address}",
        "--leader-elect=true",
    )
    files = {"scheduler.conf": kubeconfig("scheduler", OWN_APISERVER)}
    return _leading("kube-scheduler", node, argv, 10259, 65, files)


def _leading(
    name: str, node: Node, argv: tuple[str, ...], port: int, memory_mib: int, files: dict[str, str]
) -> Component:
    return Component(
        name, node.name, argv, port, memory_mib, late=True, supervisor=AGENT, files=files
    )
