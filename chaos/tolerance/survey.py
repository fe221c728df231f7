"""The whole table: lots of cells, side by side on as many clusters as the machine carries."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from chaos.campaign import host, versions
from chaos.errors import ChaosError
from chaos.heartbeat import Heartbeat
from chaos.tolerance.cells import cells_of, in_lots
from chaos.tolerance.cluster import Cluster
from lab.components import plan_lab
from lab.errors import LabError
from lab.lab import Lab
from lab.memory import clusters_that_fit
from lab.spec import LabSpec
from reports.history.schema import SCHEMA_VERSION
from reports.history.tolerance import CellRecord, ExpectedRow, ToleranceRecord, ToleranceWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos.tolerance.cells import Cell

# A cluster is worth its start when it measures about so many cells.
LOT = 9
# The work is small and mostly waiting: elections, bounds, starts.
CLUSTERS_A_CORE = 4


class Survey:
    """One execution of `halab tolerance`. What was measured is on disk, cell by cell."""

    def __init__(
        self,
        sizes: list[int],
        faults: list[str],
        expected: list[ExpectedRow],
        *,
        trials: int,
        seed: int,
        runs_dir: Path,
        command: str,
        say: Callable[[str], None],
    ) -> None:
        now = dt.datetime.now(dt.UTC)
        record = ToleranceRecord(
            schema_version=SCHEMA_VERSION,
            kind="tolerance",
            id=f"{now:%Y%m%dT%H%M%SZ}-tolerance-{uuid.uuid4().hex[:6]}",
            command=command,
            started_at=now.isoformat(),
            seed=seed,
            status="interrupted",
            sizes=sizes,
            faults=faults,
            trials=trials,
            timeouts=LabSpec(profile="brisk").timeouts.model_dump(),
            expected=expected,
            versions=versions(),
            host=host(),
            runtime="netns",
        )
        self.writer = ToleranceWriter(runs_dir / record.id, record)
        self._say = say
        self._stop = threading.Event()

    def run(self) -> None:
        """Measure every cell. A cell that could not be measured is unknown, the rest goes on."""
        record = self.writer.record
        pairs = itertools.product(record.sizes, record.faults)
        cells = [cell for size, fault in pairs for cell in cells_of(size, fault)]
        lots = in_lots(cells, LOT)
        largest = plan_lab(self._spec(max(record.sizes), 0))
        width = min(len(lots), clusters_that_fit(largest, CLUSTERS_A_CORE))
        self._say(f"{len(cells)} cells, on {width} clusters at a time")
        with ThreadPoolExecutor(width) as pool:
            waiting = [pool.submit(self._lot, number, lot) for number, lot in enumerate(lots)]
            try:
                for one in waiting:
                    one.result()
            except BaseException:
                self._stop.set()
                for one in waiting:
                    one.cancel()
                raise
        record.status = "complete"
        self.writer.save()

    def _spec(self, size: int, number: int) -> LabSpec:
        name = f"t{size}-{number}-{self.writer.record.id[-6:]}"
        return LabSpec(name=name, etcd=size, masters=0, workers=1, profile="brisk")

    def _lot(self, number: int, cells: list[Cell]) -> None:
        todo = [(cell, trial) for trial in range(self.writer.record.trials) for cell in cells]
        while todo and not self._stop.is_set():
            todo = self._on_one_cluster(number, todo)

    def _on_one_cluster(self, number: int, todo: list[tuple[Cell, int]]) -> list[tuple[Cell, int]]:
        """Measure until the cluster is lost; return what is left to do."""
        cell, trial = todo[0]
        try:
            lab = Lab.up(self._spec(cell.size, number), owned=True, say=lambda _: None)
        except LabError as error:
            self._write_unknown(cell, trial, str(error))
            return todo[1:]
        try:
            with Heartbeat(lab):
                cluster = Cluster(lab, self.writer.record.seed)
                while todo and not self._stop.is_set():
                    (cell, trial), todo = todo[0], todo[1:]
                    try:
                        self.writer.cell(cluster.measure(cell, trial))
                    except (LabError, ChaosError) as error:
                        self._write_unknown(cell, trial, str(error))
                        return todo
        finally:
            lab.down()
        return todo

    def _write_unknown(self, cell: Cell, trial: int, reason: str) -> None:
        self._say(f"{cell} is unknown: {reason}")
        self.writer.cell(
            CellRecord(
                size=cell.size,
                failed=cell.failed,
                leader_failed=cell.leader_failed,
                fault=cell.fault,
                trial=trial,
                members=[],
                leader="",
                write="unknown",
                read="unknown",
                reason=reason,
            )
        )
