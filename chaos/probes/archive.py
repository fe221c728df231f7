"""The prober as a single file that any node can run."""

from __future__ import annotations

from pathlib import Path

from chaos.node_program import zipped
from chaos.probes import prober

FILE = "prober.pyz"


def packed_prober() -> bytes:
    """Return the program's bytes; its argument is its configuration."""
    return zipped(f"{prober.__name__}.__main__", Path(prober.__file__).parent.glob("*.py"))
