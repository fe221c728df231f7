"""A comparison as texts for a console, in any language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.locale.catalogue import text_of, words_of
from reports.locale.message import message
from reports.render.console_table import ConsoleTable

if TYPE_CHECKING:
    from reports.bracket import Bracket
    from reports.compare.comparison import Change, Comparison, Conclusion
    from reports.compare.sides import Side
    from reports.locale.catalogue import Words
    from reports.locale.message import Message

COLUMNS = ("fault", "metric", "n", "A", "B", "change-interval", "conclusion")
CONCLUSIONS: dict[Conclusion, str] = {
    "worse": "change-worse",
    "better": "change-better",
    "nothing": "change-none",
    "too few trials": "change-too-few",
}


def left_out_texts(comparison: Comparison, lang: str) -> list[str]:
    """Return which trials and injections are not compared, and why."""
    reasons = [*comparison.a.left_out, *comparison.b.left_out]
    return [text_of(message("left-out", what=reason), lang) for reason in reasons]


def heading_texts(comparison: Comparison, lang: str) -> list[str]:
    """Return what is compared, and in what the settings differ."""
    messages = [_summary("A", comparison.a), _summary("B", comparison.b)]
    messages += [message("sides-differ", difference=text) for text in comparison.differs]
    return [text_of(text, lang) for text in messages]


def _summary(name: str, side: Side) -> Message:
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
        interval = f"{_number(change.difference.lower)} … {_number(change.difference.upper)}"
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
                "verdict-changed" if change.a else "verdict-new",
                experiment=change.experiment,
                expectation=change.id,
                before=message(change.a or "none"),
                now=message(change.b),
            ),
            lang,
        )
        for change in comparison.changed_verdicts
    ]
