"""The figures of grades and costs, for claims and expectations of documents to be decided by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.bracket import Bracket, Figure, exact, unknown
from reports.grade import GRADES, worst_grade
from reports.history.series_names import series_text
from reports.locale.message import Message, joined, message
from reports.verdict import trials_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.analysis.fault_grades import Estimate, FaultGrade
    from reports.grade import Grade

Named = tuple[str, Figure]


def grade_figures(grades: Sequence[FaultGrade], lack: Message | None) -> Iterator[Named]:
    """Name the figures of one experiment; of several injections each for itself, too.

    [INJECTION.]grade.GRADE: 1 if that is the worst grade, 0 if not.
    [INJECTION.]PROBE.CONNECTION.lost_s and .bad_share: of the worst worker, trial and injection.
    `lack`: why its trials have no figures (evidence.lack_of_trials); a fault is down all the same.
    """
    if not grades:
        return
    yield from _figures(grades, lack)
    for grade in grades if len(grades) > 1 else ():
        of_injection = _figures([grade], lack)
        yield from ((f"{grade.injection}.{name}", figure) for name, figure in of_injection)


def _figures(grades: Sequence[FaultGrade], lack: Message | None) -> Iterator[Named]:
    lack = lack or next((grade.unknown for grade in grades if grade.grade is None), None)
    yield from ((f"grade.{name}", _is_grade(name, grades, lack)) for name in GRADES)
    kinds = dict.fromkeys(cost.kind for grade in grades for cost in grade.costs)
    for probe, connection in kinds:
        same = [
            cost for grade in grades for cost in grade.costs if cost.kind == (probe, connection)
        ]
        series = series_text(probe, connection)
        estimates = {
            "lost_s": [cost.lost_s for cost in same],
            "bad_share": [cost.bad_share for cost in same],
        }
        for name, values in estimates.items():
            figure = unknown(lack) if lack else _worst(values, name, series, grades)
            yield f"{probe}.{connection}.{name}", figure


def _is_grade(name: Grade, grades: Sequence[FaultGrade], lack: Message | None) -> Figure:
    """Return whether a grade is the worst; what was not observed may be worse than what was."""
    known = [grade.grade for grade in grades if grade.grade]
    if not known:
        return unknown(lack or message("no-trial"))
    worst = worst_grade(known)
    may_be = worst != GRADES[0] and GRADES.index(name) <= GRADES.index(worst)
    if may_be and lack:
        return unknown(lack)
    if may_be and any(grade.is_at_least for grade in grades):
        return unknown(message("grade-at-least", grade=Message(f"grade-{worst}")))
    evidence = [
        message(
            "grade-of-trials",
            injection=grade.injection,
            grade=Message(f"grade-{grade.grade}"),
            graded_so=grade.graded_so,
            n=grade.n,
        )
        for grade in grades
        if grade.grade
    ]
    return exact(name == worst, joined(*evidence))


def _worst(
    estimates: Sequence[Estimate | None],
    name: str,
    series: Message,
    grades: Sequence[FaultGrade],
) -> Figure:
    known = [estimate.worst for estimate in estimates if estimate]
    if len(known) < len(estimates):
        return unknown(message("cost-no-plateau"))
    bracket = Bracket.largest(known)
    text = bracket.text(".2f" if name == "lost_s" else ".1%")
    key = "cost-lost" if name == "lost_s" else "cost-bad-share"
    trials = trials_text(min(grade.n for grade in grades))
    return Figure(bracket, message(key, series=series, value=text, trials=trials))
