"""Layers that hold a few files: programs by themselves, or with the libraries that they need."""

from __future__ import annotations

import io
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import RuntimeUnavailableError
from lab.runtime.kind.image import archive
from lab.runtime.kind.image.output import output_of
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

# Where a distribution has its programs and libraries today.
MERGED = ("bin", "sbin", "lib", "lib64")
LIBRARY = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x", re.MULTILINE)


@dataclass(frozen=True)
class Files:
    """What a layer holds. Paths in it are absolute.

    `programs`: path -> a file of this machine, executable; `links`: path -> what it points to;
    `texts`: path -> content; `folders`: empty ones, that anybody may write in.
    """

    programs: dict[str, Path] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()


def with_libraries(root: Path, programs: tuple[str, ...]) -> dict[str, Path]:
    """Return programs and modules of a root file system and every library that they load.

    Path -> the file of this machine. Raises RuntimeUnavailableError.
    """
    found = {program: inside(root, program) for program in programs}
    listed = output_of("chroot", str(root), "ldd", *programs)
    if "not found" in listed:
        raise RuntimeUnavailableError(
            sentence(
                "kind-libraries-missing",
                "{root} lacks libraries of its own programs:\n{lines}",
                root=str(root),
                lines=listed,
            )
        )
    return found | {library: inside(root, library) for library in LIBRARY.findall(listed)}


def inside(root: Path, path: str) -> Path:
    """Return the file that a path of a root file system leads to, links followed within it."""
    at = root
    for part in Path(path).parts[1:]:
        at = at / part
        while at.is_symlink():
            target = at.readlink()
            at = inside(root, str(target)) if target.is_absolute() else at.parent / target
    return at


def make(files: Files, target: Path) -> archive.Layer:
    """Write a layer. Raises OSError."""
    programs = {_merged(path): source for path, source in files.programs.items()}
    links = {f"/{name}": f"usr/{name}" for name in MERGED} | files.links
    placed = [*programs, *links, *files.texts]
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for folder in sorted({*_above(placed), *_above(files.folders), *files.folders}):
            tar.addfile(
                _member(folder, tarfile.DIRTYPE, 0o1777 if folder in files.folders else 0o755)
            )
        for path, goal in links.items():
            link = _member(path, tarfile.SYMTYPE, 0o777)
            link.linkname = goal
            tar.addfile(link)
        for path, source in programs.items():
            program = _member(path, tarfile.REGTYPE, 0o755)
            program.size = source.stat().st_size
            with source.open("rb") as stream:
                tar.addfile(program, stream)
        for path, text in files.texts.items():
            content = text.encode()
            member = _member(path, tarfile.REGTYPE, 0o644)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.layer(target)


def _merged(path: str) -> str:
    return f"/usr{path}" if path.split("/")[1] in MERGED else path


def _above(paths: Iterable[str]) -> set[str]:
    return {str(folder) for path in paths for folder in Path(path).parents} - {"/"}


def _member(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path.lstrip("/"))
    member.type, member.mode = kind, mode
    return member
