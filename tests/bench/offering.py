"""How many operations a second are acknowledged, without retries: directly at etcd, by proxies."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from rich.table import Table

from chaos.operations import Operations
from chaos.proof.clients import Clients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.lab import Lab

LENGTH_S = 8.0
ETCD_HZ = 600.0
PROXIES_HZ = 150.0


def offered(lab: Lab) -> Table:
    """Offer operations to a quiet lab, one way after the other."""
    table = Table("how", "offered /s", "acknowledged /s", "p50 ms", "p99 ms", title="operations")
    seen: list[dict[str, Any]] = []
    with Clients(lab, 0, seen.append, ETCD_HZ) as clients:
        time.sleep(LENGTH_S)
        clients.finish()
    table.add_row("etcd, directly", f"{ETCD_HZ:g}", *_figures(seen))
    seen = []
    with Operations(lab, PROXIES_HZ, random.Random(0), seen.append) as operations:
        time.sleep(LENGTH_S)
        operations.finish()
    table.add_row("ConfigMaps, proxies", f"{PROXIES_HZ:g}", *_figures(seen))
    return table


def _figures(seen: Sequence[dict[str, Any]]) -> tuple[str, str, str]:
    """Count requests, not lines: a list is one request."""
    asked = {(one["process"], one["invoke_s"]): one for one in seen if one["op"] != "watch"}
    ok = [one for one in asked.values() if one["outcome"] == "ok"]
    span_s = max(one["complete_s"] for one in ok) - min(one["invoke_s"] for one in ok)
    took_ms = sorted(1000 * (one["complete_s"] - one["invoke_s"]) for one in ok)
    middle, late = took_ms[len(took_ms) // 2], took_ms[int(0.99 * len(took_ms))]
    return f"{len(ok) / span_s:.0f}", f"{middle:.1f}", f"{late:.1f}"
