"""The processor time that the probers of a run need, checked before anything is started.

The proxy and the apiserver need at least as much again for each request, and the components of the
lab need the rest. Probers that take more than their share would measure themselves.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chaos.errors import InputError
from chaos.probes.requests import PROBES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.probes.series import Series

# An idle prober: its reports and its timers.
IDLE_CORES = 0.001
# The part of all cores that probing may take.
SHARE = 0.25


def cores_needed(series: Sequence[Series], workers: int) -> float:
    """Return how many cores the probers of this number of workers will take."""
    ms_a_second = sum(
        entry.rate_hz * PROBES[entry.probe].cpu_ms[entry.connection] for entry in series
    )
    return workers * (ms_a_second / 1000 + IDLE_CORES)


def check_cost(series: Sequence[Series], workers: int, cores: int | None = None) -> None:
    """Raise InputError when the probers need too much. `cores`: None for this machine's number."""
    available = len(os.sched_getaffinity(0)) if cores is None else cores
    needed, allowed = cores_needed(series, workers), SHARE * available
    if needed > allowed:
        rate_hz = sum(entry.rate_hz for entry in series)
        raise InputError(
            f"the probers of {workers} worker{'s' * (workers != 1)} would take about "
            f"{needed:.2f} cores at {rate_hz:g} requests a second each; of this machine's "
            f"{available} cores at most {allowed:.2f} may go into probing. "
            f"Ask for fewer workers, or for lower rates: {allowed / needed:.0%} of them fits"
        )
