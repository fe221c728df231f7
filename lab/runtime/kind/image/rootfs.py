"""The root file system of a node: Debian's, kind's own files, and the programs of Kubernetes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from lab.binaries.versions import KUBERNETES_VERSION
from lab.runtime.kind.image import definition
from lab.runtime.kind.image.output import output_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lab.binaries.resolve import Binaries

SERVICES = ("kubelet.service", "containerd.service", "undo-mount-hacks.service")
# What a machine needs and a container does not: as kind's own images/base/Dockerfile has it.
UNWANTED = (
    "lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service",
    "lib/systemd/system/multi-user.target.wants/*",
    "etc/systemd/system/*.wants/*",
    "lib/systemd/system/local-fs.target.wants/*",
    "lib/systemd/system/sockets.target.wants/*udev*",
    "lib/systemd/system/sockets.target.wants/*initctl*",
    "lib/systemd/system/basic.target.wants/*",
)
CACHES = ("var/cache/apt", "var/lib/apt/lists")
DOCUMENTATION = ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale")
PRODUCT_HOOK = {"path": "/kind/bin/mount-product-files.sh"}


def furnish(root: Path, kind_files: Path, binaries: Binaries) -> None:
    """Make a node of a fresh root file system of Debian.

    `kind_files`: images/base/files of kind's sources. Raises RuntimeUnavailableError and OSError.
    """
    _remove_unwanted(root)
    _place_files(root, kind_files)
    _place_programs(root, binaries)
    _enable(root, SERVICES)
    with (root / "etc/systemd/journald.conf").open("a") as journal:
        journal.write("ReadKMsg=no\n")
    specification = json.dumps(_specification(binaries.path("ctr")))
    (root / "etc/containerd/cri-base.json").write_text(specification)
    (root / "kind/version").write_text(f"v{KUBERNETES_VERSION}")


def _remove_unwanted(root: Path) -> None:
    for pattern in UNWANTED:
        for path in root.glob(pattern):
            path.unlink()
    for folder in CACHES + DOCUMENTATION:
        shutil.rmtree(root / folder, ignore_errors=True)
        (root / folder).mkdir()


def _place_files(root: Path, kind_files: Path) -> None:
    for source in sorted(path for path in kind_files.rglob("*") if path.is_file()):
        target = root / source.relative_to(kind_files)
        executable = target.parent.name == "bin"
        _copy(source, target, 0o755 if executable else 0o644)
    own = definition.FILES
    for name in ("default-cni.yaml", "default-storage.yaml"):
        _copy(own / name, root / "kind/manifests" / name, 0o644)
    _copy(own / "restrict-oom-score-adj.sh", root / "kind/bin/restrict-oom-score-adj.sh", 0o755)
    drop_ins = root / "etc/systemd/system/containerd.service.d"
    _copy(own / "containerd-halab.conf", drop_ins / "10-halab.conf", 0o644)
    (root / "etc/kubernetes/manifests").mkdir(parents=True)


def _place_programs(root: Path, binaries: Binaries) -> None:
    places = {
        "usr/bin": definition.NODE_PROGRAMS,
        "usr/local/bin": definition.CONTAINER_PROGRAMS,
        "opt/cni/bin": definition.POD_PLUGINS,
    }
    for folder, names in places.items():
        for name in names:
            _copy(binaries.path(name), root / folder / name, 0o755)


def _copy(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def _enable(root: Path, services: Iterable[str]) -> None:
    wanted = root / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    for service in services:
        (wanted / service).symlink_to(f"/etc/systemd/system/{service}")
    # it would register what it has for the whole machine
    (root / "etc/systemd/system/systemd-binfmt.service").symlink_to("/dev/null")


def _specification(ctr: Path) -> dict[str, Any]:
    """Return how containers in a node are started, with what kind adds."""
    specification: dict[str, Any] = json.loads(output_of(str(ctr), "oci", "spec"))
    specification.setdefault("hooks", {}).setdefault("createContainer", []).append(PRODUCT_HOOK)
    specification["process"].pop("rlimits", None)
    return specification
