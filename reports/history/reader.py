"""Reads the run directory of a suite, a copied or interrupted one too."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reports.errors import ReportError
from reports.history.columns import read_columns
from reports.history.events import LONGEST_S, from_line
from reports.history.final_state import read_final_state
from reports.history.lines import read_lines
from reports.history.operations import read_operations
from reports.history.parquet import SCHEMA, frame_of_samples, read_samples
from reports.history.run_json import read_record
from reports.history.schema import COLUMNS, TIMES, SuiteRecord
from reports.history.trial import TrialHistory
from reports.locale.message import message, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from reports.history.events import Event
    from reports.history.final_state import FinalState
    from reports.history.schema import TrialRecord
    from reports.locale.message import Message


@dataclass(frozen=True)
class _End:
    """What the ends of a trial's streams must say: `of` which trial; `ended`: that there is one."""

    of: str
    ended: bool


def read_suite(
    directory: Path, columns: Sequence[str] = COLUMNS
) -> tuple[SuiteRecord, list[TrialHistory], list[Message]]:
    """Read a run, every planned trial of it, and what of it is missing. Raises ReportError.

    A trial with damage is read as far as it goes, and proves nothing. `columns`: those of
    the samples that are read.
    """
    record = read_record(directory, SuiteRecord)
    _require_no_links(directory, record)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = partial(_read_trial, directory, record, columns)
        histories = list(pool.map(read, record.trials))
    missing = [
        message("trial-damage", trial=history.record.index, damage=damage)
        for history in histories
        for damage in history.damage
    ]
    unplanned = _unplanned(directory, record)
    # nobody can say which experiment it belongs to, nor what it would show
    histories = [replace(history, damage=(*history.damage, *unplanned)) for history in histories]
    return record, histories, [*missing, *unplanned]


def _require_no_links(directory: Path, record: SuiteRecord) -> None:
    """Check that trials lie in the run directory itself. Raises ReportError."""
    folders = (trial_folder(directory, trial.index) for trial in record.trials)
    for folder in (directory / "trials", *folders):
        if folder.is_symlink():
            raise ReportError(message("link-in-run", path=str(folder)))


def _unplanned(directory: Path, record: SuiteRecord) -> list[Message]:
    planned = {trial_folder(directory, trial.index).name for trial in record.trials}
    folders = sorted(path.name for path in directory.glob("trials/*") if path.is_dir())
    return [message("trial-not-planned", folder=name) for name in folders if name not in planned]


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
    damage: list[Message] = []
    end = _End(record.name, ended=record.status == "complete")
    samples = _samples(folder, columns, damage, end)
    events = _events(folder / "events.jsonl", damage, end)
    operations, final_state = None, None
    if experiment.operations:
        operations, final_state = _operations(folder, damage, end)
    return TrialHistory(record, experiment, samples, events, operations, final_state, tuple(damage))


def _samples(
    folder: Path, columns: Sequence[str], damage: list[Message], end: _End
) -> pd.DataFrame:
    stored, lines = folder / "samples.parquet", folder / "samples.jsonl"
    # while lines are there, the Parquet file may be half of them
    if os.path.lexists(stored) and not os.path.lexists(lines):
        table, name = read_samples(stored, columns, damage, end.of), stored.name
    else:
        table = read_columns(lines, SCHEMA, damage, ended=end.ended, of=end.of)
        table = table.select(list(columns))
        name = lines.name
    frame = frame_of_samples(table)
    sound = np.ones(len(frame), dtype=bool)
    for column in TIMES:
        if column in frame:
            sound &= np.abs(frame[column].to_numpy(float)) < LONGEST_S
    if count := int((~sound).sum()):
        first = int(np.argmin(sound)) + 1
        damage.append(message("samples-left-out", file=name, count=count, first=first))
    return frame[sound] if count else frame


def _events(path: Path, damage: list[Message], end: _End) -> list[Event]:
    """Read the events of a trial, in the order of their times: threads write as they come.

    What is no event is left out, and added to `damage`.
    """
    events, wrong = [], []
    for line in read_lines(path, damage, ended=end.ended, of=end.of):
        try:
            events.append(from_line(line))
        except ValueError as error:
            wrong.append(verbatim(f"{json.dumps(line)[:80]}: {error}"))
    if wrong:
        first = wrong[0]
        damage.append(message("events-left-out", file=path.name, count=len(wrong), first=first))
    return sorted(events, key=lambda event: event.t_s)


def _operations(
    folder: Path, damage: list[Message], end: _End
) -> tuple[pd.DataFrame | None, FinalState | None]:
    """Read operations and the end of their store: all of them or none.

    What is not in a history any more would look like writes that nobody sent.
    """
    wrong: list[Message] = []
    operations = read_operations(folder / "ops.jsonl", wrong, ended=end.ended, of=end.of)
    final_state = read_final_state(folder / "final.json", wrong, end.of)
    damage += wrong
    if wrong:
        return None, None
    # as they ended; the order of the lines is that of several writers
    return operations.sort_values("complete_s", kind="stable", ignore_index=True), final_state
