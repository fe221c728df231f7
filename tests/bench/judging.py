"""How long judging takes, and with how much memory: operations checked, samples to tables."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from rich.table import Table

from reports.analysis.consistency import check
from reports.history.operations import read_operations
from tests.bench.made_operations import made

OPERATIONS = 1_000_000
SEED = 1


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
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ops.jsonl"
        frame.to_json(path, orient="records", lines=True)
        size_mib = path.stat().st_size / 2**20
        del frame
        reading, checking = Stopwatch(), Stopwatch()
        with reading:
            read = read_operations(path)
        with checking:
            found = check(read, final)
    table = Table("what", "value", title=f"{OPERATIONS:,} operations, {size_mib:.0f} MiB of lines")
    table.add_row("read, s", str(reading))
    table.add_row("checked, s (at most 5)", str(checking))
    table.add_row("verdict", f"{found.verdict}, {found.violations[:1]}")
    return table


if __name__ == "__main__":
    from rich.console import Console

    Console(width=110).print(operations())
