"""Which series a trial has: probes on connections, how often, and how they are judged."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from chaos.errors import InputError
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
        hit = [s for s in series if s.probe == probe and connection in (None, s.connection)]
        if not hit:
            known = ", ".join(f"{one.probe}:{one.connection}" for one in series)
            raise InputError(f"--rate {text}: no such series; there are {known}")
        series = tuple(replace(one, rate_hz=wanted) if one in hit else one for one in series)
    return series


def series_records(series: Sequence[Series], workers: Sequence[str]) -> list[SeriesRecord]:
    """Return what a record says of series that each of these workers has."""
    return [SeriesRecord(**asdict(one), workers=list(workers)) for one in series]


def is_good(sample: Sample, deadline_s: float = DEADLINE_S) -> bool:
    """Whether a probe was answered well within the deadline."""
    return sample.outcome == "ok" and sample.ended_s - sample.started_s <= deadline_s
