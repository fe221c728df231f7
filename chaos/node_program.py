"""A program as a single file that any node can run, whatever stands in the folder around it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Neither the current folder, nor PYTHON* variables, nor what is installed besides Python.
ISOLATED = ("-I", "-S")
MAIN = "import runpy\nrunpy.run_module({module!r}, run_name='__main__')\n"
ROOT = Path(__file__).parents[len(__name__.split(".")) - 1]


def zipped(module: str, files: Iterable[Path]) -> bytes:
    """Return a zip of files of ours that runs a module of them, given by its whole name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", MAIN.format(module=module))
        package = Path(*module.split(".")[:-1])
        for folder in (package, *package.parents[:-1]):
            archive.writestr(f"{folder.as_posix()}/__init__.py", "")
        for path in sorted(files):
            if path.name != "__init__.py":
                archive.write(path, path.relative_to(ROOT).as_posix())
    return target.getvalue()


def node_argv(python: str, file: str, *arguments: str) -> list[str]:
    """Return the command that runs such a file on a node."""
    return [python, *ISOLATED, file, *arguments]
