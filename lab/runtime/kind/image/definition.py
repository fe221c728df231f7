"""The definition of kind's node image where it is made here; its tag is a hash of it."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from lab.binaries import versions
from lab.runtime.docker import node_image

REPOSITORY = "halab-kind-node"
# What kind 0.33.0 uses by itself; by its digest, for a tag may move.
PUBLISHED = "kindest/node@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"
# The balancer that kind starts before several control planes, by this very name.
BALANCER = "envoyproxy/envoy:v1.36.2"
# Stream proxies on nodes; every node has it, and nothing else answers to its name.
NGINX_IMAGE = "halab/nginx:bookworm"
POD_NETWORK = "halab/podroutes:1"
DEFINITION, ORIGIN = "halab.kind-image", "halab.origin"
FILES = Path(__file__).parent / "files"
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "runc"),
    *("conntrack", "iptables", "nftables", "iproute2", "ethtool", "ebtables", "socat"),
    *("kmod", "e2fsprogs", "jq", "procps", "curl", "ca-certificates"),
)
# From Go: in the root file system, and in the images that nodes bring.
NODE_PROGRAMS = ("kubeadm", "kubelet", "kubectl")
CONTAINER_PROGRAMS = ("containerd", "ctr", "containerd-shim-runc-v2")
POD_PLUGINS = ("host-local", "loopback", "ptp", "portmap")
IMAGE_PROGRAMS = (
    *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"),
    *("etcd", "coredns", "pause", "podroutes"),
)
BINARIES = (*NODE_PROGRAMS, *CONTAINER_PROGRAMS, *POD_PLUGINS, *IMAGE_PROGRAMS)


@functools.cache
def definition() -> str:
    """Return the hash of everything that the image is made of."""
    made_by = [path for path in sorted(Path(__file__).parent.rglob("*")) if path.suffix != ".pyc"]
    parts = [
        *(f"{module.name} {module.version}" for module in versions.MODULES),
        *(node_image.definition(), *PACKAGES),
        *(path.read_text() for path in made_by if path.is_file()),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def tag() -> str:
    """Return the name of the node image that this version of halab makes."""
    return f"{REPOSITORY}:{definition()}"


def image_labels(origin: str) -> dict[str, str]:
    """Return the labels of an image; `origin`: registry, debootstrap or halab-node."""
    return {DEFINITION: definition(), ORIGIN: origin}
