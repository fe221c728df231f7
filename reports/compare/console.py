"""A comparison as texts for a console, in any language."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.locale.catalogue import text_of, words_of
from reports.locale.message import message
from reports.render.console_table import ConsoleTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.bracket import Bracket
    from reports.compare.comparison import Change, Comparison, Conclusion
    from reports.compare.plan import LimitPlan
    from reports.compare.sides import Side
    from reports.locale.catalogue import Words
    from reports.locale.message import Message

COLUMNS = ("fault", "metric", "n", "A", "B", "change-interval", "conclusion")
PLAN_COLUMNS = ("fault", "limit", "n", "deviation", "to-find", "trials-to-find", "trials-to-keep")
CONCLUSIONS: dict[Conclusion, str] = {
    "worse": "change-worse",
    "better": "change-better",
    "nothing": "change-none",
    "too few trials": "change-too-few",
    "not the same": "change-not-the-same",
    "as measured": "change-as-measured",
}


def left_out_texts(sides: Sequence[Side], lang: str) -> list[str]:
    """Return which trials and injections are not compared, and why."""
    reasons = [reason for side in sides for reason in side.left_out]
    return [text_of(message("left-out", what=reason), lang) for reason in reasons]


def heading_texts(comparison: Comparison, lang: str) -> list[str]:
    """Return what is compared, in what the settings differ, and what else to bear in mind."""
    messages = [_summary("A", comparison.a), _summary("B", comparison.b)]
    messages += [message("sides-differ", difference=text) for text in comparison.differs]
    messages += [message("remark", text=remark) for remark in comparison.remarks]
    return [text_of(text, lang) for text in messages]


def _summary(name: str, side: Side) -> Message:
    """Return what a side is: its runs and trials."""
    key = "side-of-single-run" if len(side.runs) == 1 else "side-of-runs"
    directory, runs = str(side.directory), len(side.runs)
    return message(key, side=name, directory=directory, runs=runs, trials=side.trials)


def change_table(comparison: Comparison, lang: str) -> ConsoleTable:
    """Return the table of metrics; an experiment is named in its first row."""
    words = words_of(lang)
    rows, last = [], ""
    for change in comparison.changes:
        experiment = change.metric.experiment
        rows.append([experiment if experiment != last else "", *_cells(change, words)])
        last = experiment
    return ConsoleTable("", tuple(words.get(column, column) for column in COLUMNS), 2, rows)


def _cells(change: Change, words: Words) -> list[str]:
    interval = "–"
    if change.difference is not None:
        ends = change.difference.interval
        estimate = _bracket(change.difference.estimate)
        interval = f"{estimate} [{_number(ends.lower)}, {_number(ends.upper)}]"
    return [
        change.metric.name,
        f"{change.a_trials}, {change.b_trials}",
        _bracket(change.a),
        _bracket(change.b),
        interval,
        words[CONCLUSIONS[change.conclusion]],
    ]


def _number(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.3g}"


def _bracket(bracket: Bracket) -> str:
    return "–" if math.isnan(bracket.lower) else bracket.text(".3g")


def verdict_texts(comparison: Comparison, lang: str) -> list[str]:
    """Return the verdicts that are not the same on both sides."""
    return [
        text_of(
            message(
                "verdict-changed",
                experiment=change.experiment,
                expectation=change.id,
                before=message(change.a or "not-there"),
                now=message(change.b or "not-there"),
            ),
            lang,
        )
        for change in comparison.changed_verdicts
    ]


def plan_table(plans: Sequence[LimitPlan], lang: str) -> ConsoleTable:
    """Return how many trials a side each limit needs."""
    words = words_of(lang)
    rows = [[plan.subject, plan.limit.text, str(plan.trials), *_planned(plan)] for plan in plans]
    return ConsoleTable("", tuple(words.get(column, column) for column in PLAN_COLUMNS), 2, rows)


def plan_texts(side: Side, plans: Sequence[LimitPlan], lang: str) -> list[str]:
    """Return what a plan is computed from, what its numbers are, and which limits have none."""
    notes = [
        message("labelled", name=plan.subject, text=plan.unknown) for plan in plans if plan.unknown
    ]
    return [
        text_of(text, lang) for text in (_summary("A", side), message("plan-of-limits"), *notes)
    ]


def _planned(plan: LimitPlan) -> list[str]:
    if plan.unknown:
        return ["–"] * 4
    unit = plan.limit.metric.measure.unit
    needed = (plan.needed_to_find, plan.needed_to_keep)
    return [
        _number(plan.deviation),
        replace(plan.limit.amount, number=plan.detect).text(unit),
        *("–" if count is None else str(count) for count in needed),
    ]
