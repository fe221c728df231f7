"""Finds the binaries: in the cache, in PATH, by download, or by building them."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.binaries.build import remove_stale
from lab.binaries.versions import ALL_BINARIES, MODULES
from lab.directories import cache_home
from lab.environment import search_path, tools_environment
from lab.errors import BinaryError
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.binaries.versions import Module
    from lab.progress import Progress
    from lab.sentence import Sentence

VERSION_ARGUMENTS = {
    "etcdctl": ["version"],
    "etcdutl": ["version"],
    "kubectl": ["version", "--client"],
}


@dataclass(frozen=True)
class Binaries:
    """Name -> path of the binaries that were asked for."""

    paths: dict[str, Path]

    def path(self, name: str) -> Path:
        """Return the path of a binary. Raises BinaryError for a name that was not asked for."""
        try:
            return self.paths[name]
        except KeyError as error:
            raise BinaryError(_none_of([name], self.paths)) from error


def _none_of(names: Iterable[str], possible: Iterable[str]) -> Sentence:
    return sentence(
        "none-of",
        "{names} is none of {possible}",
        names=", ".join(names),
        possible=", ".join(possible),
    )


def in_path(name: str, version: str) -> Path | None:
    """Return the binary in PATH if it reports exactly this version."""
    program = shutil.which(name, path=search_path())
    if program is None:
        return None
    argv = [program, *VERSION_ARGUMENTS.get(name, ["--version"])]
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            env=tools_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.replace("v", " ").split()
    return Path(program) if version in words else None


def _missing(cached: dict[str, Path]) -> list[str]:
    return [name for name, path in cached.items() if not path.exists()]


def _find(module: Module, names: Sequence[str], home: Path, progress: Progress) -> dict[str, Path]:
    """Return where the named binaries of a module are; fetch or build those that are nowhere."""
    folder = home / "bin" / module.folder
    paths = {name: folder / name for name in names}
    # names of what is only ever built are those of other programs, too
    for name in _missing(paths) if module.mirror else ():
        if installed := in_path(name, module.version):
            paths[name] = installed
    if missing := _missing(paths):
        # requests, which downloads, takes a fifth of a second to import
        from lab.binaries.acquire import acquire  # noqa: PLC0415

        acquire(module, missing, folder, progress)
    return paths


def resolve(names: Iterable[str], *, progress: Progress, home: Path | None = None) -> Binaries:
    """Find binaries by name: in the cache, in PATH at the exact version, by download, or by build.

    Two commands at once download and build once. Raises BinaryError for a name that is not pinned,
    when a download is incomplete or has the wrong checksum, and when a build fails.
    """
    wanted = tuple(names)
    if unknown := [name for name in wanted if name not in ALL_BINARIES]:
        raise BinaryError(_none_of(unknown, ALL_BINARIES))
    home = home or cache_home()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Who builds holds the lock, so every scratch folder there is of a build that was killed.
        remove_stale(home / "bin", progress)
        paths: dict[str, Path] = {}
        for module in MODULES:
            of_module = [name for name in module.packages if name in wanted]
            paths |= _find(module, of_module, home, progress)
    return Binaries(paths)
