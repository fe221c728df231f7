"""Reads a run directory, a copied or interrupted one too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from reports.errors import ReportError
from reports.history.schema import COLUMNS, SCHEMA_VERSION, RunRecord

if TYPE_CHECKING:
    from pathlib import Path


def _lines(path: Path) -> list[dict[str, Any]]:
    """Decode JSON lines; a last line that was cut off by a crash is left out."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    decoded = []
    for number, line in enumerate(lines, 1):
        try:
            decoded.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise ReportError(f"{path}:{number} is broken: {error}") from error
    return decoded


def read_run(directory: Path) -> RunRecord:
    """Read run.json. Raises ReportError when it is missing, broken or of another schema."""
    path = directory / "run.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        version = data.get("schema_version")
        if version != SCHEMA_VERSION:
            raise ReportError(f"{path}: schema {version}, this halab reads {SCHEMA_VERSION}")
        return RunRecord.model_validate(data)
    except (OSError, ValueError, AttributeError, ValidationError) as error:
        raise ReportError(f"{path} is no run of halab: {error}") from error


def read_samples(directory: Path, index: int) -> pd.DataFrame:
    """Return the samples of a trial, one row a probe; empty when none were written."""
    trial = directory / "trials" / f"{index:04d}"
    if (trial / "samples.parquet").exists():
        return pd.read_parquet(trial / "samples.parquet")
    return pd.DataFrame(_lines(trial / "samples.jsonl"), columns=list(COLUMNS))


def read_events(directory: Path, index: int) -> list[dict[str, Any]]:
    """Return the events of a trial in the order in which they were written."""
    return _lines(directory / "trials" / f"{index:04d}" / "events.jsonl")
