"""Reads the run directory of a suite, a copied or interrupted one too."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reports.history.columns import read_columns
from reports.history.events import LONGEST_S, from_line
from reports.history.final_state import read_final
from reports.history.lines import left_out, read_lines
from reports.history.operations import read_operations
from reports.history.parquet import SCHEMA, frame_of_samples, read_samples
from reports.history.run_json import read_record
from reports.history.schema import COLUMNS, TIMES, SuiteRecord
from reports.history.trial import TrialHistory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from reports.history.events import Event
    from reports.history.final_state import FinalState
    from reports.history.schema import TrialRecord


def read_suite(
    directory: Path, columns: Sequence[str] = COLUMNS
) -> tuple[SuiteRecord, list[TrialHistory], list[str]]:
    """Read a run, every planned trial of it, and what of it is missing. Raises ReportError.

    A trial with damage is read as far as it goes, and proves nothing. `columns`: of the samples,
    those that are wanted.
    """
    record = read_record(directory, SuiteRecord)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = partial(_read_trial, directory, record, columns)
        histories = list(pool.map(read, record.trials))
    missing = [f"trial {one.record.index}: {text}" for one in histories for text in one.damage]
    known = {trial_folder(directory, trial.index).name for trial in record.trials}
    there = sorted(path.name for path in directory.glob("trials/*") if path.is_dir())
    missing += [f"trials/{name} is not in run.json" for name in there if name not in known]
    return record, histories, missing


def trial_folder(directory: Path, index: int) -> Path:
    """Return where a trial is."""
    return directory / "trials" / f"{index:04d}"


def _read_trial(
    directory: Path, suite: SuiteRecord, columns: Sequence[str], record: TrialRecord
) -> TrialHistory:
    folder, experiment = trial_folder(directory, record.index), suite.experiment(record.experiment)
    none = frame_of_samples(SCHEMA.empty_table().select(list(columns)))
    if record.status == "planned" and not folder.exists():
        return TrialHistory(record, experiment, none, [])
    damage: list[str] = []
    ended = record.status == "complete"
    samples = _samples(folder, columns, damage, ended=ended)
    events = _events(folder / "events.jsonl", damage, ended=ended)
    operations, final = None, None
    if experiment.operations:
        operations, final = _operations(folder, damage, ended=ended)
    return TrialHistory(record, experiment, samples, events, operations, final, tuple(damage))


def _samples(
    folder: Path, columns: Sequence[str], damage: list[str], *, ended: bool
) -> pd.DataFrame:
    stored, lines = folder / "samples.parquet", folder / "samples.jsonl"
    # while lines are there, the Parquet file may be half of them
    if stored.exists() and not lines.exists():
        table, name = read_samples(stored, columns, damage), stored.name
    else:
        table = read_columns(lines, SCHEMA, damage, ended=ended).select(list(columns))
        name = lines.name
    frame = frame_of_samples(table)
    sound = np.ones(len(frame), dtype=bool)
    for column in TIMES:
        if column in frame:
            sound &= np.abs(frame[column].to_numpy(float)) < LONGEST_S
    if count := int((~sound).sum()):
        damage.append(left_out(name, "samples", count, f"number {int(np.argmin(sound)) + 1}"))
    return frame[sound] if count else frame


def _events(path: Path, damage: list[str], *, ended: bool) -> list[Event]:
    """Read the events of a trial. What is no event is left out, and said in `damage`."""
    events, wrong = [], []
    for line in read_lines(path, damage, ended=ended):
        try:
            events.append(from_line(line))
        except ValueError as error:
            wrong.append(f"{json.dumps(line)[:80]}: {error}")
    if wrong:
        damage.append(left_out(path.name, "events", len(wrong), wrong[0]))
    return events


def _operations(
    folder: Path, damage: list[str], *, ended: bool
) -> tuple[pd.DataFrame | None, FinalState | None]:
    """Read operations and the end of their store: all of them or none.

    What is not in a history any more would look like writes that nobody sent.
    """
    wrong: list[str] = []
    operations = read_operations(folder / "ops.jsonl", wrong, ended=ended)
    final = read_final(folder / "final.json", wrong)
    damage += wrong
    return (None, None) if wrong else (operations, final)
