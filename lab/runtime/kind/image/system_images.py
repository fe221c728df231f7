"""The images that a node brings: those of the control plane, and those of its network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.binaries.versions import KUBERNETES_VERSION
from lab.runtime.kind.image import definition, file_layers
from lab.runtime.kind.image.archive import Image
from lab.runtime.kind.image.output import output_of

if TYPE_CHECKING:
    from pathlib import Path

    from lab.binaries.resolve import Binaries
    from lab.runtime.kind.image.archive import Layer

# What containerd starts every pod with, by the name in its configuration.
PAUSE = "registry.k8s.io/pause:3.10"
ENVIRONMENT = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
XTABLES = "/usr/sbin/xtables-nft-multi"
XTABLES_NAMES = tuple(
    f"{family}{suffix}"
    for family in ("iptables", "ip6tables")
    for suffix in ("", "-save", "-restore")
)


def wanted_by_kubeadm(kubeadm: Path) -> dict[str, str]:
    """Return the images that kubeadm asks for: program -> name. Raises RuntimeUnavailableError."""
    version = f"--kubernetes-version=v{KUBERNETES_VERSION}"
    names = output_of(str(kubeadm), "config", "images", "list", version).split()
    return {name.rpartition(":")[0].rpartition("/")[2]: name for name in names}


def make(root: Path, binaries: Binaries, folder: Path) -> list[Image]:
    """Make the images of a node in a folder, from programs and from its root file system.

    etcd has the name that kubeadm asks for, and is the pinned one. Raises RuntimeUnavailableError
    and OSError.
    """
    packets = _packets(root, folder)
    images = []
    wanted = wanted_by_kubeadm(binaries.path("kubeadm"))
    for program, name in wanted.items():
        names = (name, PAUSE) if program == "pause" else (name,)
        below = (packets,) if program == "kube-proxy" else ()
        images.append(_of_program(program, names, binaries, folder, below))
    networks = _of_program("podroutes", (definition.POD_NETWORK,), binaries, folder, (packets,))
    return [*images, networks]


def _of_program(
    program: str, names: tuple[str, ...], binaries: Binaries, folder: Path, below: tuple[Layer, ...]
) -> Image:
    path = f"/usr/local/bin/{program}"
    files = file_layers.Files(programs={path: binaries.path(program)})
    layer = file_layers.make(files, folder / f"{program}.tar")
    settings = {"Entrypoint": [path], "Env": ENVIRONMENT}
    return Image(names, (*below, layer), settings)


def _packets(root: Path, folder: Path) -> Layer:
    """Return the layer of the programs that set rules and routes, with all of their modules."""
    modules = sorted(root.glob("usr/lib/*/xtables/*.so"))
    paths = [f"/{path.relative_to(root)}" for path in modules]
    programs = (XTABLES, "/usr/sbin/nft", "/usr/sbin/ip", *paths)
    files = file_layers.Files(
        programs=file_layers.with_libraries(root, programs),
        links={f"/usr/sbin/{name}": "xtables-nft-multi" for name in XTABLES_NAMES},
        folders=("/run", "/tmp"),
    )
    return file_layers.make(files, folder / "packets.tar")
