"""The findings of the check of operations, as tables of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.analysis.suite import SuiteAnalysis
    from reports.locale.catalogue import Words
    from reports.locale.message import Message

# A page shows so many violations; tables/violations.csv has more.
MOST_VIOLATIONS = 200
# what is counted beside the violations
COUNTS = ("acknowledged", "reads", "events", "unanswered", "seen_later")


def count_columns(analysis: SuiteAnalysis, words: Words) -> list[str]:
    """Return the heads of the counts of `count_rows`."""
    checks = [trial.check for trial in analysis.trials if trial.check is not None]
    rules = [f"rule-{rule}" for rule in checks[0].counts] if checks else []
    return [words[name] for name in (*COUNTS, *rules)]


def count_rows(analysis: SuiteAnalysis) -> list[tuple[int, str, list[int], Message | None]]:
    """Return trial, experiment, counts and why they prove nothing of each trial with operations."""
    return [
        (
            trial.history.record.index,
            trial.history.experiment.id,
            [
                *(getattr(trial.check, name) for name in COUNTS),
                *trial.check.counts.values(),
            ],
            trial.check.unknown,
        )
        for trial in analysis.trials
        if trial.check is not None
    ]


def violation_rows(
    analysis: SuiteAnalysis, words: Words
) -> list[tuple[int, str, str, Message, list[Message]]]:
    """Return trial, experiment, rule, note and operations of the first violations."""
    rows = [
        (
            trial.history.record.index,
            trial.history.experiment.id,
            words[f"rule-{violation.rule}"],
            violation.note,
            [operation.text for operation in violation.operations],
        )
        for trial in analysis.trials
        if trial.check is not None
        for violation in trial.check.violations[:MOST_VIOLATIONS]
    ]
    return rows[:MOST_VIOLATIONS]
