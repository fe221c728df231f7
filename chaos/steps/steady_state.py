"""The steady state: what must be seen before the first step, and again after the last."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STEADY_TIMEOUT_S = 40.0
POLL_S = 0.2


class NotSteadyError(ChaosError):
    """Something was not as it should be within its time; before a fault, or after its undo."""


def wait_steady(what: str, evidence: Callable[[], str]) -> None:
    """Wait until there is no evidence against a steady state. Raises NotSteadyError."""
    until_s = time.monotonic() + STEADY_TIMEOUT_S
    while against := evidence():
        if time.monotonic() > until_s:
            raise NotSteadyError(f"{what} was not reached within {STEADY_TIMEOUT_S:g} s: {against}")
        time.sleep(POLL_S)


def first_evidence(checks: Iterable[Callable[[], str]]) -> str:
    """Return the first evidence that any check has against the steady state, "" where none has."""
    return next((evidence for check in checks if (evidence := check())), "")
