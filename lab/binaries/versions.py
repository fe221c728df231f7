"""The pinned binaries: versions, addresses of downloads, packages of builds."""

from __future__ import annotations

from dataclasses import dataclass

KUBERNETES_VERSION = "1.37.2"
ETCD_VERSION = "3.7.3"
MINIMUM_GO = (1, 26)


@dataclass(frozen=True)
class Module:
    """A pinned Go module (go.mod and go.sum beside this file) and the binaries that it builds.

    `packages`: binary -> its Go package; `unpublished`: binaries that can only be built.
    """

    name: str
    version: str
    packages: dict[str, str]
    mirror: str
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
            for name in (
                "kube-apiserver",
                "kube-controller-manager",
                "kube-scheduler",
                "kubemark",
                "kubectl",
            )
        },
        "https://dl.k8s.io/release",
        _version_flags(),
        frozenset({"kubemark"}),
    ),
)
# The names of all of them.
BINARIES = tuple(name for module in MODULES for name in module.packages)
