"""What `halab compare --json` prints: a comparison, or a plan of one, for other programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from reports.compare.comparison import Conclusion
from reports.compare.metrics import Statistic
from reports.document import MACHINE_LANGUAGE, VerdictDocument, verdict_documents
from reports.locale.catalogue import text_of
from reports.locale.printable import encodable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compare.comparison import Change, Comparison, Shift
    from reports.compare.plan import LimitPlan
    from reports.compare.sides import Side
    from reports.locale.message import Message

_STRICT = ConfigDict(extra="forbid")


class SideDocument(BaseModel):
    """A side: its runs, and the trials that prove nothing and were left out."""

    model_config = _STRICT

    directory: str
    runs: list[str]
    versions: dict[str, str]
    trials: int
    trials_planned: int
    trials_not_recovered: int
    left_out: list[str]


class ShiftDocument(BaseModel):
    """By how much the trials of B lie above those of A; null: no end."""

    model_config = _STRICT

    estimate_lower: float | None
    estimate_upper: float | None
    lower: float | None = Field(description="Of the 95 % interval.")
    upper: float | None
    p_value: float


class ChangeDocument(BaseModel):
    """A metric on both sides, medians or extremes over trials; null: no end, or unknown."""

    model_config = _STRICT

    experiment: str
    metric: str
    statistic: Statistic
    unit: str
    a_trials: int
    b_trials: int
    a_lower: float | None
    a_upper: float | None
    b_lower: float | None
    b_upper: float | None
    difference: ShiftDocument | None = Field(description="B less A.")
    ratio: ShiftDocument | None = Field(description="B over A.")
    conclusion: Conclusion = Field(
        description="What the difference shows, with at most 5 % of chance over all rows."
    )


class VerdictChangeDocument(BaseModel):
    """An expectation whose verdict is not the same on both sides; "" on a side without it."""

    model_config = _STRICT

    experiment: str
    id: str
    a: str
    b: str


class CompareDocument(BaseModel):
    """Two sides, compared. `verdicts`: of each limit."""

    model_config = _STRICT

    document_version: int = 2
    a: SideDocument
    b: SideDocument
    differs: list[str] = Field(description="In what the settings of the two differ.")
    remarks: list[str] = Field(description="What makes the figures less sure than they look.")
    changes: list[ChangeDocument]
    changed_verdicts: list[VerdictChangeDocument]
    verdicts: list[VerdictDocument]


class LimitPlanDocument(BaseModel):
    """How many trials a limit needs in an experiment; null: no number is enough, or unknown."""

    model_config = _STRICT

    limit: str
    experiment: str
    trials: int = Field(description="Measured trials of A, which this is computed from.")
    deviation: float | None = Field(description="Of a trial; of its logarithm for a ratio.")
    detect: float | None = Field(description="The true change that is to be found.")
    needed_to_find: int | None = Field(description="Trials a side find it in 80 of 100 runs.")
    needed_to_keep: int | None = Field(description="Trials a side show that no change is one.")
    unknown: str = Field(description="Why nothing can be said, else empty.")


class PlanDocument(BaseModel):
    """What `halab compare A --plan` prints."""

    model_config = _STRICT

    document_version: int = 1
    a: SideDocument
    limits: list[LimitPlanDocument]


def document_of(comparison: Comparison) -> CompareDocument:
    """Return a comparison for other programs."""
    return CompareDocument(
        a=_side(comparison.a),
        b=_side(comparison.b),
        differs=_english(comparison.differs),
        remarks=_english(comparison.remarks),
        changes=[_change(change) for change in comparison.changes],
        changed_verdicts=[
            VerdictChangeDocument(
                experiment=change.experiment, id=change.id, a=change.a or "", b=change.b or ""
            )
            for change in comparison.changed_verdicts
        ],
        verdicts=verdict_documents(comparison.verdicts),
    )


def plan_document_of(side: Side, plans: Sequence[LimitPlan]) -> PlanDocument:
    """Return how many trials limits need, for other programs."""
    return PlanDocument(
        a=_side(side),
        limits=[
            LimitPlanDocument(
                limit=plan.limit.text,
                experiment=plan.subject,
                trials=plan.trials,
                deviation=_finite(plan.deviation),
                detect=_finite(plan.detect),
                needed_to_find=plan.needed_to_find,
                needed_to_keep=plan.needed_to_keep,
                unknown=text_of(plan.unknown, MACHINE_LANGUAGE) if plan.unknown else "",
            )
            for plan in plans
        ],
    )


def _english(messages: Sequence[Message]) -> list[str]:
    return [text_of(item, MACHINE_LANGUAGE) for item in messages]


def _side(side: Side) -> SideDocument:
    return SideDocument(
        directory=encodable(str(side.directory)),
        runs=[run.id for run in side.runs],
        versions=side.runs[0].versions,
        trials=side.trials,
        trials_planned=side.trials_planned,
        trials_not_recovered=len(side.not_recovered),
        left_out=_english(side.left_out),
    )


def _change(change: Change) -> ChangeDocument:
    return ChangeDocument(
        experiment=change.metric.experiment,
        metric=change.metric.name,
        statistic=change.metric.statistic,
        unit=change.metric.measure.unit,
        a_trials=change.a_trials,
        b_trials=change.b_trials,
        a_lower=_finite(change.a.lower),
        a_upper=_finite(change.a.upper),
        b_lower=_finite(change.b.lower),
        b_upper=_finite(change.b.upper),
        difference=_shift(change.difference),
        ratio=_shift(change.ratio),
        conclusion=change.conclusion,
    )


def _shift(shift: Shift | None) -> ShiftDocument | None:
    if shift is None:
        return None
    return ShiftDocument(
        estimate_lower=_finite(shift.estimate.lower),
        estimate_upper=_finite(shift.estimate.upper),
        lower=_finite(shift.interval.lower),
        upper=_finite(shift.interval.upper),
        p_value=shift.p_value,
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
