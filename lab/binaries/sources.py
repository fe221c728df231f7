"""Takes files out of the sources of a pinned Go module."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.binaries.build import SCRATCH, SOURCES, build_environment, find_go, remove_tree
from lab.errors import BinaryError
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.progress import Progress


def fetch_sources(name: str, path: str, inner: str, target: Path, progress: Progress) -> Path:
    """Copy a folder of a Go module's sources to `target`, which is returned.

    `name`: of the folder with our go.mod and go.sum, against which the sources are checked; `path`:
    of the module. Raises BinaryError.
    """
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=target.parent))
    with afterwards(lambda: remove_tree(scratch)):
        go = find_go(scratch, progress)
        source = scratch / "source"
        shutil.copytree(SOURCES / name, source)
        done = subprocess.run(
            [go, "mod", "download", "-json", path],
            capture_output=True,
            text=True,
            check=False,
            cwd=source,
            env=build_environment(go, scratch),
        )
        if done.returncode != 0:
            raise BinaryError(
                sentence(
                    "sources-not-fetched",
                    "the sources of {module} cannot be fetched: {why}",
                    module=path,
                    why=f"{done.stdout}{done.stderr}",
                )
            )
        shutil.copytree(Path(json.loads(done.stdout)["Dir"]) / inner, target)
    return target
