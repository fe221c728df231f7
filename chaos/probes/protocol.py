"""The prober's input and output: its JSON, typed. Times are monotonic seconds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from reports.history.events import Event, from_line
from reports.history.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.probes.endpoint import Identity
    from chaos.probes.requests import Request
    from chaos.probes.series import Series


@dataclass(frozen=True)
class ProberConfig:
    """Which requests are sent, and where.

    `name`: the name that the server's certificate must have. `identity`: None for plain HTTP.
    `masters`: name of a certificate -> the node that it is of; else the subject is the node's name.
    `duration_s`: None for no end. `closes_idle_s`: after so long without traffic the server closes
    a connection, 0 for never.
    """

    host: str
    port: int
    authority: str
    name: str
    identity: Identity | None
    client_timeout_s: float
    warm_up_s: float
    duration_s: float | None
    series: Sequence[tuple[Series, Request]]
    closes_idle_s: float = 0.0
    masters: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the prober's JSON file, as chaos/probes/prober/program.py describes it."""
        described = [
            asdict(series) | {key: value for key, value in asdict(request).items() if value}
            for series, request in self.series
        ]
        file = {**vars(self), "series": described}
        name, identity = file.pop("name"), file.pop("identity")
        file["tls"] = identity and {"name": name, **asdict(identity)}
        return json.dumps(file).encode()


@dataclass(frozen=True)
class CpuReport:
    """How many seconds of a processor the prober has used so far."""

    at_s: float
    cpu_s: float


@dataclass(frozen=True)
class ProbeSchedule:
    """When the first probe is due; with `ended`, when the schedule ended."""

    at_s: float
    ended: bool


def read_line(text: str | bytes, worker: str) -> Sample | Event | CpuReport | ProbeSchedule:
    """Read one line of a worker's prober. Raises ValueError for any other line, as a traceback."""
    fields = json.loads(text)
    try:
        if "outcome" in fields:
            return Sample(worker=worker, **fields)
        if "cpu_s" in fields:
            return CpuReport(**fields)
        if "event" in fields:
            kind, t_s = fields.pop("event"), fields.pop("at_s")
            return from_line({"kind": kind, "t_s": t_s, "worker": worker, **fields})
        ended = "end_s" in fields
        return ProbeSchedule(fields["end_s" if ended else "begin_s"], ended)
    except (LookupError, TypeError) as error:
        raise ValueError(f"not a line of a prober: {text!r}") from error


def mean_cores(reports: Sequence[CpuReport]) -> float | None:
    """Return how many cores the prober took on average; None without two reports."""
    if not reports or reports[-1].at_s <= reports[0].at_s:
        return None
    first, last = reports[0], reports[-1]
    return (last.cpu_s - first.cpu_s) / (last.at_s - first.at_s)
