"""Finds the binaries: in the cache, in PATH, by download, or by building them."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.binaries.build import build, remove_stale
from lab.binaries.download import download
from lab.binaries.fetch import UnavailableError
from lab.binaries.versions import MODULES
from lab.directories import cache_home
from lab.errors import BinaryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.binaries.versions import Module

VERSION_ARGUMENTS = {
    "etcdctl": ["version"],
    "etcdutl": ["version"],
    "kubectl": ["version", "--client"],
}


@dataclass(frozen=True)
class Binaries:
    """Name -> path of every pinned binary."""

    paths: dict[str, Path]

    def path(self, name: str) -> Path:
        """Return one path. Raises BinaryError for a name that is not pinned."""
        try:
            return self.paths[name]
        except KeyError as error:
            raise BinaryError(f"{name} is none of {', '.join(self.paths)}") from error


def in_path(name: str, version: str) -> Path | None:
    """Return the binary in PATH if it says that it is exactly this version."""
    found = shutil.which(name)
    if found is None:
        return None
    argv = [found, *VERSION_ARGUMENTS.get(name, ["--version"])]
    try:
        said = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = said.stdout.replace("v", " ").split()
    return Path(found) if version in words else None


def _missing(cached: dict[str, Path]) -> list[str]:
    return [name for name, path in cached.items() if not path.exists()]


def _find(module: Module, home: Path, say: Callable[[str], None]) -> dict[str, Path]:
    folder = home / "bin" / module.folder
    cached = {name: folder / name for name in module.packages}
    missing = _missing(cached)
    if not missing:
        return cached
    installed = {name: in_path(name, module.version) for name in module.packages}
    if all(installed.values()):
        return {name: path for name, path in installed.items() if path is not None}
    scratch = home / "bin" / f"download-{module.folder}"
    try:
        download(module, missing, folder, scratch, say)
    except UnavailableError as error:
        say(f"cannot download {module.name}, so it is built: {error}")
    if rest := _missing(cached):
        build(module, rest, folder, say)
    shutil.rmtree(scratch, ignore_errors=True)
    return cached


def resolve(*, say: Callable[[str], None], home: Path | None = None) -> Binaries:
    """Find every binary: in the cache, in PATH at the exact version, by download, or by building.

    Two commands at once download and build once. Raises BinaryError when a download is incomplete
    or has the wrong checksum, and when a build fails.
    """
    home = home or cache_home()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Who builds holds the lock, so every scratch folder there is of a build that was killed.
        remove_stale(home / "bin", say)
        paths: dict[str, Path] = {}
        for module in MODULES:
            paths |= _find(module, home, say)
    return Binaries(paths)
