"""Observes an endpoint: probes it, and writes every sample into a run directory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.probes.observation_plan import WORKER
from chaos.probes.protocol import CpuReport, ProbeSchedule, mean_cores, read_line
from lab.afterwards import afterwards
from lab.environment import network_environment
from reports.history.events import ObserveBegin, ProbeCpu, ProbingEnd
from reports.history.samples import Sample
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chaos.probes.observation_plan import Observation
    from chaos.probes.protocol import ProberConfig
    from reports.history.schema import SuiteRecord
    from reports.history.writer import RunWriter, TrialWriter

END_TIMEOUT_S = 2.0


def observe(
    observation: Observation, writer: RunWriter[SuiteRecord], on_sample: Callable[[Sample], None]
) -> None:
    """Probe until the duration is over; `on_sample` gets each sample, in seconds since the start.

    Raises ChaosError when the prober fails. A KeyboardInterrupt ends it and is raised again; the
    run is kept, and is complete where no duration was asked for.
    """
    record, trial = writer.record, writer.record.trials[0]
    recorder = SampleRecorder(writer.trial(0), observation.endpoint.url, on_sample)
    trial.status = "interrupted"
    writer.save()
    with afterwards(recorder.close, writer.save):
        with _prober(observation.prober_config()) as prober:
            reader = threading.Thread(target=recorder.read, args=(prober,), daemon=True)
            reader.start()
            try:
                reader.join()
            except KeyboardInterrupt:
                prober.terminate()  # it sends no more, and waits for open requests
                reader.join(observation.client_timeout_s + END_TIMEOUT_S)
                if observation.duration_s is None:
                    trial.status = record.status = "complete"
                raise
            if recorder.failure:
                trial.status = record.status = "failed"
                raise ChaosError(message("prober-failed", why=recorder.failure))
        trial.status = record.status = "complete"


class SampleRecorder:
    """Writes a prober's lines into a trial. It reads in a thread, so that Ctrl-C splits no line."""

    def __init__(self, history: TrialWriter, url: str, on_sample: Callable[[Sample], None]) -> None:
        self.failure = ""
        self._history = history
        self._url = url
        self._on_sample = on_sample
        self._usage: list[CpuReport] = []
        self._zero_s = 0.0

    def read(self, prober: subprocess.Popen[str]) -> None:
        """Read until the prober ends; `failure` is its error, "" for a clean end."""
        try:
            for text in prober.stdout or ():
                self._take(text)
            if prober.wait() != 0:
                printed = prober.stderr.read() if prober.stderr else ""
                self.failure = printed.strip()[-500:] or f"exit code {prober.returncode}"
        except (OSError, ValueError) as error:
            self.failure = str(error)

    def _take(self, text: str) -> None:
        line, zero_s = read_line(text, WORKER), self._zero_s
        if isinstance(line, Sample):
            sample = line.since(zero_s)
            self._history.sample(sample)
            self._on_sample(sample)
        elif isinstance(line, CpuReport):
            self._usage.append(line)
        elif isinstance(line, ProbeSchedule) and line.ended:
            self._history.event(ProbingEnd(line.at_s - zero_s))
        elif isinstance(line, ProbeSchedule):
            self._zero_s = line.at_s
            self._history.event(ObserveBegin(0.0, self._url))

    def close(self) -> None:
        """Write the cost of probing, and end the trial."""
        cores = mean_cores(self._usage)
        if cores is not None:
            end_s = self._usage[-1].at_s - self._zero_s
            self._history.event(ProbeCpu(end_s, WORKER, cores))
        self._history.close()


@contextmanager
def _prober(config: ProberConfig) -> Iterator[subprocess.Popen[str]]:
    """Run the prober in a session of its own, where Ctrl-C does not reach it."""
    with tempfile.TemporaryDirectory(prefix="halab-probe-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "prober.json"
        path.write_bytes(config.encoded())
        with (
            subprocess.Popen(
                [sys.executable, "-P", "-m", "chaos.probes.prober", str(path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=network_environment(),
                start_new_session=True,
            ) as process,
            afterwards(process.kill),
        ):
            yield process
