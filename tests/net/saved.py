"""The saved runs of halab 0.1 (86b0290), and what that tree said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAMES = sorted(path.name for path in (HERE / "runs").iterdir())


def run_of(name: str) -> Path:
    """Return the run directory, of record 1."""
    return HERE / "runs" / name


def expected_of(name: str) -> dict[str, Any]:
    """Return kind, verdicts, figures and tables, exactly as they were computed."""
    found: dict[str, Any] = json.loads((HERE / "expected" / name / "expected.json").read_text())
    return found


def document_of(name: str) -> dict[str, Any]:
    """Return what `halab analyze --json` printed, and its exit code."""
    found: dict[str, Any] = json.loads((HERE / "expected" / name / "analyze.json").read_text())
    return found
