"""The prober as a single file that any node can run: a zip of its package."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from chaos.probes import prober

FILE = "prober.pyz"
_PACKAGE = "chaos/probes/prober"


def zipped() -> bytes:
    """Return the program's bytes; it is run as `python prober.pyz CONFIG`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in ("chaos", "chaos/probes"):
            archive.writestr(f"{folder}/__init__.py", "")
        for path in sorted(Path(prober.__file__).parent.glob("*.py")):
            archive.writestr(f"{_PACKAGE}/{path.name}", path.read_bytes())
        archive.writestr("__main__.py", f"import {_PACKAGE.replace('/', '.')}.__main__\n")
    return target.getvalue()
