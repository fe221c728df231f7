"""Which requests are sent, how often, and how they are judged: the defaults of a trial."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from lab.access import NAMESPACE

DEADLINE_S = 1.0
CLIENT_TIMEOUT_S = 4.0
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
    Series("livez", "new", 1),
    Series("livez", "reused", 1),
    Series("readyz", "new", 1),
    Series("readyz", "reused", 1),
)


def request_of(series: Series, worker: str) -> dict[str, Any]:
    """Return the prober's description of one series; each writes an object of its own."""
    described: dict[str, Any] = {
        "probe": series.probe,
        "connection": series.connection,
        "rate_hz": series.rate_hz,
        "method": "GET",
    }
    if series.probe == "write":
        name = f"probe-{worker}-{series.connection}"
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
