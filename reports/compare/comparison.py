"""Two sides, compared: every metric with its change, verdicts that changed, gates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from reports.compare.differences import differences
from reports.compare.estimates import change, estimate
from reports.compare.limits import judge_limits
from reports.compare.metrics import ComparedMetric
from reports.document import VerdictDocument, verdict_documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compare.limits import Limit
    from reports.compare.sides import Side

_STRICT = ConfigDict(extra="forbid")
# What is compared without being asked for, of each kind of request and connection.
SHOWN = (("outage", "median"), ("good", "median"), ("recovery", "median"), ("availability", "min"))


class SideDocument(BaseModel):
    """One side: its runs, and the trials that prove nothing and were left out."""

    model_config = _STRICT

    directory: str
    runs: list[str]
    versions: dict[str, str]
    trials: int
    left_out: list[str]


class ChangeDocument(BaseModel):
    """A metric on both sides, and its change; null: no end, or too few trials to say."""

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
    shown: Literal["worse", "better", "nothing", "too few trials"] = Field(
        description="Whether the interval of the difference lies on one side of zero."
    )


class TurnDocument(BaseModel):
    """An expectation whose verdict is not the same on both sides; "" where it has none."""

    model_config = _STRICT

    experiment: str
    id: str
    a: str
    b: str


class CompareDocument(BaseModel):
    """Two sides, compared. `verdicts`: one a gate."""

    model_config = _STRICT

    document_version: int = 1
    a: SideDocument
    b: SideDocument
    differs: list[str] = Field(description="In what the settings of the two differ.")
    changes: list[ChangeDocument]
    turned: list[TurnDocument]
    verdicts: list[VerdictDocument]


def compare(a: Side, b: Side, gates: Sequence[Limit]) -> CompareDocument:
    """Compare two sides: every experiment and series that both have."""
    differing = differences(a, b)
    judged = [judge_limits(gate, a, b, differing) for gate in gates]
    return CompareDocument(
        a=_side(a),
        b=_side(b),
        differs=differing,
        changes=[
            _change(ComparedMetric(experiment, probe, connection, figure, statistic), a, b)
            for experiment, probe, connection in _common(a, b)
            for figure, statistic in SHOWN
        ],
        turned=[
            TurnDocument(experiment=key[0], id=key[1], a=a.verdicts.get(key, ""), b=kind)
            for key, kind in b.verdicts.items()
            if a.verdicts.get(key, "") != kind
        ],
        verdicts=verdict_documents(judged),
    )


def _side(side: Side) -> SideDocument:
    keys = ["run", "trial"]
    return SideDocument(
        directory=str(side.directory),
        runs=[run.id for run in side.runs],
        versions=side.runs[0].versions,
        trials=len(side.rows.drop_duplicates(keys)) if len(side.rows) else 0,
        left_out=side.left_out,
    )


def _common(a: Side, b: Side) -> list[tuple[str, str, str]]:
    keys = ["experiment", "probe", "connection"]
    ours, theirs = (
        list(dict.fromkeys(side.rows[keys].itertuples(index=False, name=None)))
        if len(side.rows)
        else []
        for side in (a, b)
    )
    return [key for key in ours if key in theirs and key[1] in ("read", "write")]


def _change(metric: ComparedMetric, a: Side, b: Side) -> ChangeDocument:
    ours, theirs = a.values(metric, metric.experiment), b.values(metric, metric.experiment)
    seen_a, seen_b = estimate(metric.statistic, *ours), estimate(metric.statistic, *theirs)
    moved = change("difference", metric.statistic, ours, theirs)
    ratio = change("ratio", metric.statistic, ours, theirs)
    ends = {"a": seen_a, "b": seen_b, "difference": moved, "ratio": ratio}
    shown: Literal["worse", "better", "nothing", "too few trials"] = "too few trials"
    if moved is not None:
        more, less = moved.lower > 0, moved.upper < 0
        worse, better = (more, less) if metric.measure.more_is_worse else (less, more)
        shown = "worse" if worse else "better" if better else "nothing"
    return ChangeDocument(
        experiment=metric.experiment,
        metric=metric.name,
        unit=metric.measure.unit,
        a_trials=len(ours[0]),
        b_trials=len(theirs[0]),
        shown=shown,
        **{
            f"{name}_lower": _number(bracket.lower if bracket else None)
            for name, bracket in ends.items()
        },
        **{
            f"{name}_upper": _number(bracket.upper if bracket else None)
            for name, bracket in ends.items()
        },
    )


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
