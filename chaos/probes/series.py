"""The series of a trial: a probe on a kind of connection, its rate, and when a sample is good."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.probes.prober.requests import IDLE_SHARE
from chaos.probes.requests import PROBES
from reports.history.schema import SeriesRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.samples import Sample

DEADLINE_S = 1.0
CLIENT_TIMEOUT_S = 4.0
MAX_RATE_HZ = 100.0
_RATE = re.compile(r"^(?P<probe>[a-z]+)(:(?P<connection>[a-z]+))?=(?P<hz>\d+(\.\d+)?)$")


@dataclass(frozen=True)
class Series:
    """One kind of request on one kind of connection, at `rate_hz` on each worker."""

    probe: str
    connection: str
    rate_hz: float


DEFAULT_SERIES = tuple(
    Series(name, connection, rate_hz)
    for name, probe in PROBES.items()
    for connection, rate_hz in probe.rates_hz.items()
)


def with_rates(series: tuple[Series, ...], rates: list[str]) -> tuple[Series, ...]:
    """Change rates as asked for by PROBE[:CONNECTION]=HZ. Raises InputError."""
    for text in rates:
        match = _RATE.match(text)
        wanted = match and float(match["hz"])
        if match is None or not wanted or not 0 < wanted <= MAX_RATE_HZ:
            raise InputError(
                f"--rate {text}: wanted PROBE[:CONNECTION]=HZ with at most {MAX_RATE_HZ:g} Hz, "
                "for example read:new=50"
            )
        probe, connection = match["probe"], match["connection"]
        matching = [s for s in series if s.probe == probe and connection in (None, s.connection)]
        if not matching:
            names = ", ".join(f"{s.probe}:{s.connection}" for s in series)
            raise InputError(f"--rate {text}: no such series; there are {names}")
        series = tuple(replace(s, rate_hz=wanted) if s in matching else s for s in series)
    return series


def can_be_kept(series: Series, closes_idle_s: float) -> bool:
    """Whether a reused connection of a series is used again before a balancer closes it.

    `closes_idle_s`: after so long without traffic it does, 0 for never.
    """
    alone_s = 1 / series.rate_hz
    return (
        series.connection != "reused" or not closes_idle_s or alone_s <= IDLE_SHARE * closes_idle_s
    )


def series_records(series: Sequence[Series], workers: Sequence[str]) -> list[SeriesRecord]:
    """Return the records of series that each of these workers has."""
    return [SeriesRecord(**asdict(s), workers=list(workers)) for s in series]


def is_good(sample: Sample, deadline_s: float = DEADLINE_S) -> bool:
    """Whether a probe was answered with success within the deadline."""
    return sample.outcome == "ok" and sample.ended_s - sample.started_s <= deadline_s
