"""Writes a run directory while the run goes on; nothing observed waits in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from reports.history.columns import read_columns
from reports.history.events import to_line
from reports.history.files import write_within
from reports.history.final_state import final_state_text
from reports.history.lines import LineWriter
from reports.history.parquet import SCHEMA, write_samples
from reports.history.reader import trial_folder
from reports.history.run_json import Record, write_record

if TYPE_CHECKING:
    from pathlib import Path

    from reports.history.events import Event
    from reports.history.final_state import FinalState
    from reports.history.operations import Operation
    from reports.history.samples import Sample
    from reports.history.schema import SuiteRecord
    from reports.locale.message import Message


class TrialWriter:
    """Appends what is observed in one trial; thread-safe. Times are seconds since its start."""

    def __init__(self, directory: Path, name: str, *, operations: bool) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._name = name
        self._events = LineWriter(directory / "events.jsonl", name)
        self._samples = LineWriter(directory / "samples.jsonl", name)
        self._operations = LineWriter(directory / "ops.jsonl", name) if operations else None

    def event(self, event: Event) -> None:
        """Write one event."""
        self._events.write(to_line(event))

    def sample(self, sample: Sample) -> None:
        """Write one sample."""
        self._samples.write(sample.line())

    def operation(self, operation: Operation) -> None:
        """Write one operation; the experiment must be planned with operations."""
        assert self._operations is not None, "no operations are planned"
        self._operations.write(operation.line())

    def final_state(self, state: FinalState) -> None:
        """Write the state in which the store of the operations ended."""
        text = final_state_text(state, self._name)
        write_within(self._directory, "final.json", text.encode())

    def close(self) -> None:
        """End every stream; the lines of samples go once they are there as Parquet."""
        self._events.close()
        self._samples.close()
        if self._operations is not None:
            self._operations.close()
        lines = self._directory / "samples.jsonl"
        damage: list[Message] = []
        table = read_columns(lines, SCHEMA, damage, of=self._name)
        if not damage:  # else they stay as they are, and the reader reports it
            write_samples(table, self._directory / "samples.parquet", self._name)
            lines.unlink()


class RunWriter(Generic[Record]):
    """Writes run.json, and opens a writer for each trial of a suite."""

    def __init__(self, directory: Path, record: Record) -> None:
        self.directory = directory
        self.record = record

    def save(self) -> None:
        """Write run.json atomically."""
        write_record(self.directory, self.record)

    def trial(self: RunWriter[SuiteRecord], index: int) -> TrialWriter:
        """Open trials/NNNN of a planned trial."""
        trial = self.record.trials[index]
        operations = self.record.experiment(trial.experiment).operations is not None
        return TrialWriter(trial_folder(self.directory, index), trial.name, operations=operations)
