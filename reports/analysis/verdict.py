"""Three-valued verdicts. What was not shown is unknown, never a pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reports.analysis.outages import degraded, outages, time_of

if TYPE_CHECKING:
    import pandas as pd

    from reports.history.schema import Expectation, TrialRecord

MINIMUM_SAMPLES = 20
Kind = Literal["holds", "violated", "unknown"]
SIGNS = {"at_most": "<=", "at_least": ">="}


@dataclass(frozen=True)
class Verdict:
    """One expectation, judged: the note says on what figure, or why nothing can be said."""

    id: str
    verdict: Kind
    note: str


def _bracket(expectation: Expectation, series: pd.DataFrame, since_s: float) -> tuple[float, float]:
    """Return the bracket of the metric; both ends are the same where it is exact."""
    if expectation.metric == "outage_s":
        found = outages(series, since_s)
        if found.empty:
            return 0.0, 0.0
        upper = math.inf if found["censored"].any() else float(found["upper_s"].max())
        return float(found["lower_s"].max()), upper
    if expectation.metric == "degraded_s":
        found = degraded(series, since_s)
        value = 0.0 if found.empty else float((found["end_s"] - found["start_s"]).max())
        return value, value
    value = float(series["good"].mean())
    return value, value


def _judge(expectation: Expectation, lower: float, upper: float) -> Kind:
    if expectation.op == "at_most":
        if upper <= expectation.value:
            return "holds"
        return "violated" if lower > expectation.value else "unknown"
    if lower >= expectation.value:
        return "holds"
    return "violated" if upper < expectation.value else "unknown"


def _judge_one(
    expectation: Expectation, samples: pd.DataFrame, events: list[dict[str, Any]]
) -> Verdict:
    times = {
        kind: time_of(events, kind)
        for kind in ("inject_begin", "effect_confirmed", "heal_begin", "heal_confirmed")
    }
    missing = [kind for kind, at_s in times.items() if at_s is None]
    if missing:
        return Verdict(expectation.id, "unknown", f"no event {', '.join(missing)}")
    begin_s, confirmed_s = times["inject_begin"] or 0.0, times["effect_confirmed"] or 0.0
    wanted = (samples["probe"] == expectation.probe) & (
        samples["connection"] == expectation.connection
    )
    series = samples[wanted]
    baseline = series[series["ended_s"] < begin_s]
    if not baseline["good"].all() or baseline.empty:
        return Verdict(expectation.id, "unknown", "the baseline was not good")
    if expectation.metric == "hold_good_share":
        series = series[series["started_s"].between(confirmed_s, times["heal_begin"] or 0.0)]
    elif expectation.metric == "availability":
        series = series[series["started_s"] >= begin_s]
    if len(series) < MINIMUM_SAMPLES:
        return Verdict(expectation.id, "unknown", f"only {len(series)} samples")
    lower, upper = _bracket(expectation, series, begin_s)
    shown = f"{lower:.3f}" if lower == upper else f"[{lower:.3f}, {upper:.3f}]"
    note = (
        f"{expectation.metric} of {expectation.probe} on {expectation.connection} connections: "
        f"{shown}, expected {SIGNS[expectation.op]} {expectation.value:g} (n = {len(series)})"
    )
    return Verdict(expectation.id, _judge(expectation, lower, upper), note)


def judge_trial(
    trial: TrialRecord, samples: pd.DataFrame, events: list[dict[str, Any]]
) -> list[Verdict]:
    """Judge every expectation of a trial. `samples` carry `good` (see outages.mark_good)."""
    reason = trial.unknown_reason
    if trial.status != "complete":
        reason = f"the trial is {trial.status}"
    if reason:
        return [Verdict(expectation.id, "unknown", reason) for expectation in trial.expect]
    return [_judge_one(expectation, samples, events) for expectation in trial.expect]
