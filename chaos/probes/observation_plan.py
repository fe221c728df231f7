"""The observation of an endpoint as an experiment without steps: its requests and its record."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.probes.protocol import ProberConfig
from chaos.probes.requests import Request
from chaos.probes.series import CLIENT_TIMEOUT_S, Series, series_records
from chaos.provenance import RunOrder
from reports.history.schema import Expectation, ExperimentRecord, SuiteRecord, TrialRecord
from reports.history.text import Text
from reports.history.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chaos.probes.endpoint import Identity, ObservedEndpoint

PROBE = "read"
# The observer counts as the only worker.
WORKER = "this-host"
WARM_UP_S = 0.5


@dataclass(frozen=True)
class Observation:
    """An endpoint and how it is probed. `duration_s`: None for no end but an interrupt."""

    endpoint: ObservedEndpoint
    address: str
    identity: Identity
    series: Sequence[Series]
    deadline_s: float
    duration_s: float | None

    @property
    def client_timeout_s(self) -> float:
        """After how long the client gives up: later than the deadline, which only judges."""
        return max(CLIENT_TIMEOUT_S, 2 * self.deadline_s)

    def prober_config(self) -> ProberConfig:
        """Return the configuration of the prober."""
        endpoint = self.endpoint
        return ProberConfig(
            host=self.address,
            port=endpoint.port,
            authority=endpoint.authority,
            name=endpoint.host,
            identity=self.identity if endpoint.secure else None,
            client_timeout_s=self.client_timeout_s,
            warm_up_s=WARM_UP_S,
            duration_s=self.duration_s,
            series=[(series, Request(endpoint.path)) for series in self.series],
        )


def series_of(connection: str, rate_hz: float) -> tuple[Series, ...]:
    """Return a series for each mode of connection."""
    modes = ("new", "reused") if connection == "both" else (connection,)
    return tuple(Series(PROBE, mode, rate_hz) for mode in modes)


def open_observation(
    observation: Observation, directory: Path | None, runs_dir: Path, command: str
) -> RunWriter[SuiteRecord]:
    """Make the run directory: `directory` itself, or a new one below `runs_dir`.

    Raises InputError for a directory that is not empty.
    """
    taken = directory is not None and directory.exists()
    if directory is not None and taken and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"--out {directory} exists already, and is not an empty directory")
    versions = {"halab": version("halab"), "python": platform.python_version()}
    order = RunOrder(trials=1, seed=0, runtime="none", runs_dir=runs_dir, command=command)
    record = SuiteRecord(
        **order.header("probe", versions),
        deadline_s=observation.deadline_s,
        client_timeout_s=observation.client_timeout_s,
        experiments=[_experiment(observation)],
        trials=[TrialRecord(index=0, experiment="probe", number=0)],
    )
    if directory is not None:
        record.id = directory.name
    writer = RunWriter(directory or runs_dir / record.id, record)
    writer.save()
    return writer


def _experiment(observation: Observation) -> ExperimentRecord:
    url = observation.endpoint.url
    return ExperimentRecord(
        id="probe",
        title=Text(en=f"Requests to {url}", zh=f"发往 {url} 的请求"),
        hypothesis=Text(en="The endpoint answers requests.", zh="该端点会应答请求。"),
        lab={"url": url, "address": observation.address},
        workers=[WORKER],
        members=[],
        series=series_records(observation.series, [WORKER]),
        steps=[],
        expect=[_answered(series.connection) for series in observation.series],
        settings={},
        supervision=Text(en="nothing is injected", zh="没有注入任何故障"),
        bound_s=0.0,
        baseline_s=0.0,
    )


def _answered(connection: str) -> Expectation:
    return Expectation(
        id=f"{connection}-answered",
        metric="answers",
        probe=PROBE,
        connection="new" if connection == "new" else "reused",
        op="at_least",
        value=1,
        note=Text(
            en="an endpoint that never answers cannot be measured",
            zh="从未应答的端点无法测量",
        ),
    )
