"""The key material of a lab: an authority, and a certificate for each component and each user.

Every master's certificate carries the master's name as its common name, so that a client
knows from the handshake which master served it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.certificates import USERS, Authority, pem

if TYPE_CHECKING:
    from lab.nodes import Node
    from lab.plan import LabPlan


def _service_account_files() -> dict[str, bytes]:
    """Make the key with which all masters sign service accounts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"pki/service-account.pub": public, "pki/service-account.key": pem(key)}


def node_files(plan: LabPlan) -> dict[str, dict[str, bytes]]:
    """Make the key material of a lab: node name -> path in the node's directory -> content."""
    authority = Authority.made(f"halab-{plan.spec.name}")
    users = {name: authority.issue(*subject) for name, subject in USERS.items()}
    # making an RSA key takes as long as all other keys together
    accounts = _service_account_files() if plan.with_role("master") else {}

    def files_of(node: Node) -> dict[str, bytes]:
        pairs = dict(users)
        if "etcd" in node.roles:
            pairs["etcd"] = authority.issue(node.name, names=(node.address, "127.0.0.1"))
        if "master" in node.roles:
            names = (node.address, "127.0.0.1", "10.96.0.1", "kubernetes", "kubernetes.default")
            served = (*names, *plan.balancer_addresses)
            pairs["apiserver"] = authority.issue(node.name, names=served)
        if node.name in plan.kubelet_nodes:
            # by these two names the Node authorizer lets a kubelet change its own node only
            pairs["kubelet"] = authority.issue(f"system:node:{node.name}", "system:nodes")
        files = {"pki/ca.crt": authority.certificate}
        for name, pair in pairs.items():
            files[f"pki/{name}.crt"], files[f"pki/{name}.key"] = pair.certificate, pair.key
        if "master" in node.roles:
            files |= accounts
        return files

    return {node.name: files_of(node) for node in plan.nodes}
