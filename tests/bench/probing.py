"""What the default probers of two workers cost, and how late they are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Table

from chaos.probes.probers import Probers
from chaos.probes.series import DEFAULT_SERIES

if TYPE_CHECKING:
    from lab.lab import Lab
    from reports.history.samples import Sample

LENGTH_S = 20.0


def cost(lab: Lab) -> Table:
    """Run the probers on a quiet lab."""
    samples: list[Sample] = []
    with Probers(lab, DEFAULT_SERIES, samples.append, lambda _: None) as probers:
        time.sleep(LENGTH_S)
        shares = probers.cpu_shares()
    late_ms = sorted(1000 * (one.started_s - one.scheduled_s) for one in samples)
    table = Table("what", "value", title=f"probers, {LENGTH_S:g} s at the default rates")
    table.add_row("cores, all workers together", f"{sum(shares.values()):.3f}")
    table.add_row("probes", str(len(samples)))
    table.add_row("CPU ms a probe", f"{1000 * sum(shares.values()) * LENGTH_S / len(samples):.2f}")
    table.add_row("lateness p99, ms", f"{late_ms[int(0.99 * len(late_ms))]:.1f}")
    table.add_row("lateness max, ms", f"{late_ms[-1]:.1f}")
    return table
