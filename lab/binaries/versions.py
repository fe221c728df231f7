"""The pinned binaries: versions, addresses of downloads, packages of builds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

KUBERNETES_VERSION = "1.37.2"
ETCD_VERSION = "3.7.3"
KIND_VERSION = "0.33.0"
CONTAINERD_VERSION = "2.3.4"
COREDNS_VERSION = "1.14.6"
CNI_PLUGINS_VERSION = "1.9.1"
MINIMUM_GO = (1, 26, 3)


@dataclass(frozen=True)
class Module:
    """A pinned Go module (go.mod and go.sum beside this file) and the binaries that it builds.

    `packages`: binary -> its Go package; `mirror`: where its binaries are published, "" for those
    that are only ever built; `unpublished`: binaries that can only be built.
    """

    name: str
    version: str
    packages: dict[str, str]
    mirror: str = ""
    ldflags: str = "-s -w"
    unpublished: frozenset[str] = frozenset()

    @property
    def folder(self) -> str:
        """The folder of its binaries in the cache."""
        return f"{self.name}-{self.version}"


def _version_flags() -> str:
    flags = ["-s", "-w"]
    major, minor, _ = KUBERNETES_VERSION.split(".")
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        flags += [
            f"-X {package}.gitVersion=v{KUBERNETES_VERSION}",
            f"-X {package}.gitMajor={major}",
            f"-X {package}.gitMinor={minor}",
            f"-X {package}.gitTreeState=clean",
        ]
    return " ".join(flags)


_CNI = "github.com/containernetworking/plugins/plugins"
_CONTAINERD = "github.com/containerd/containerd/v2"
# What the nodes of planned labs run.
_CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
_PLANNED = (*_CONTROL_PLANE, "kubemark", "kubectl")


def _own_version() -> str:
    """Return a version of our own sources: they are built anew when they change."""
    sources = sorted((Path(__file__).parent / "go" / "node").rglob("*.go"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


MODULES = (
    Module(
        "etcd",
        ETCD_VERSION,
        {
            "etcd": "go.etcd.io/etcd/server/v3",
            "etcdctl": "go.etcd.io/etcd/etcdctl/v3",
            "etcdutl": "go.etcd.io/etcd/etcdutl/v3",
        },
        "https://github.com/etcd-io/etcd/releases/download",
    ),
    Module(
        "kubernetes",
        KUBERNETES_VERSION,
        {
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in (*_PLANNED, "kubelet", "kubeadm", "kube-proxy")
        },
        "https://dl.k8s.io/release",
        _version_flags(),
        frozenset({"kubemark"}),
    ),
    Module(
        "kind",
        KIND_VERSION,
        {"kind": "sigs.k8s.io/kind"},
        "https://github.com/kubernetes-sigs/kind/releases/download",
    ),
    Module(
        "containerd",
        CONTAINERD_VERSION,
        {
            name: f"{_CONTAINERD}/cmd/{name}"
            for name in ("containerd", "ctr", "containerd-shim-runc-v2")
        },
        ldflags=f"-s -w -X {_CONTAINERD}/version.Version={CONTAINERD_VERSION}",
    ),
    Module("coredns", COREDNS_VERSION, {"coredns": "github.com/coredns/coredns"}),
    Module(
        "cni",
        CNI_PLUGINS_VERSION,
        {
            "host-local": f"{_CNI}/ipam/host-local",
            "loopback": f"{_CNI}/main/loopback",
            "ptp": f"{_CNI}/main/ptp",
            "portmap": f"{_CNI}/meta/portmap",
        },
    ),
    Module("node", _own_version(), {"pause": "./pause", "podroutes": "./podroutes"}),
)
# The names of those that planned labs need; clusters that kind makes need the rest besides.
BINARIES = (*MODULES[0].packages, *_PLANNED)
ALL_BINARIES = tuple(name for module in MODULES for name in module.packages)
