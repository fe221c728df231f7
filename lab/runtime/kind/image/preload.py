"""Puts images where the containerd of a node will look for them, by a containerd of the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.runtime.kind.image import definition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lab.binaries.resolve import Binaries

# Without what needs more than a folder: it stores images, and runs nothing.
CONFIGURATION = """\
version = 3
root = "{store}"
state = "{scratch}/state"
disabled_plugins = [
  "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri",
  "io.containerd.nri.v1.nri",
]
[grpc]
address = "{scratch}/c.sock"
[ttrpc]
address = "{scratch}/t.sock"
"""


def prepare(archives: Iterable[Path], root: Path, scratch: Path, binaries: Binaries) -> list[str]:
    """Return the command that imports archives of images into the containerd of a root file system.

    `scratch`: an empty folder with a short path, in which this writes a file. Raises OSError.
    """
    configuration = CONFIGURATION.format(store=root / "var/lib/containerd", scratch=scratch)
    (scratch / "containerd.toml").write_text(configuration)
    programs = [str(binaries.path(name)) for name in ("containerd", "ctr")]
    script = str(definition.FILES / "preload.sh")
    return ["sh", script, *programs, str(scratch), *map(str, archives)]
