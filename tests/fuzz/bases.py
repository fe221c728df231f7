"""The run directories that are mutated: every saved run, and made ones, with more demands.

A saved suite is taken trial by trial, each as a run of its own: judging the whole of it would
judge much that was not changed.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from reports.history.parquet import TRIAL
from reports.history.reader import read_suite
from reports.history.run_json import read_header, write_record
from tests.fuzz.demands import demand
from tests.fuzz.made_claims import CLAIMS
from tests.fuzz.made_runs import MADE
from tests.net.convert import convert
from tests.net.saved import NAMES, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HISTORIES = Path(__file__).parent.parent / "histories"


def saved_bases(folder: Path) -> Iterator[Path]:
    """Write every saved run, trial by trial, and yield where each is."""
    for name in NAMES:
        run = convert(run_of(name), folder / f"whole-{name}")
        yield from _trials(run, folder, name) if read_header(run).kind == "suite" else [run]
        for below in sorted(run.glob("experiments/*/*")):
            if read_header(below).kind == "suite":
                yield from _trials(below, folder, f"{name}-{below.parent.name}")
    for run in sorted(HISTORIES.iterdir()):
        yield from _trials(run, folder, run.name)


def _trials(run: Path, folder: Path, name: str) -> Iterator[Path]:
    """Write each trial as a run of its own."""
    record, _, _ = read_suite(run)
    for trial in record.trials:
        alone = folder / f"{name}-{trial.index}"
        shutil.copytree(run / "trials" / f"{trial.index:04d}", alone / "trials" / "0000")
        only = trial.model_copy(update={"index": 0, "number": 0})
        experiment = record.experiment(trial.experiment)
        update = {"trials": [only], "experiments": [experiment], "trial_count": 1}
        write_record(alone, record.model_copy(update=update))
        _rename(alone / "trials" / "0000", only.name)
        demand(alone)
        yield alone


def _rename(folder: Path, name: str) -> None:
    """Let the files of a trial name it."""
    for stream in folder.glob("*.jsonl"):
        *lines, last = stream.read_text(encoding="utf-8").splitlines()
        closing = json.loads(last)
        if "closed" in closing:
            last = json.dumps({**closing, "of": name})
        stream.write_text("".join(f"{line}\n" for line in [*lines, last]), encoding="utf-8")
    for path in folder.glob("*.parquet"):
        table = pq.read_table(path)
        metadata = {**table.schema.metadata, TRIAL: name.encode()}
        pq.write_table(table.replace_schema_metadata(metadata), path)
    final = folder / "final.json"
    if final.exists():
        final.write_text(json.dumps({**json.loads(final.read_bytes()), "of": name}))


def made_bases(folder: Path) -> Iterator[Path]:
    """Write every made run, and yield where each is."""
    for name, make in {**MADE, **CLAIMS}.items():
        yield make(folder / f"made-{name}")
