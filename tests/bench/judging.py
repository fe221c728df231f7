"""How long judging takes, and with how much memory: operations checked, samples to tables."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import pandas as pd
import scipy.stats  # noqa: F401 - what its import takes, two seconds, is no work on samples
from rich.table import Table

from reports.analysis.consistency.check import check
from reports.analysis.recovery import recovery_of
from reports.analysis.suite import analyse_suite
from reports.history.lines import CLOSED, NUMBER, OF
from reports.history.operations import read_operations
from reports.history.reader import read_suite
from reports.history.schema import SERIES, TIMES
from tests.bench.made_operations import made
from tests.bench.made_samples import make_run, misses

if TYPE_CHECKING:
    from reports.locale.message import Message

OPERATIONS = 1_000_000
TRIALS, EACH = 100, 100_000
SEED = 1
# all that the tables of outages and recovery need of the samples
RECOVERY_COLUMNS = [*SERIES, *TIMES, "outcome"]


class Stopwatch:
    """Wall and CPU seconds of what is done inside. Where others compute too, CPU says more."""

    def __enter__(self) -> Self:
        self._begun_s, self._cpu_s = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s = time.perf_counter() - self._begun_s
        self.cpu_s = time.process_time() - self._cpu_s

    def __str__(self) -> str:
        return f"{self.wall_s:.2f} ({self.cpu_s:.2f} of CPU)"


def operations() -> Table:
    """Read and check a million operations."""
    frame, final = made(OPERATIONS, SEED)
    frame.insert(0, NUMBER, range(1, len(frame) + 1))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ops.jsonl"
        frame.to_json(path, orient="records", lines=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({NUMBER: len(frame) + 1, CLOSED: len(frame), OF: ""}) + "\n")
        size_mib = path.stat().st_size / 2**20
        del frame
        reading, checking = Stopwatch(), Stopwatch()
        damage: list[Message] = []
        with reading:
            read = read_operations(path, damage)
        with checking:
            found = check(read, final)
    table = Table("what", "value", title=f"{OPERATIONS:,} operations, {size_mib:.0f} MiB of lines")
    table.add_row("read, s", str(reading))
    table.add_row("checked, s (at most 5)", str(checking))
    table.add_row("verdict", f"{found.verdict}, {found.violations[:1]}, {damage}")
    return table


def samples() -> Table:
    """Read and analyse ten million samples in a process of its own, for its peak of memory."""
    table = Table("what", "value", title=f"{TRIALS * EACH:,} samples in {TRIALS} trials")
    with TemporaryDirectory() as folder:
        truth = make_run(Path(folder), TRIALS, EACH, SEED)
        argv = [sys.executable, "-m", __name__, folder]
        done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
        for what, value in json.loads(done.stdout).items():
            table.add_row(what, value)
        found = pd.read_csv(Path(folder) / "outages.csv")
    table.add_row("true outages", str(len(truth)))
    table.add_row("missed, invented or outside the bracket", str(misses(found, truth)))
    return table


def _peak_mib() -> float:
    """Return the most that was resident; getrusage tells that of the parent too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _analyse(directory: Path) -> dict[str, str]:
    """Do what `halab analyze` does before it renders; say how long and with how much memory."""
    before_mib = _peak_mib()
    reading, measuring, rest = Stopwatch(), Stopwatch(), Stopwatch()
    with reading:
        run, trials, _ = read_suite(directory, RECOVERY_COLUMNS)
    with measuring:
        tables = recovery_of(run, trials)
    del trials
    with rest:
        run, trials, _ = read_suite(directory)
        analyse_suite(run, trials)
    tables["outages"].to_csv(directory / "outages.csv", index=False)
    peak_mib = _peak_mib()
    return {
        "read, s": str(reading),
        "all tables of outages and recovery, s (with reading at most 3)": str(measuring),
        "all columns read, with verdicts and stages, s": str(rest),
        "peak memory, MiB (at most 2048)": f"{peak_mib:.0f}, {before_mib:.0f} of it before",
    }


if __name__ == "__main__":
    print(json.dumps(_analyse(Path(sys.argv[1]))))
