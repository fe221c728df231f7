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
    from reports.locale.message import Message

Rule = Literal["unique", "order", "value", "invented", "repeated", "lost", "watch"]
RULES: tuple[Rule, ...] = get_args(Rule)
# So many of a rule are kept with their operations; all are counted.
KEPT_VIOLATIONS = 500


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, and the operations that show it."""

    rule: Rule
    note: Message
    operations: tuple[Operation, ...]


class Violations:
    """Collects violations rule by rule: how many there are, and the first of them."""

    def __init__(self, frame: pd.DataFrame, fixed: dict[int, int]) -> None:
        self._frame = frame
        self._fixed = fixed
        self.counts: dict[Rule, int] = dict.fromkeys(RULES, 0)
        self.kept: list[Violation] = []

    def add(self, rule: Rule, wrong: Iterable[int] | Numbers) -> Iterator[int]:
        """Count places that break a rule, and yield those that are to be kept."""
        places = list(wrong)
        room = max(0, KEPT_VIOLATIONS - self.counts[rule])
        self.counts[rule] += len(places)
        yield from (int(place) for place in places[:room])

    def keep(self, rule: Rule, note: Message, rows: Iterable[int] = ()) -> None:
        """Keep a violation with its operations, rows of the frame."""
        self.kept.append(Violation(rule, note, tuple(self.operation(row) for row in rows)))

    def operation(self, row: int) -> Operation:
        """Return an operation; an unanswered write that was read is at the revision it has."""
        (operation,) = operations_at(self._frame, [row])
        if row not in self._fixed:
            return operation
        at = self._fixed[row]
        return replace(
            operation, outcome="ok", complete_s=float("inf"), revision=at, mod_revision=at
        )
