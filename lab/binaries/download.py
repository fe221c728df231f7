"""Downloads the officially published binaries, and checks them against their checksums."""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import re
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.binaries.fetch import UnavailableError, fetch
from lab.errors import BinaryError
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.binaries.versions import Module
    from lab.progress import Progress

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
MODE = 0o755


@dataclass(frozen=True)
class Download:
    """The parameters of a download; `scratch` is kept after a failure, to resume from."""

    module: Module
    base: str
    architecture: str
    scratch: Path
    progress: Progress

    def checksum(self, url: str, filename: str) -> str:
        """Return the digest of a file by a checksum file. Raises BinaryError."""
        part = self.scratch / f"{filename}.checksum.part"
        part.unlink(missing_ok=True)
        fetch(url, part, self.progress)
        text = part.read_text(encoding="utf-8", errors="replace")
        part.unlink()
        for line in text.splitlines():
            match = re.fullmatch(r"([0-9a-fA-F]{64})(?:\s+\*?(\S+))?\s*", line)
            if match and PurePosixPath(match[2] or filename).name == filename:
                return match[1].lower()
        raise BinaryError(
            sentence(
                "no-digest",
                "{url} holds no SHA-256 digest of {file}; is the mirror right?",
                url=url,
                file=filename,
            )
        )

    def verified(self, url: str, wanted: str) -> Path:
        """Fetch a file and return where it is. Raises BinaryError if its digest is not this."""
        part = self.scratch / f"{PurePosixPath(url).name}.part"
        self.progress(f"downloading {url}")
        fetch(url, part, self.progress)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != wanted:
            part.unlink()
            raise BinaryError(
                sentence(
                    "another-digest",
                    "{url}: wanted SHA-256 {wanted}, and it has {digest}; the file was deleted",
                    url=url,
                    wanted=wanted,
                    digest=digest,
                )
            )
        return part


def mirror(module: Module) -> str:
    """Return the address of a module's downloads. Raises BinaryError if it is no http address."""
    variable = f"HALAB_{module.name.upper()}_MIRROR"
    address = os.environ.get(variable) or module.mirror
    if not address.startswith(("https://", "http://")):
        raise BinaryError(
            sentence(
                "mirror-no-address",
                "{variable} is {address}, and must start with https:// or http://",
                variable=variable,
                address=address,
            )
        )
    return address.rstrip("/")


def _place(file: Path, target: Path) -> None:
    file.chmod(MODE)
    file.replace(target)


def _single_files(download: Download, names: Sequence[str], folder: Path) -> None:
    for name in names:
        url = f"{download.base}/bin/linux/{download.architecture}/{name}"
        wanted = download.checksum(f"{url}.sha256", name)
        _place(download.verified(url, wanted), folder / name)


def _members(tar: tarfile.TarFile, names: dict[str, str]) -> dict[str, tarfile.TarInfo]:
    members: dict[str, tarfile.TarInfo] = {}
    for member in tar:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts:
            raise BinaryError(
                sentence("file-leaves-folder", "{file} would leave the folder", file=member.name)
            )
        if member.name in names:
            if not member.isreg():
                raise _not_regular(member)
            members[names[member.name]] = member
    if missing := [path for path, name in names.items() if name not in members]:
        raise BinaryError(sentence("files-missing", "it lacks {files}", files=", ".join(missing)))
    return members


def _not_regular(member: tarfile.TarInfo) -> BinaryError:
    return BinaryError(sentence("no-regular-file", "{file} is no regular file", file=member.name))


def _extract(archive: Path, names: dict[str, str], scratch: Path) -> None:
    with tarfile.open(archive, "r:gz") as tar:
        for name, member in _members(tar, names).items():
            # Only the bytes are taken, under our own name, owner and mode: no filter is needed
            # that Python 3.11.0 to 3.11.3 lack.
            source = tar.extractfile(member)
            if source is None:
                raise _not_regular(member)
            with source, (scratch / name).open("wb") as out:
                shutil.copyfileobj(source, out)


def _tarball(download: Download, _: Sequence[str], folder: Path) -> None:
    # All that it holds and is not there yet: each name would fetch the whole of it again.
    names = [name for name in download.module.packages if not (folder / name).exists()]
    version, architecture = download.module.version, download.architecture
    stem = f"{download.module.name}-v{version}-linux-{architecture}"
    url = f"{download.base}/{stem}.tar.gz"
    wanted = download.checksum(f"{download.base}/SHA256SUMS", f"{stem}.tar.gz")
    archive = download.verified(url, wanted)
    with afterwards(archive.unlink):
        try:
            _extract(archive, {f"{stem}/{name}": name for name in names}, download.scratch)
        except (BinaryError, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
            why = error.why if isinstance(error, BinaryError) else str(error)
            raise BinaryError(
                sentence("download-refused", "{url} is refused: {why}", url=url, why=why)
            ) from error
    for name in names:
        _place(download.scratch / name, folder / name)


def _release_files(download: Download, names: Sequence[str], folder: Path) -> None:
    for name in names:
        filename = f"{name}-linux-{download.architecture}"
        url = f"{download.base}/{filename}"
        wanted = download.checksum(f"{url}.sha256sum", filename)
        _place(download.verified(url, wanted), folder / name)


LAYOUTS = {"kubernetes": _single_files, "etcd": _tarball, "kind": _release_files}


def download(
    module: Module, names: Sequence[str], folder: Path, scratch: Path, progress: Progress
) -> None:
    """Download those of `names` that are published into `folder`, each of them atomically.

    Raises UnavailableError when the host cannot be reached or lacks a file, which leaves the build,
    and BinaryError when what it sent is incomplete or wrong, which a build must not hide.
    """
    published = [name for name in names if name not in module.unpublished and module.mirror]
    if not published:
        return
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise UnavailableError(
            sentence(
                "nothing-published",
                "nothing is published for {machine}",
                machine=platform.machine(),
            )
        )
    base = f"{mirror(module)}/v{module.version}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)
        LAYOUTS[module.name](
            Download(module, base, architecture, scratch, progress), published, folder
        )
    except OSError as error:
        raise BinaryError(
            sentence(
                "download-not-stored",
                "cannot store what {url} holds: {error}",
                url=base,
                error=str(error),
            )
        ) from error
