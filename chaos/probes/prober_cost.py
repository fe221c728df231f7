"""What the probers of a run will cost, asked before anything is started.

The other side of a connection, the proxy and the apiserver, costs at least as much again, and the
components of the lab need the rest: probers that would take more than their share measure
themselves.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.probes.requests import PROBES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.probes.series import Series

# A prober that idles: its reports and its timers.
IDLE_CORES = 0.001
# At most this part of all cores may go into probing.
SHARE = 0.25


def cores_needed(series: Sequence[Series], workers: int) -> float:
    """Return how many cores the probers of so many workers are expected to take."""
    ms_a_second = sum(each.rate_hz * PROBES[each.probe].cpu_ms[each.connection] for each in series)
    return workers * (ms_a_second / 1000 + IDLE_CORES)


def check_cost(series: Sequence[Series], workers: int, cores: int | None = None) -> None:
    """Raise InputError when this machine cannot carry the probers. `cores`: this machine's."""
    available = len(os.sched_getaffinity(0)) if cores is None else cores
    needed, allowed = cores_needed(series, workers), SHARE * available
    if needed > allowed:
        rate_hz = sum(each.rate_hz for each in series)
        raise InputError(
            f"the probers of {workers} worker{'s' * (workers != 1)} would take about "
            f"{needed:.2f} cores at {rate_hz:g} requests a second each; of this machine's "
            f"{available} cores at most {allowed:.2f} may go into probing. "
            f"Ask for fewer workers, or for lower rates: {allowed / needed:.0%} of them fits"
        )
