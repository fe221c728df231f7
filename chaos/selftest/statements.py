"""What the self-test tries, in its order: statements about halab on this machine, and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reports.locale.message import message
from reports.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.locale.message import Message
    from reports.verdict import VerdictValue

Statement = Literal[
    "known-outage", "planted-stale-read", "planted-loss", "silent-fault", "clean-up"
]
# id -> its text in the catalogue
STATEMENTS: dict[Statement, str] = {
    "known-outage": "selftest-known-outage",
    "planted-stale-read": "selftest-planted-stale-read",
    "planted-loss": "selftest-planted-loss",
    "silent-fault": "selftest-silent-fault",
    "clean-up": "selftest-clean-up",
}
SUMMARIES: dict[VerdictValue, str] = {
    "holds": "selftest-believe",
    "violated": "selftest-do-not-believe",
    "unknown": "selftest-not-shown",
}
SELFTEST = "selftest"


def verdict(statement: Statement, value: VerdictValue, note: Message) -> Verdict:
    """Return the verdict on a statement."""
    return Verdict(statement, SELFTEST, value, note)


def summary(verdicts: Sequence[Verdict]) -> list[Message]:
    """Return what can be believed on this machine: what holds, what does not, what was not shown.

    One sentence for each of the three that there is.
    """
    texts = {str(statement): message(key) for statement, key in STATEMENTS.items()}
    groups = {
        value: tuple(texts[verdict.id] for verdict in verdicts if verdict.verdict == value)
        for value in SUMMARIES
    }
    return [message(SUMMARIES[value], items=items) for value, items in groups.items() if items]
