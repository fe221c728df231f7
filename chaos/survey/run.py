"""The whole survey: batches of cells, on as many clusters in parallel as the machine carries."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

import psutil

from chaos.errors import ChaosError, message_of
from chaos.heartbeat import Heartbeat
from chaos.survey.batches import in_batches
from chaos.survey.cells import MAX_SIZE
from chaos.survey.cluster import Cluster
from chaos.survey.measuring import measure_planned
from lab.afterwards import INTERRUPTS, afterwards, entered, if_it_fails
from lab.components.lab_plan import plan_lab
from lab.errors import CleanupError, LabError
from lab.lab import Lab
from lab.memory import clusters_that_fit
from lab.spec import LabSpec
from reports.history.surveys import unmeasured
from reports.locale.catalogue import text_of
from reports.locale.message import Message, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.history.survey_plan import Planned
    from reports.history.surveys import SurveyWriter

# All cells of the largest size and one fault: a cluster of nine is worth its start then.
BATCH_SIZE = 2 * MAX_SIZE
# Measuring mostly waits for bounds to pass, but members need processors when they start and when
# they idle: with more clusters they wait for each other (DESIGN.md, 22).
CLUSTERS_A_CORE = 3
PROFILE = "brisk"


def spec_of(size: int, name: str, runtime: str, profile: str = PROFILE) -> LabSpec:
    """Return the lab of one cluster of a survey: `size` members, and a worker for the client."""
    asked = {"name": name, "etcd": size, "masters": 0, "workers": 1, "profile": profile}
    return LabSpec.model_validate({**asked, "runtime": runtime})


class SurveyRun:
    """One execution of `halab tolerance`. What was measured is on disk, cell by cell."""

    def __init__(
        self, writer: SurveyWriter, progress: Callable[[str], None], profile: str = PROFILE
    ) -> None:
        self.writer = writer
        self._profile = profile
        self._progress = progress
        self._stop = threading.Event()
        # a start needs processors, a measurement mostly waits: starts take turns
        self._starting = threading.Semaphore(psutil.cpu_count() or 1)

    def run(self) -> None:
        """Measure every planned cell; a cell that cannot be measured is unknown."""
        planned = self.writer.record.planned
        batches = in_batches(planned, BATCH_SIZE)
        largest = plan_lab(self._spec(max(plan.size for plan in planned), 0))
        width = min(len(batches), clusters_that_fit(largest, CLUSTERS_A_CORE))
        self._progress(f"{len(planned)} cells, on {width} clusters at a time")
        try:
            self._measure(batches, width)
        except Exception:
            with afterwards(lambda: self.writer.end("failed")):
                raise
        self.writer.end("complete")

    def _measure(self, batches: Sequence[list[Planned]], width: int) -> None:
        """Measure all batches; where one fails, the others begin no other measurement."""
        futures: list[Future[None]] = []

        def stop() -> None:
            self._stop.set()
            for future in futures:
                future.cancel()

        with (
            afterwards(lambda: _check_clean(futures)),
            ThreadPoolExecutor(width) as pool,
            if_it_fails(stop),
        ):
            futures += [
                pool.submit(self._measure_batch, number, batch)
                for number, batch in enumerate(batches)
            ]
            for future in as_completed(futures):
                future.result()

    def _spec(self, size: int, number: int) -> LabSpec:
        record = self.writer.record
        name = f"t{size}-{number}-{record.id[-6:]}"
        return spec_of(size, name, record.runtime, self._profile)

    def _measure_batch(self, number: int, batch: list[Planned]) -> None:
        while batch and not self._stop.is_set():
            batch = self._measure_on_one_cluster(number, batch)

    def _measure_on_one_cluster(self, number: int, batch: list[Planned]) -> list[Planned]:
        """Measure until the cluster is lost; return what is not measured yet."""
        try:
            with self._starting:
                lab = Lab.up(self._spec(batch[0].size, number), owned=True, progress=lambda _: None)
        except CleanupError:
            raise
        except LabError as error:
            self._write_unmeasured(batch[0], error)
            return batch[1:]
        with afterwards(lab.down):
            cluster = Cluster(lab)
            with afterwards(cluster.close), entered(Heartbeat(lab)):
                while batch and not self._stop.is_set():
                    plan, batch = batch[0], batch[1:]
                    try:
                        self.writer.row(measure_planned(cluster, plan, self.writer.record.seed))
                    except (LabError, ChaosError) as error:
                        self._write_unmeasured(plan, error, cluster.logs_of_stopped_members)
                        return batch
        return batch

    def _write_unmeasured(
        self, plan: Planned, error: Exception, logs: Callable[[], list[Message]] = list
    ) -> None:
        """Write that a cell could not be measured; one that an interrupt ended is just missing.

        `logs`: what else shows why; agents are asked for it.
        """
        if INTERRUPTS.arrived:
            return
        reason = joined(message_of(error), *logs())
        self._progress(f"unknown: {plan.model_dump()}: {text_of(reason, 'en')}")
        self.writer.row(unmeasured(plan, reason))


def _check_clean(futures: Sequence[Future[None]]) -> None:
    """Raise the CleanupError of any batch that has ended: no other error may hide it."""
    for future in futures:
        if future.done() and not future.cancelled():
            error = future.exception()
            if isinstance(error, CleanupError):
                raise error
