"""Reads a run directory, a copied or interrupted one too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from reports.errors import ReportError
from reports.history.schema import COLUMNS, OBSERVED, SCHEMA_VERSION, RunRecord, TrialRecord

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class TrialHistory:
    """All that was observed in one trial: one row a probe, one mapping an event."""

    record: TrialRecord
    samples: pd.DataFrame
    events: list[dict[str, Any]]

    def time_of(self, kind: str) -> float | None:
        """Return the time of the first event of a kind, in seconds, or None."""
        return next((float(one["t_s"]) for one in self.events if one["kind"] == kind), None)

    @property
    def begin_s(self) -> float | None:
        """Since when it counts: the injection, or the beginning where nothing is injected."""
        return self.time_of("observe_begin" if self.observed else "inject_begin")

    @property
    def observed(self) -> bool:
        """Whether nothing was meant to be injected."""
        return self.record.fault == OBSERVED


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Decode JSON lines; a last line that was cut off by a crash is left out."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    decoded = []
    for number, line in enumerate(lines, 1):
        try:
            decoded.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise ReportError(f"{path}:{number} is broken: {error}") from error
    return decoded


def read_object(path: Path) -> dict[str, Any]:
    """Read a run.json of this schema's version. Raises ReportError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path} is no run of halab: {error}") from error
    if not isinstance(data, dict):
        raise ReportError(f"{path} is no run of halab: it holds no JSON object")
    version = data.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ReportError(f"{path}: schema {version}, this halab reads {SCHEMA_VERSION}")
    return data


def read_run(directory: Path) -> RunRecord:
    """Read run.json. Raises ReportError when it is missing, broken or of another schema."""
    path = directory / "run.json"
    try:
        return RunRecord.model_validate(read_object(path))
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]
        )
        raise ReportError(f"{path} is no run of halab: {places}") from error


def _samples(trial: Path) -> pd.DataFrame:
    whole, lines = trial / "samples.parquet", trial / "samples.jsonl"
    # while lines are there, the Parquet file may be half of them
    if lines.exists() or not whole.exists():
        frame = pd.DataFrame(read_lines(lines), columns=list(COLUMNS))
    else:
        try:
            frame = pd.read_parquet(whole)
        except (OSError, ValueError) as error:
            raise ReportError(f"{whole} is broken: {error}") from error
    if missing := sorted(set(COLUMNS) - set(frame.columns)):
        raise ReportError(f"{whole} lacks the columns {', '.join(missing)}")
    return frame


def _events(trial: Path) -> list[dict[str, Any]]:
    path = trial / "events.jsonl"
    events = read_lines(path)
    for number, event in enumerate(events, 1):
        if not isinstance(event, dict) or not {"t_s", "kind"} <= event.keys():
            raise ReportError(f"{path}:{number} is no event: it needs t_s and kind")
    return events


def read_trials(directory: Path, run: RunRecord) -> list[TrialHistory]:
    """Read every trial of a run; one that wrote nothing is empty. Raises ReportError."""
    folders = [directory / "trials" / f"{record.index:04d}" for record in run.trials]
    return [
        TrialHistory(record, _samples(folder), _events(folder))
        for record, folder in zip(run.trials, folders, strict=True)
    ]
