"""How much of this machine's processors is in use: labs, their load and all else share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable


def processors_in_use() -> Callable[[], float]:
    """Return what measures the share, 0 to 1, of all processors that was in use since this call."""
    idle_before_s, all_before_s = _idle_and_all_s()

    def share() -> float:
        idle_s, all_s = _idle_and_all_s()
        idle_s, all_s = idle_s - idle_before_s, all_s - all_before_s
        return 1 - idle_s / all_s if all_s > 0 else 0.0

    return share


def _idle_and_all_s() -> tuple[float, float]:
    """Return the seconds of processors without work, and all; user's have those of guests in them.

    A processor that waits for a disk is free for others.
    """
    times = psutil.cpu_times()
    of = times._asdict()
    idle_s = of["idle"] + of.get("iowait", 0.0)
    return idle_s, sum(of.values()) - of.get("guest", 0.0) - of.get("guest_nice", 0.0)
