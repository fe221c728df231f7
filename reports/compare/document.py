"""What `halab compare --json` prints: a comparison for other programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from reports.document import MACHINE_LANGUAGE, VerdictDocument, verdict_documents
from reports.locale.catalogue import text_of

if TYPE_CHECKING:
    from reports.bracket import Bracket
    from reports.compare.comparison import Change, Comparison
    from reports.compare.sides import Side

_STRICT = ConfigDict(extra="forbid")


class SideDocument(BaseModel):
    """A side: its runs, and the trials that prove nothing and were left out."""

    model_config = _STRICT

    directory: str
    runs: list[str]
    versions: dict[str, str]
    trials: int
    left_out: list[str]


class ChangeDocument(BaseModel):
    """A metric on both sides, and its change; null: no end, or unknown with too few trials."""

    model_config = _STRICT

    experiment: str
    metric: str
    unit: str
    a_trials: int
    b_trials: int
    a_lower: float | None
    a_upper: float | None
    b_lower: float | None
    b_upper: float | None
    difference_lower: float | None
    difference_upper: float | None
    ratio_lower: float | None
    ratio_upper: float | None
    conclusion: Literal["worse", "better", "nothing", "too few trials"] = Field(
        description="Whether the interval of the difference lies on one side of zero."
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

    document_version: int = 1
    a: SideDocument
    b: SideDocument
    differs: list[str] = Field(description="In what the settings of the two differ.")
    changes: list[ChangeDocument]
    changed_verdicts: list[VerdictChangeDocument]
    verdicts: list[VerdictDocument]


def document_of(comparison: Comparison) -> CompareDocument:
    """Return a comparison for other programs."""
    return CompareDocument(
        a=_side(comparison.a),
        b=_side(comparison.b),
        differs=[text_of(difference, MACHINE_LANGUAGE) for difference in comparison.differs],
        changes=[_change(change) for change in comparison.changes],
        changed_verdicts=[
            VerdictChangeDocument(
                experiment=change.experiment, id=change.id, a=change.a or "", b=change.b
            )
            for change in comparison.changed_verdicts
        ],
        verdicts=verdict_documents(comparison.verdicts),
    )


def _side(side: Side) -> SideDocument:
    return SideDocument(
        directory=str(side.directory),
        runs=[run.id for run in side.runs],
        versions=side.runs[0].versions,
        trials=side.trials,
        left_out=[text_of(reason, MACHINE_LANGUAGE) for reason in side.left_out],
    )


def _change(change: Change) -> ChangeDocument:
    brackets = {
        "a": change.a,
        "b": change.b,
        "difference": change.difference,
        "ratio": change.ratio,
    }
    return ChangeDocument(
        experiment=change.metric.experiment,
        metric=change.metric.name,
        unit=change.metric.measure.unit,
        a_trials=change.a_trials,
        b_trials=change.b_trials,
        conclusion=change.conclusion,
        **{f"{name}_lower": _lower(bracket) for name, bracket in brackets.items()},
        **{f"{name}_upper": _upper(bracket) for name, bracket in brackets.items()},
    )


def _lower(bracket: Bracket | None) -> float | None:
    return _finite(bracket.lower) if bracket else None


def _upper(bracket: Bracket | None) -> float | None:
    return _finite(bracket.upper) if bracket else None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
