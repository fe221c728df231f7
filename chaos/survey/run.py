"""The whole survey: lots of tasks, side by side on as many clusters as the machine carries."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil

from chaos.errors import ChaosError
from chaos.heartbeat import Heartbeat
from chaos.survey.batches import in_batches
from chaos.survey.cells import MAX_SIZE
from chaos.survey.cluster import Cluster
from chaos.survey.measuring import measure, unknown
from lab.components import plan_lab
from lab.errors import LabError
from lab.lab import Lab
from lab.memory import clusters_that_fit
from lab.spec import LabSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.history.tolerance import Planned, SurveyWriter

# All cells of the largest size and one fault: who starts a cluster of nine uses it.
LOT = 2 * MAX_SIZE
# The work is mostly waiting for bounds to pass, and members take processors when they start and
# when they idle: with more clusters they wait for them (DESIGN.md, 22).
CLUSTERS_A_CORE = 3
PROFILE = "brisk"


def spec_of(size: int, name: str, runtime: str) -> LabSpec:
    """Return the lab of one cluster of a survey: so many members, and a client beside them."""
    asked = {"name": name, "etcd": size, "masters": 0, "workers": 1, "profile": PROFILE}
    return LabSpec.model_validate({**asked, "runtime": runtime})


class SurveyRun:
    """One execution of `halab tolerance`. What was measured is on disk, cell by cell."""

    def __init__(self, writer: SurveyWriter, say: Callable[[str], None]) -> None:
        self.writer = writer
        self._say = say
        self._stop = threading.Event()
        # A start takes processors, a measurement mostly waits: starts that take turns let it.
        self._starting = threading.Semaphore(psutil.cpu_count() or 1)

    def run(self) -> None:
        """Measure all that is planned. What could not be is unknown, the rest goes on."""
        planned = self.writer.record.planned
        lots = in_batches(planned, LOT)
        largest = plan_lab(self._spec(max(plan.size for plan in planned), 0))
        width = min(len(lots), clusters_that_fit(largest, CLUSTERS_A_CORE))
        self._say(f"{len(planned)} cells, on {width} clusters at a time")
        try:
            with ThreadPoolExecutor(width) as pool:
                waiting = [pool.submit(self._lot, number, lot) for number, lot in enumerate(lots)]
                try:
                    for lot in waiting:
                        lot.result()
                except BaseException:
                    self._stop.set()
                    for lot in waiting:
                        lot.cancel()
                    raise
        except Exception:
            self.writer.end("failed")
            raise
        self.writer.end("complete")

    def _spec(self, size: int, number: int) -> LabSpec:
        record = self.writer.record
        return spec_of(size, f"t{size}-{number}-{record.id[-6:]}", record.runtime)

    def _lot(self, number: int, plans: list[Planned]) -> None:
        while plans and not self._stop.is_set():
            plans = self._on_one_cluster(number, plans)

    def _on_one_cluster(self, number: int, todo: list[Planned]) -> list[Planned]:
        """Measure until the cluster is lost; return what is left to do."""
        try:
            with self._starting:
                lab = Lab.up(self._spec(todo[0].size, number), owned=True, say=lambda _: None)
        except LabError as error:
            self._unknown(todo[0], str(error))
            return todo[1:]
        cluster = Cluster(lab)
        try:
            with Heartbeat(lab):
                while todo and not self._stop.is_set():
                    plan, todo = todo[0], todo[1:]
                    try:
                        self.writer.row(measure(cluster, plan, self.writer.record.seed))
                    except (LabError, ChaosError) as error:
                        self._unknown(plan, f"{error}{cluster.last_words()}")
                        return todo
        finally:
            cluster.close()
            lab.down()
        return todo

    def _unknown(self, plan: Planned, reason: str) -> None:
        record = unknown(plan, reason)
        self._say(f"unknown: {record.model_dump(exclude_defaults=True)}")
        self.writer.row(record)
