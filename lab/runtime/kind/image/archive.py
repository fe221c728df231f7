"""Images as archives that `docker load` and `ctr images import` take, made without an engine."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
# One moment for all, so that the same contents are the same image.
CREATED = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Layer:
    """The files of an image: a tar archive, and the SHA-256 of it."""

    archive: Path
    digest: str


@dataclass(frozen=True)
class Image:
    """What an archive holds of an image: its names, its layers, and how it is started.

    `settings`: of the OCI image configuration, Entrypoint and Env for example.
    """

    names: tuple[str, ...]
    layers: tuple[Layer, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def configuration(self) -> bytes:
        """Return the configuration of the image, as JSON."""
        return json.dumps(
            {
                "architecture": ARCHITECTURES[platform.machine()],
                "os": "linux",
                "created": CREATED,
                "config": self.settings,
                "rootfs": {
                    "type": "layers",
                    "diff_ids": [f"sha256:{layer.digest}" for layer in self.layers],
                },
                "history": [{"created": CREATED, "created_by": "halab"} for _ in self.layers],
            },
            sort_keys=True,
        ).encode()


def layer(archive: Path) -> Layer:
    """Return a tar archive as a layer. Raises OSError."""
    with archive.open("rb") as stream:
        return Layer(archive, hashlib.file_digest(stream, "sha256").hexdigest())


def write(images: Sequence[Image], target: Path) -> None:
    """Write images into an archive, each layer once. Raises OSError."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        written = set[str]()
        manifest = []
        for image in images:
            for each in image.layers:
                if each.digest not in written:
                    written.add(each.digest)
                    tar.add(each.archive, _place(each), filter=_plain)
            configuration = image.configuration()
            name = f"{hashlib.sha256(configuration).hexdigest()}.json"
            if name not in written:
                written.add(name)
                _add(tar, name, configuration)
            places = [_place(each) for each in image.layers]
            manifest.append({"Config": name, "RepoTags": list(image.names), "Layers": places})
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def _place(each: Layer) -> str:
    return f"{each.digest}/layer.tar"


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = _plain(tarfile.TarInfo(name))
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member
