"""What is wrong in a history, and the operations that show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from reports.history.operations import operations_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from reports.analysis.consistency.codes import Numbers
    from reports.history.operations import Operation

Rule = Literal["unique", "order", "value", "invented", "repeated", "lost", "watch"]
RULES: tuple[Rule, ...] = get_args(Rule)
# So many of a rule are shown with their operations; all are counted.
SHOWN = 500


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, and the operations that show it."""

    rule: Rule
    note: str
    operations: tuple[Operation, ...]


class Found:
    """Collects violations rule by rule: how many there are, and the first of them."""

    def __init__(self, frame: pd.DataFrame, fixed: dict[int, int]) -> None:
        self._frame = frame
        self._fixed = fixed
        self.counts: dict[Rule, int] = dict.fromkeys(RULES, 0)
        self.shown: list[Violation] = []

    def add(self, rule: Rule, wrong: Iterable[int] | Numbers) -> Iterator[int]:
        """Count what is wrong with a rule, and yield what of it is to be shown."""
        places = list(wrong)
        room = max(0, SHOWN - self.counts[rule])
        self.counts[rule] += len(places)
        yield from (int(place) for place in places[:room])

    def show(self, rule: Rule, note: str, rows: Iterable[int] = ()) -> None:
        """Show one violation with its operations, rows of the frame."""
        self.shown.append(Violation(rule, note, tuple(self.operation(row) for row in rows)))

    def operation(self, row: int) -> Operation:
        """Return an operation; an unanswered write that was seen is at the revision it has."""
        (one,) = operations_at(self._frame, [row])
        if row not in self._fixed:
            return one
        at = self._fixed[row]
        return replace(one, outcome="ok", complete_s=float("inf"), revision=at, mod_revision=at)
