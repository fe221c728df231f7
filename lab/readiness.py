"""Named, bounded waits for a lab that is coming up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_delay,
    wait_fixed,
)

from lab.errors import LabError, NotReadyError
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.sentence import Words

POLL_S = 0.1


def _may_change(error: BaseException) -> bool:
    return isinstance(error, LabError) and not isinstance(error, NotReadyError)


def wait_until(goal: Words, check: Callable[[], Words | None], timeout_s: float) -> float:
    """Poll until `check` returns None or "", and return the seconds it took.

    `check` returns the evidence against, or raises LabError; when it raises NotReadyError the wait
    ends at once. Raises NotReadyError with the goal, which names the wait, and the last evidence.
    """
    begun_s = time.monotonic()

    def attempt() -> None:
        evidence = check()
        if evidence:
            raise LabError(evidence)

    def give_up(state: RetryCallState) -> None:
        last = state.outcome.exception() if state.outcome else None
        raise NotReadyError(
            sentence(
                "goal-not-reached",
                "waited {timeout_s:g} s for {goal}; last seen: {evidence}",
                timeout_s=timeout_s,
                goal=goal,
                evidence=last.why if isinstance(last, LabError) else str(last),
            )
        )

    Retrying(
        wait=wait_fixed(POLL_S),
        stop=stop_after_delay(timeout_s),
        retry=retry_if_exception(_may_change),
        retry_error_callback=give_up,
    )(attempt)
    return time.monotonic() - begun_s
