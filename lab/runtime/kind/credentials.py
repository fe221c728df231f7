"""The certificates by which halab asks a cluster of kubeadm's.

A cluster that halab has made gets the users that labs of other runtimes have, so that the same user
is measured everywhere. etcd has an authority of its own; its user is the one that kubeadm makes for
health checks.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import yaml

from lab.certificates import ETCD_USER, USERS, Authority, Pair
from lab.runtime.kind.commands import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import docker

KUBERNETES, PKI = "/etc/kubernetes", "/etc/kubernetes/pki"
ADMIN_CONF, KUBELET_CONF = f"{KUBERNETES}/admin.conf", f"{KUBERNETES}/kubelet.conf"
ADMIN, PROBE = "admin", "probe"


def own_credentials(client: docker.APIClient, master: str) -> dict[str, bytes]:
    """Return file name -> content of a node's key material, signed by the cluster's authority.

    `master`: the container of any master. Raises LabError.
    """
    authority = Authority.loaded(
        file_of(client, master, f"{PKI}/ca.crt"), file_of(client, master, f"{PKI}/ca.key")
    )
    pairs = {name: authority.issue(*USERS[name]) for name in (ADMIN, PROBE)}
    return _common(client, master) | _files(pairs)


def lent_credentials(client: docker.APIClient, master: str) -> dict[str, bytes]:
    """Return the same of a cluster that is not ours: nothing is signed, its admin is every user."""
    user = yaml.safe_load(file_of(client, master, ADMIN_CONF))["users"][0]["user"]
    admin = Pair(
        base64.b64decode(user["client-certificate-data"]),
        base64.b64decode(user["client-key-data"]),
    )
    return _common(client, master) | _files({ADMIN: admin, PROBE: admin})


def _common(client: docker.APIClient, master: str) -> dict[str, bytes]:
    # what a server shows is checked with either authority: the apiservers', or etcd's
    authorities = [file_of(client, master, f"{PKI}/{name}") for name in ("ca.crt", "etcd/ca.crt")]
    user = {
        f"{ETCD_USER}.{kind}": file_of(client, master, f"{PKI}/etcd/healthcheck-client.{kind}")
        for kind in ("crt", "key")
    }
    return {"ca.crt": b"".join(authorities), **user}


def _files(pairs: Mapping[str, Pair]) -> dict[str, bytes]:
    certificates = {f"{name}.crt": pair.certificate for name, pair in pairs.items()}
    return certificates | {f"{name}.key": pair.key for name, pair in pairs.items()}


def write_credentials(directory: Path, nodes: Iterable[str], files: Mapping[str, bytes]) -> None:
    """Write the files for every node, for this user only. Raises OSError."""
    for node in nodes:
        folder = directory / "nodes" / node / "pki"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.touch(mode=0o600)
            path.write_bytes(content)
