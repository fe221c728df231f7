"""Three-valued verdicts. What was not shown is unknown, never a pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.history.text import Text

VerdictValue = Literal["violated", "unknown", "holds"]
# The worst first.
VERDICT_VALUES: tuple[VerdictValue, ...] = get_args(VerdictValue)
# Below this a figure about failover is an anecdote, and its verdict says so.
FEW_TRIALS = 10
# Below these n the order statistics give no interval at 95 %: 2 * 0.5**n and 0.95**n are too big.
MEDIAN_TRIALS = 6
P95_TRIALS = 59


@dataclass(frozen=True)
class Verdict:
    """One expectation, judged: the note says on what figure, or why nothing can be said.

    The remark is the expectation's own: where its bound comes from, or what was learnt.
    """

    id: str
    experiment: str
    verdict: VerdictValue
    note: str
    remark: Text | None = None


def worst(kinds: Iterable[VerdictValue]) -> VerdictValue:
    """Return the verdict that stands for all; that of none at all is unknown."""
    return min(kinds, key=VERDICT_VALUES.index, default="unknown")


def trials_text(trials: int) -> str:
    """Say how many trials there were, and whether they are few for a figure about failover."""
    few = ", too few to rely on" if trials < FEW_TRIALS else ""
    return f"{trials} trial{'s' if trials > 1 else ''}{few}"


def over_trials(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return one verdict an expectation: the worst over its trials, with that trial's note."""
    by_expectation: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        by_expectation.setdefault((verdict.experiment, verdict.id), []).append(verdict)
    joined = []
    for mine in by_expectation.values():
        kind = worst(verdict.verdict for verdict in mine)
        deciding = [verdict for verdict in mine if verdict.verdict == kind]
        of = f"{len(deciding)} of " if len(mine) > 1 else ""
        note = f"{deciding[0].note}; {of}{trials_text(len(mine))}"
        joined.append(replace(deciding[0], note=note))
    return joined
