"""Grades and costs of faults in words: the sentence that opens a report, and a row a fault."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from reports.grade import BLIP_S, DOWN_S, DOWN_SHARE, GRADES, LEVEL
from reports.history.series_names import series_text
from reports.locale.catalogue import text_of, words_of
from reports.locale.message import Message, joined, message
from reports.render.figures import seconds, share
from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.analysis.fault_grades import Estimate, FaultCost, FaultGrade
    from reports.analysis.suite import SuiteAnalysis
    from reports.bracket import Bracket
    from reports.grade import Grade
    from reports.locale.catalogue import Words

# the colour of a headline, the gravest first
Tone = Literal["bad", "late", "good"]
OF_VERDICTS: dict[str, Tone] = {"violated": "bad", "unknown": "late", "holds": "good"}
OF_GRADES: dict[Grade | None, Tone] = {
    "down": "bad",
    "degraded": "late",
    "blip": "good",
    "unnoticed": "good",
    None: "late",
}
# what failures of a grade did to clients, where no number says more
OF_ALL: dict[Grade | None, str] = {
    "down": "failures-down",
    "unnoticed": "failures-unnoticed",
    None: "failures-unknown",
}


def tone(analysis: SuiteAnalysis) -> Tone:
    """Return the colour of the headline: the gravest of verdicts and grades.

    Several failures at once may take clients down, as when a quorum is lost: that is no success,
    and no fault of the cluster either.
    """
    tones = {OF_VERDICTS[worst(verdict.verdict for verdict in analysis.verdicts)]}
    for grade in analysis.grades:
        of_grade = OF_GRADES[grade.grade]
        tones.add("late" if of_grade == "bad" and not grade.single else of_grade)
        if grade.is_at_least:
            tones.add("late")
    order: tuple[Tone, ...] = ("bad", "late", "good")
    return next(name for name in order if name in tones)


def grade_sentence(analysis: SuiteAnalysis, lang: str) -> str:
    """Return what clients noticed of the faults of a run; "" where none was graded."""
    single = [grade for grade in analysis.grades if grade.single]
    multiple = [grade for grade in analysis.grades if not grade.single]
    sentences = [
        _sentence(kind, grades, lang)
        for kind, grades in (("single", single), ("multiple", multiple))
        if grades
    ]
    return words_of(lang)["sentence-separator"].join(sentences)


def _sentence(kind: str, grades: Sequence[FaultGrade], lang: str) -> str:
    """Say of failures how many had which grade, the mildest first."""
    kinds: list[Grade | None] = [*reversed(GRADES), None]
    same = {name: [grade for grade in grades if grade.grade == name] for name in kinds}
    clauses = {name: _clause(name, of_grade) for name, of_grade in same.items() if of_grade}
    open_ends = sum(grade.is_at_least for grade in grades)
    if len(grades) == 1:
        (clause,) = clauses.values()
        key = "lone-failure-at-least" if open_ends else f"lone-{kind}-failure"
        return text_of(message(key, clause=clause), lang)
    counted = [
        text_of(message("failures-counted", count=len(same[name]), clause=clause), lang)
        for name, clause in clauses.items()
    ]
    if open_ends:
        counted.append(text_of(message("failures-at-least", count=open_ends), lang))
    listed = words_of(lang)["clause-separator"].join(counted)
    return text_of(message(f"{kind}-failures", count=len(grades), clauses=listed), lang)


def _clause(name: Grade | None, grades: Sequence[FaultGrade]) -> Message:
    """Say what failures of one grade did to clients."""
    if name == "blip":
        lost_s = max(cost.lost_s.worst.lower for it in grades for cost in it.costs if cost.lost_s)
        return message("failures-blip", lost_s=lost_s)
    if name != "degraded":
        return message(OF_ALL[name])
    lengths = [_length_s(grade) for grade in grades]
    shortest_s = _rounded_s(min(length.lower for length in lengths))
    longest_s = _rounded_s(max(length.lower for length in lengths))
    if any(math.isinf(length.upper) for length in lengths):
        return message("failures-degraded-open", shortest_s=shortest_s)
    key = "failures-degraded-alike" if shortest_s == longest_s else "failures-degraded"
    return message(key, shortest_s=shortest_s, longest_s=longest_s)


def _rounded_s(length_s: float) -> str:
    """Return whole seconds, and tenths where whole ones would say little."""
    return f"{length_s:.0f}" if length_s >= 2 else f"{length_s:.1f}"


def _length_s(grade: FaultGrade) -> Bracket:
    """Return how long a fault degraded clients: the series that it degraded for longest."""
    lengths = [cost.affected_s for cost in grade.costs if cost.grade == grade.grade]
    return max((it.median for it in lengths if it), key=lambda it: (it.upper, it.lower))


def grade_rules(words: Words) -> list[str]:
    """Return the rules that grades and costs follow."""
    rules = words["grade-rules"].format(
        percent=DOWN_SHARE * 100, down_s=DOWN_S, blip_s=BLIP_S, level=LEVEL * 100
    )
    return [rules, words["cost-rules"]]


def grade_rows(analysis: SuiteAnalysis, lang: str) -> list[dict[str, Any]]:
    """Return a row a fault, as the experiments are ordered."""
    words = words_of(lang)
    first = {trial.history.experiment.id: trial.history for trial in reversed(analysis.trials)}
    ids = [grade.experiment for grade in analysis.grades]
    return [
        {
            "title": first[grade.experiment].experiment.title.in_language(lang),
            "injection": grade.injection if ids.count(grade.experiment) > 1 else "",
            "index": first[grade.experiment].record.index,
            "grade": grade.grade or "unknown",
            "at_least": grade.is_at_least,
            "some": message("grade-in-trials", graded_so=grade.graded_so, n=grade.n)
            if grade.graded_so < grade.n
            else None,
            **_cost_texts(grade.costs[0] if grade.costs else None, words),
            "measured": _measured(grade),
        }
        for grade in analysis.grades
    ]


def _cost_texts(cost: FaultCost | None, words: Words) -> dict[str, str]:
    lost_s, bad_share = (cost.lost_s, cost.bad_share) if cost else (None, None)
    return {
        "lost": _text(lost_s, seconds, words),
        "lost_interval": _interval(lost_s, seconds),
        "share": _text(bad_share, share, words),
        "share_interval": _interval(bad_share, share),
    }


def _text(estimate: Estimate | None, write: Callable[[float], str], words: Words) -> str:
    """Write a median, with its lower end alone where its upper one says nothing."""
    if estimate is None:
        return "–"
    median = estimate.median
    if median.upper == 0:
        return words["none"]
    return write(median.lower) if median.is_exact else _span(median, write)


def _interval(estimate: Estimate | None, write: Callable[[float], str]) -> str:
    """Write an interval; "" where there is none, or nothing was ever lost."""
    interval = estimate.interval if estimate else None
    return _span(interval, write) if interval and interval.upper else ""


def _span(bracket: Bracket, write: Callable[[float], str]) -> str:
    if math.isinf(bracket.upper):
        return f"≥ {write(bracket.lower)}"
    return f"{write(bracket.lower)} – {write(bracket.upper)}"


def _measured(grade: FaultGrade) -> list[Message]:
    """Say on which series the cost was measured, how often, and what was left out."""
    parts = []
    if grade.costs:
        cost = grade.costs[0]
        series = series_text(cost.probe, cost.connection)
        parts.append(message("cost-of-series", series=series, n=grade.n))
        if cost.bound:
            parts.append(message("cost-at-least", reason=cost.bound))
    if grade.left_out and grade.unknown:
        parts.append(message("grade-left-out", count=grade.left_out, reason=grade.unknown))
    if grade.together:
        parts.append(message("grade-together", faults=", ".join(grade.together)))
    return [joined(*parts)] if parts else []
