"""An endpoint is observed: nothing is broken, and a run directory says what its clients saw."""

from __future__ import annotations

import datetime as dt
import json
import platform
import subprocess
import sys
import tempfile
import threading
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos.errors import ChaosError, InputError
from chaos.probes.endpoint import prober_config
from chaos.probes.series import CLIENT_TIMEOUT_S, Series
from chaos.provenance import host
from reports.history.schema import (
    OBSERVED,
    SCHEMA_VERSION,
    TIMES,
    Expectation,
    RunRecord,
    SeriesRecord,
    TrialRecord,
)
from reports.history.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chaos.probes.endpoint import Identity, Target
    from reports.history.writer import TrialWriter

PROBE = "read"
# The observer is the one worker there is.
WORKER = "this-host"
WARM_UP_S = 0.5


@dataclass(frozen=True)
class Observation:
    """What is to be observed. `duration_s`: None until it is interrupted."""

    target: Target
    address: str
    identity: Identity
    series: Sequence[Series]
    deadline_s: float
    duration_s: float | None

    @property
    def client_timeout_s(self) -> float:
        """When the client gives up: later than the deadline, which only judges."""
        return max(CLIENT_TIMEOUT_S, 2 * self.deadline_s)


def series_of(connection: str, rate_hz: float) -> tuple[Series, ...]:
    """Return one series a mode of connection."""
    modes = ("new", "reused") if connection == "both" else (connection,)
    return tuple(Series(PROBE, mode, rate_hz) for mode in modes)


def open_observation(
    observation: Observation, directory: Path | None, runs_dir: Path, command: str
) -> RunWriter:
    """Make the run directory: `directory` itself, or a new one below `runs_dir`.

    Raises InputError for a directory that holds something already.
    """
    now = dt.datetime.now(dt.UTC)
    name = f"{now:%Y%m%dT%H%M%SZ}-probe-{uuid.uuid4().hex[:6]}"
    taken = directory is not None and directory.exists()
    if directory is not None and taken and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"--out {directory} is there already, and is no empty directory")
    record = RunRecord(
        schema_version=SCHEMA_VERSION,
        id=name if directory is None else directory.name,
        name="probe",
        command=command,
        started_at=now.isoformat(),
        seed=0,
        status="interrupted",
        deadline_s=observation.deadline_s,
        client_timeout_s=observation.client_timeout_s,
        lab={"url": observation.target.url, "address": observation.address},
        workers=[WORKER],
        series=[SeriesRecord.model_validate(asdict(one)) for one in observation.series],
        settings={},
        versions={"halab": version("halab"), "python": platform.python_version()},
        host=host(),
        runtime="none",
        trials=[_trial_record(observation)],
    )
    writer = RunWriter(directory or runs_dir / name, record)
    writer.save()
    return writer


def _trial_record(observation: Observation) -> TrialRecord:
    url = observation.target.url
    return TrialRecord(
        index=0,
        experiment="probe",
        title=f"Requests to {url}",
        hypothesis="The endpoint answers.",
        fault=OBSERVED,
        target=url,
        hit=f"{observation.address} port {observation.target.port}",
        hold_s=0.0,
        supervision="nothing is injected",
        expect=[
            Expectation(
                id=f"{one.connection}-answered",
                metric="answers",
                probe=PROBE,
                connection="new" if one.connection == "new" else "reused",
                op="at_least",
                value=1,
                note="an endpoint that never answered was not measured, only missed",
            )
            for one in observation.series
        ],
        status="interrupted",
        unknown_reason=None,
    )


def observe(
    observation: Observation, writer: RunWriter, seen: Callable[[dict[str, Any]], None]
) -> None:
    """Probe until the duration is over; `seen` gets each sample, in seconds since the start.

    Raises ChaosError when the prober fails, and KeyboardInterrupt through: what was measured is
    kept, and is all there was to measure where no duration was asked for.
    """
    record, trial = writer.record, writer.record.trials[0]
    recorder = Recorder(writer.trial(0), observation.target.url, seen)
    try:
        with _prober(observation) as prober:
            reader = threading.Thread(target=recorder.read, args=(prober,), daemon=True)
            reader.start()
            try:
                reader.join()
            except KeyboardInterrupt:
                prober.terminate()  # it sends no more, and waits for what is under way
                reader.join(observation.client_timeout_s + 2)
                if observation.duration_s is None:
                    trial.status = record.status = "complete"
                raise
            if recorder.failure:
                trial.status = record.status = "failed"
                raise ChaosError(f"the prober failed: {recorder.failure}")
        trial.status = record.status = "complete"
    finally:
        recorder.close()
        writer.save()


class Recorder:
    """Writes what a prober prints into a trial. Reads in a thread: Ctrl-C cuts no line in two."""

    def __init__(
        self, history: TrialWriter, url: str, seen: Callable[[dict[str, Any]], None]
    ) -> None:
        self.failure = ""
        self._history = history
        self._url = url
        self._seen = seen
        self._usage: list[tuple[float, float]] = []
        self._zero_s = 0.0

    def read(self, prober: subprocess.Popen[str]) -> None:
        """Read until the prober ends; `failure` says why, if it was not meant to."""
        try:
            for line in prober.stdout or ():
                self._take(json.loads(line))
            if prober.wait() != 0:
                said = prober.stderr.read() if prober.stderr else ""
                self.failure = said.strip()[-500:] or f"exit code {prober.returncode}"
        except (OSError, ValueError, LookupError) as error:
            self.failure = str(error)

    def _take(self, said: dict[str, Any]) -> None:
        if "outcome" in said:
            times = {key: said[key] - self._zero_s for key in TIMES}
            sample = said | {"worker": WORKER} | times
            self._history.sample(sample)
            self._seen(sample)
        elif "cpu_s" in said:
            self._usage.append((said["at_s"], said["cpu_s"]))
        elif "begin_s" in said:
            self._zero_s = said["begin_s"]
            self._history.event(0.0, "observe_begin", target=self._url)
        elif "end_s" in said:
            self._history.event(said["end_s"] - self._zero_s, "probing_end")

    def close(self) -> None:
        """Write what the probing cost, and end the trial."""
        if len(self._usage) > 1:
            (begin_s, first_s), (end_s, last_s) = self._usage[0], self._usage[-1]
            cores = (last_s - first_s) / (end_s - begin_s)
            self._history.event(end_s - self._zero_s, "probe_cpu", worker=WORKER, cores=cores)
        self._history.close()


@contextmanager
def _prober(observation: Observation) -> Iterator[subprocess.Popen[str]]:
    """Run the prober in a session of its own, where Ctrl-C does not reach it."""
    config = prober_config(observation.target, observation.address, observation.identity) | {
        "client_timeout_s": observation.client_timeout_s,
        "warm_up_s": WARM_UP_S,
        "duration_s": observation.duration_s,
        "series": [
            {**asdict(one), "method": "GET", "path": observation.target.path}
            for one in observation.series
        ],
    }
    with tempfile.TemporaryDirectory(prefix="halab-probe-") as folder:
        path = Path(folder) / "prober.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        with subprocess.Popen(
            [sys.executable, "-m", "chaos.probes.prober", str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()
