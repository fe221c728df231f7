"""Reads a run directory, a copied or interrupted one too."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import ValidationError

from reports.errors import ReportError
from reports.history.final import FinalState, read_final
from reports.history.lines import SUITE_EVENTS, read_events, read_lines
from reports.history.object import read_object
from reports.history.operations import read_operations
from reports.history.salvage import read_parquet, sound_samples
from reports.history.schema import COLUMNS, OBSERVED, RunRecord, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class TrialHistory:
    """All that was observed in one trial: one row a probe, one mapping an event.

    `operations` (reports.history.operations) and the `final` state of their store: None where
    the experiment asks for none, or they were not written.
    `damage`: what could not be read of it, and made its record unknown.
    """

    record: TrialRecord
    samples: pd.DataFrame
    events: list[dict[str, Any]]
    operations: pd.DataFrame | None = None
    final: FinalState | None = None
    damage: tuple[str, ...] = ()

    def time_of(self, kind: str) -> float | None:
        """Return the time of the first event of a kind, in seconds, or None."""
        return next((float(one["t_s"]) for one in self.events if one["kind"] == kind), None)

    @property
    def begin_s(self) -> float | None:
        """Since when it counts: the injection, or the beginning where nothing is injected."""
        return self.time_of("observe_begin" if self.observed else "inject_begin")

    @property
    def baseline_s(self) -> float:
        """Since when the lab was seen to be steady; a baseline that was bad is begun again."""
        again = [float(one["t_s"]) for one in self.events if one["kind"] == "baseline_again"]
        return again[-1] if again else self.time_of("baseline_begin") or 0.0

    @property
    def observed(self) -> bool:
        """Whether nothing was meant to be injected."""
        return self.record.fault == OBSERVED


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


def trial_folder(directory: Path, index: int) -> Path:
    """Return where a trial is."""
    return directory / "trials" / f"{index:04d}"


def unproven(reason: str | None, damage: list[str]) -> str | None:
    """Return why a trial proves nothing: its own reason, or what of it cannot be read."""
    return reason or "; ".join(damage) or None


def strangers(directory: Path, known: Iterable[int]) -> list[str]:
    """Name the trials that lie in a run directory and of which run.json knows nothing."""
    names = {trial_folder(directory, index).name for index in known}
    found = sorted(one.name for one in directory.glob("trials/*") if one.is_dir())
    return [f"trials/{name} is not in run.json" for name in found if name not in names]


def _samples(trial: Path, damage: list[str], columns: Sequence[str]) -> pd.DataFrame:
    whole, lines = trial / "samples.parquet", trial / "samples.jsonl"
    # while lines are there, the Parquet file may be half of them
    if lines.exists():
        rows = [one for one in read_lines(lines, damage) if set(COLUMNS) <= one.keys()]
        frame, name = pd.DataFrame(rows, columns=list(COLUMNS)), lines.name
    elif whole.exists():
        frame, name = read_parquet(whole, damage, columns), whole.name
    else:
        damage.append("no samples are there")
        return pd.DataFrame(columns=list(columns))
    return sound_samples(frame, name, damage)


def _operations(
    record: TrialRecord, trial: Path, damage: list[str]
) -> tuple[pd.DataFrame | None, FinalState | None]:
    if record.operations_hz is None:
        return None, None
    try:
        return read_operations(trial / "ops.jsonl"), read_final(trial / "final.json")
    except ReportError as error:
        damage.append(str(error))
        return None, None


def _read_trial(directory: Path, record: TrialRecord, columns: Sequence[str]) -> TrialHistory:
    folder = trial_folder(directory, record.index)
    damage: list[str] = []
    samples = _samples(folder, damage, columns)
    events = read_events(folder / "events.jsonl", SUITE_EVENTS, damage)
    operations, final = _operations(record, folder, damage)
    reason = unproven(record.unknown_reason, damage)
    record = record.model_copy(update={"unknown_reason": reason})
    return TrialHistory(record, samples, events, operations, final, tuple(damage))


def read_trials(
    directory: Path, run: RunRecord, columns: Sequence[str] = COLUMNS
) -> list[TrialHistory]:
    """Read every trial of a run. One with damage is read as far as it goes, and proves nothing.

    `columns`: of the samples, those that are wanted.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda record: _read_trial(directory, record, columns), run.trials))
