"""Three-valued verdicts. What was not shown is unknown, never a pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.history.text import Text
    from reports.locale.message import Message

VerdictValue = Literal["violated", "unknown", "holds"]
# the worst first
VERDICT_VALUES: tuple[VerdictValue, ...] = get_args(VerdictValue)
# Below this a figure about failover is an anecdote, and its verdict says so.
FEW_TRIALS = 10
# Below these n the order statistics give no interval at 95 %: 2 * 0.5**n and 0.95**n are too big.
MEDIAN_TRIALS = 6
P95_TRIALS = 59


@dataclass(frozen=True)
class Verdict:
    """An expectation, judged. `note`: by which figure, or why nothing can be said.

    `remark`: the expectation's own note, on where its bound comes from, or what was learnt.
    """

    id: str
    experiment: str
    verdict: VerdictValue
    note: Message
    remark: Text | None = None


def worst(verdicts: Iterable[VerdictValue]) -> VerdictValue:
    """Return the worst verdict; unknown where there is none."""
    return min(verdicts, key=VERDICT_VALUES.index, default="unknown")


def trials_text(trials: int) -> Message:
    """Return how many trials there were, and whether they are too few for a figure of failover."""
    if trials == 1:
        return message("single-trial")
    return message("few-trials" if trials < FEW_TRIALS else "enough-trials", count=trials)


def over_trials(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return one verdict an expectation: the worst over its trials, with that trial's note."""
    by_expectation: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        by_expectation.setdefault((verdict.experiment, verdict.id), []).append(verdict)
    decided = []
    for same in by_expectation.values():
        value = worst(verdict.verdict for verdict in same)
        deciding = [verdict for verdict in same if verdict.verdict == value]
        trials = trials_text(len(same))
        if len(same) > 1:
            trials = message("deciding-trials", deciding=len(deciding), trials=trials)
        decided.append(replace(deciding[0], note=joined(deciding[0].note, trials)))
    return decided
