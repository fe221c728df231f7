"""Gets binaries that this machine does not have: by download, or by building them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lab.binaries.build import build_binaries
from lab.binaries.download import download
from lab.binaries.fetch import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lab.binaries.versions import Module
    from lab.progress import Progress


def acquire(module: Module, names: Sequence[str], folder: Path, progress: Progress) -> None:
    """Put the named binaries of a module into `folder`, each atomically. Raises BinaryError."""
    scratch = folder.parent / f"download-{module.folder}"
    try:
        download(module, names, folder, scratch, progress)
    except UnavailableError as error:
        progress(f"cannot download {module.name}, so it is built: {error}")
    if missing := [name for name in names if not (folder / name).exists()]:
        build_binaries(module, missing, folder, progress)
    shutil.rmtree(scratch, ignore_errors=True)
