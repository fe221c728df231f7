"""How many operations a second are acknowledged, without retries: directly at etcd, by proxies."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from rich.table import Table

from chaos.workload.operations import Operations
from reports.history.schema import OperationsRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.lab import Lab
    from reports.history.operations import Operation

LENGTH_S = 8.0
OFFERS = (
    ("etcd, directly", OperationsRecord(store="etcd", rate_hz=600.0, keys=6, timeout_s=2.0)),
    (
        "ConfigMaps, proxies",
        OperationsRecord(store="kubernetes", rate_hz=150.0, keys=6, timeout_s=2.0),
    ),
)


def offered(lab: Lab) -> Table:
    """Offer operations to a quiet lab, one way after the other."""
    table = Table("how", "offered /s", "acknowledged /s", "p50 ms", "p99 ms", title="operations")
    for how, asked in OFFERS:
        recorded: list[Operation] = []
        with Operations(
            lab, asked, random.Random(0), recorded.append, lambda _: None
        ) as operations:
            time.sleep(LENGTH_S)
            operations.finish()
        table.add_row(how, f"{asked.rate_hz:g}", *_figures(recorded))
    return table


def _figures(recorded: Sequence[Operation]) -> tuple[str, str, str]:
    """Count requests, not lines: a list is one request."""
    asked = {(one.process, one.invoke_s): one for one in recorded if one.op != "watch"}
    ok = [one for one in asked.values() if one.outcome == "ok"]
    span_s = max(one.complete_s for one in ok) - min(one.invoke_s for one in ok)
    took_ms = sorted(1000 * (one.complete_s - one.invoke_s) for one in ok)
    middle, late = took_ms[len(took_ms) // 2], took_ms[int(0.99 * len(took_ms))]
    return f"{len(ok) / span_s:.0f}", f"{middle:.1f}", f"{late:.1f}"
