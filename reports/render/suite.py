"""The report of a suite: the context of its page and its Markdown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import words_of
from reports.locale.message import Message, message
from reports.render.about import about
from reports.render.consistency import count_columns, count_rows, violation_rows
from reports.render.distribution import distribution
from reports.render.grades import grade_rows, grade_rules, grade_sentence, tone
from reports.render.headline import headline, is_observation, worst_sentence
from reports.render.operations import demand, figure_rows, methods
from reports.render.tables import (
    RECOVERY_COLUMNS,
    STATE_COLUMNS,
    longest_outage_rows,
    recovery_texts,
    state_texts,
)
from reports.render.timeline import HEIGHTS
from reports.render.trials import trial_contexts
from reports.render.zoom import script_json
from reports.verdict import FEW_TRIALS

if TYPE_CHECKING:
    import pandas as pd

    from reports.analysis.suite import SuiteAnalysis

MOST_LOSSES = 20
ZOOM_WORDS = (
    *("zoom_in", "zoom_out", "earlier", "later", "everything", "seconds", "milliseconds"),
    *HEIGHTS,
)


def suite_context(analysis: SuiteAnalysis, lang: str) -> dict[str, Any]:
    """Return what the templates of a suite need."""
    words, record, tables = words_of(lang), analysis.record, analysis.tables
    tried = Counter(trial.history.record.experiment for trial in analysis.trials)
    sentences = suite_sentences(analysis, lang)
    return {
        "title": words["title_suite"].format(name=record.name),
        "headline": sentences[0],
        "more": [*sentences[1:], *filter(None, [worst_sentence(analysis, lang)])],
        "tone": tone(analysis),
        "missing": _losses(tables["losses"]),
        "about": about(record, words, lang),
        "few": 0 < min(tried.values(), default=0) < FEW_TRIALS and not is_observation(record),
        "requests": any(experiment.series for experiment in record.experiments),
        "demands": {
            (experiment.id, expectation.id): demand(expectation, words)
            for experiment in record.experiments
            for expectation in experiment.expect
        },
        "grades": grade_rows(analysis, lang),
        "grade_rules": grade_rules(words),
        "longest": longest_outage_rows(analysis, words, lang),
        "columns": RECOVERY_COLUMNS,
        "recovery": recovery_texts(tables["recovery"], record, words),
        "state_columns": STATE_COLUMNS,
        "states": state_texts(tables["recovery"], record, words),
        "outages": distribution(
            tables["worst"], tables["recovery"], record, _titles(analysis, lang), words
        ),
        "methods": methods(record, words),
        "figures": figure_rows(analysis, words),
        "count_columns": count_columns(analysis, words),
        "counts_of_operations": count_rows(analysis),
        "violations": violation_rows(analysis, words),
        "trials": trial_contexts(analysis, lang),
        "several": tried,
        "heights": HEIGHTS,
        "zoom_words": script_json({name: words[name] for name in ZOOM_WORDS}),
    }


def suite_sentences(analysis: SuiteAnalysis, lang: str) -> list[str]:
    """Return what a run shows: what clients noticed, how many expectations held, what limits it."""
    clients, machine = grade_sentence(analysis, lang), _scarce_sentence(analysis, lang)
    return [*filter(None, [clients]), headline(analysis, lang), *filter(None, [machine])]


def _scarce_sentence(analysis: SuiteAnalysis, lang: str) -> str:
    """Return in how many trials the machine was the limit; "" where it was none."""
    count = sum(bool(trial.scarce) for trial in analysis.trials)
    words, total = words_of(lang)["scarce-trials"], len(analysis.trials)
    return words.format(count=count, total=total) if count else ""


def _titles(analysis: SuiteAnalysis, lang: str) -> dict[str, str]:
    return {
        experiment.id: experiment.title.in_language(lang)
        for experiment in analysis.record.experiments
    }


def _losses(table: pd.DataFrame) -> list[Message]:
    """Return where probes are missing, the largest holes first."""
    ordered = table.sort_values("lost", ascending=False, kind="stable")
    losses = [
        message(
            "lost_samples",
            **{name: row[name] for name in ("lost", "trial", "worker", "from_s", "to_s")},
            probe=Message(str(row["probe"])),
            connection=Message(str(row["connection"])),
        )
        for row in ordered.head(MOST_LOSSES).to_dict("records")
    ]
    if (more := len(table) - MOST_LOSSES) > 0:
        losses.append(message("more_missing", count=more))
    return losses
