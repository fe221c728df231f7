"""The kinds of request that are probed. To add a kind, add a row.

The CPU times of a probe are those of `make bench` on the development machine (2 cores, OpenSSL 3.0,
mutual TLS to a kube-apiserver), rounded up. A machine under load needs more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.rbac import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONFIGMAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


@dataclass(frozen=True)
class Request:
    """What a prober sends; "" for a part that it does not have.

    `%d` in `body` becomes a number that no other request has. With `watch_path` a request is a
    heartbeat: it is good when a watch of that path delivers it.
    """

    path: str
    method: str = "GET"
    body: str = ""
    content_type: str = ""
    watch_path: str = ""


@dataclass(frozen=True)
class Probe:
    """One kind of request. `rates_hz`: default rate on each worker, by mode of connection.

    `request`: returns the request of a worker and a mode. `cpu_ms`: CPU time of a probe, by mode.
    """

    rates_hz: Mapping[str, float]
    request: Callable[[str, str], Request]
    cpu_ms: Mapping[str, float]


def _apply(name: str, watch_path: str = "") -> Request:
    """Return a write of a ConfigMap; it creates a missing one."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"value": "%d"},
    }
    return Request(
        path=f"{CONFIGMAPS}/{name}?fieldManager=halab&force=true",
        method="PATCH",
        body=json.dumps(body),
        content_type="application/apply-patch+yaml",
        watch_path=watch_path,
    )


def _write(worker: str, connection: str) -> Request:
    return _apply(f"probe-{worker}-{connection}")  # each series writes its own object


def _heartbeat(worker: str, _connection: str) -> Request:
    name = f"heartbeat-{worker}"
    return _apply(name, f"{CONFIGMAPS}?watch=1&fieldSelector=metadata.name%3D{name}")


_CPU_MS = {"new": 2.5, "reused": 0.5}
# Rates are chosen so that the probers of two workers together stay under a quarter of a core.
PROBES: dict[str, Probe] = {
    "read": Probe({"new": 10, "reused": 10}, lambda *_: Request(f"{CONFIGMAPS}/probe"), _CPU_MS),
    "write": Probe({"new": 5, "reused": 5}, _write, _CPU_MS),
    "watch": Probe({"reused": 5}, _heartbeat, {"reused": 1.0}),  # a write and an event
    "livez": Probe({"new": 1, "reused": 1}, lambda *_: Request("/livez"), _CPU_MS),
    "readyz": Probe({"new": 1, "reused": 1}, lambda *_: Request("/readyz"), _CPU_MS),
}
