"""Writes a run directory while the run goes on; nothing observed waits in memory."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, TextIO

import pandas as pd

from reports.history.object import write_record
from reports.history.operations import OPERATION_KEYS
from reports.history.samples import write_samples
from reports.history.schema import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

    from reports.history.schema import RunRecord


class TrialWriter:
    """Appends events and samples of one trial; thread-safe."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._lock = threading.Lock()
        self._events = (directory / "events.jsonl").open("w", encoding="utf-8")
        self._samples = (directory / "samples.jsonl").open("w", encoding="utf-8")
        self._operations: TextIO | None = None

    def event(self, t_s: float, kind: str, **fields: Any) -> None:
        """Write one event."""
        with self._lock:
            self._events.write(json.dumps({"t_s": t_s, "kind": kind, **fields}) + "\n")
            self._events.flush()

    def sample(self, sample: dict[str, Any]) -> None:
        """Write one sample; columns that the schema lacks are dropped."""
        line = json.dumps({column: sample[column] for column in COLUMNS})
        with self._lock:
            self._samples.write(line + "\n")
            self._samples.flush()

    def operation(self, said: dict[str, Any]) -> None:
        """Write one operation; keys that the schema lacks are dropped."""
        with self._lock:
            if self._operations is None:
                path = self._directory / "ops.jsonl"
                self._operations = path.open("w", encoding="utf-8")
            self._operations.write(json.dumps({key: said[key] for key in OPERATION_KEYS}) + "\n")
            self._operations.flush()

    def final(self, state: BaseModel) -> None:
        """Write the state in which the store of the operations ended."""
        text = state.model_dump_json(indent=1)
        (self._directory / "final.json").write_text(text, encoding="utf-8")

    def close(self) -> None:
        """Turn the samples into Parquet; the lines go once that is written."""
        with self._lock:
            self._events.close()
            self._samples.close()
            if self._operations is not None:
                self._operations.close()
        lines = self._directory / "samples.jsonl"
        if lines.stat().st_size:
            frame = pd.read_json(lines, lines=True, dtype={"status": "int64", "error": "str"})
        else:
            frame = pd.DataFrame(columns=list(COLUMNS))
        write_samples(frame, self._directory / "samples.parquet")
        lines.unlink()


class RunWriter:
    """Writes run.json, and opens a writer for each trial."""

    def __init__(self, directory: Path, record: RunRecord) -> None:
        self.directory = directory
        self.record = record

    def save(self) -> None:
        """Write run.json atomically."""
        write_record(self.directory, self.record)

    def trial(self, index: int) -> TrialWriter:
        """Open trials/NNNN."""
        return TrialWriter(self.directory / "trials" / f"{index:04d}")
