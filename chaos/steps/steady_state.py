"""The steady state: it must be reached before the first step, and again after the last."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from chaos.errors import ChaosError
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.plan import LabPlan
    from reports.locale.message import Message

    # What speaks against a steady state; None where nothing does.
    Evidence = Callable[[], Message | None]

STEADY_TIMEOUT_S = 40.0
POLL_S = 0.2


class Clock(Protocol):
    """The monotonic clock that a trial waits by, in seconds: the module `time`."""

    def monotonic(self) -> float:
        """Return the time now."""

    def sleep(self, secs: float, /) -> None:
        """Let time pass."""


class NotSteadyError(ChaosError):
    """No steady state within the time for it, before a fault or after its undo."""


def _never() -> bool:
    return False


def steady_timeout_s(plan: LabPlan) -> float:
    """Return within which a lab becomes steady: where nodes boot it takes longer."""
    return STEADY_TIMEOUT_S if plan.found is None else plan.restart_timeout_s


def wait_steady(
    state: Message,
    evidence: Evidence,
    timeout_s: float,
    clock: Clock = time,
    returning: Callable[[], bool] = _never,
) -> None:
    """Wait until there is no evidence against a steady state. Raises NotSteadyError.

    `state`: when it is to be steady, for the error. While masters are `returning` to a balancer,
    which is bounded by itself, the time for it does not pass.
    """
    until_s = clock.monotonic() + timeout_s
    while against := evidence():
        if returning():
            until_s = clock.monotonic() + timeout_s
        if clock.monotonic() > until_s:
            raise NotSteadyError(
                message("not-steady", state=state, timeout_s=timeout_s, evidence=against)
            )
        clock.sleep(POLL_S)


def first_evidence(checks: Iterable[Evidence]) -> Message | None:
    """Return the first evidence that any check has against the steady state."""
    return next((evidence for check in checks if (evidence := check())), None)
