"""Which requests are sent, how often, and how they are judged: the defaults of a trial."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from chaos.errors import InputError
from lab.access import NAMESPACE

DEADLINE_S = 1.0
CLIENT_TIMEOUT_S = 4.0
MAX_RATE_HZ = 100.0
_RATE = re.compile(r"^(?P<probe>[a-z]+)(:(?P<connection>[a-z]+))?=(?P<hz>\d+(\.\d+)?)$")
CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


@dataclass(frozen=True)
class Series:
    """One kind of request on one kind of connection, at `rate_hz` on each worker."""

    probe: str
    connection: str
    rate_hz: float


# Chosen so that the probers of two workers together stay under a quarter of a core at
# 2.6 CPU ms a new connection and 0.5 a reused one.
DEFAULT_SERIES = (
    Series("read", "new", 10),
    Series("read", "reused", 10),
    Series("write", "new", 5),
    Series("write", "reused", 5),
    Series("watch", "reused", 5),
    Series("livez", "new", 1),
    Series("livez", "reused", 1),
    Series("readyz", "new", 1),
    Series("readyz", "reused", 1),
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
        hit = [one for one in series if _is_meant(one, match["probe"], match["connection"])]
        if not hit:
            known = ", ".join(f"{one.probe}:{one.connection}" for one in series)
            raise InputError(f"--rate {text}: no such series; there are {known}")
        series = tuple(replace(one, rate_hz=wanted) if one in hit else one for one in series)
    return series


def _is_meant(series: Series, probe: str, connection: str | None) -> bool:
    return series.probe == probe and connection in (None, series.connection)


def request_of(series: Series, worker: str) -> dict[str, Any]:
    """Return the prober's description of one series; each writes an object of its own."""
    described: dict[str, Any] = {
        "probe": series.probe,
        "connection": series.connection,
        "rate_hz": series.rate_hz,
        "method": "GET",
    }
    if series.probe in ("write", "watch"):
        name = f"probe-{worker}-{series.connection}"
        if series.probe == "watch":
            name = f"heartbeat-{worker}"
            described["watch_path"] = f"{CONFIGMAPS}?watch=1&fieldSelector=metadata.name%3D{name}"
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "data": {"value": "%d"},
        }
        described |= {
            "method": "PATCH",
            "path": f"{CONFIGMAPS}/{name}?fieldManager=halab&force=true",
            "body": json.dumps(body),
            "content_type": "application/apply-patch+yaml",
        }
    elif series.probe == "read":
        described["path"] = f"{CONFIGMAPS}/probe"
    else:
        described["path"] = f"/{series.probe}"
    return described
