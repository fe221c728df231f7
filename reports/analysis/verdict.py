"""Three-valued verdicts. What was not shown is unknown, never a pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from reports.analysis.evidence import lack_of_evidence
from reports.analysis.outages import degraded, outages
from reports.history.schema import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reports.history.reader import TrialHistory
    from reports.history.schema import Expectation, RunRecord

MINIMUM_SAMPLES = 20
# Below this a figure about failover is an anecdote, and its verdict says so.
FEW_TRIALS = 10
Kind = Literal["holds", "violated", "unknown"]
SIGNS = {"at_most": "≤", "at_least": "≥"}
METRICS = {
    "outage_s": "longest outage in s",
    "hold_outage_s": "longest outage in s that began before the heal",
    "degraded_s": "degraded window in s",
    "hold_good_share": "share of good requests during the fault",
    "availability": "share of good requests from the injection on",
    "answers": "good requests",
}


@dataclass(frozen=True)
class Verdict:
    """One expectation, judged: the note says on what figure, or why nothing can be said.

    The remark is the expectation's own: where its bound comes from, or what was learnt.
    """

    id: str
    experiment: str
    verdict: Kind
    note: str
    remark: str = ""


def _bracket(
    expectation: Expectation, series: pd.DataFrame, trial: TrialHistory
) -> tuple[float, float]:
    """Return the bracket of the metric; both ends are the same where it is exact.

    Over several workers: the true values lie in their brackets, so the largest of them lies
    between the largest lower and the largest upper end.
    """
    since_s, heal_s = trial.time_of("inject_begin") or 0.0, trial.time_of("heal_begin") or 0.0
    if expectation.metric in ("outage_s", "hold_outage_s"):
        found = outages(series, since_s)
        if expectation.metric == "hold_outage_s":
            found = found[found["start_s"] < heal_s]
        return (0.0, 0.0) if found.empty else (found["lower_s"].max(), found["upper_s"].max())
    if expectation.metric == "degraded_s":
        window = degraded(series, since_s)
        value = 0.0 if window.empty else float((window["end_s"] - window["start_s"]).max())
        return value, value
    value = float(series["good"].mean())
    return value, value


def compare(expectation: Expectation, lower: float, upper: float) -> Kind:
    """Judge a bracket: what lies on both sides of the bound proves neither."""
    if expectation.op == "at_most":
        if upper <= expectation.value:
            return "holds"
        return "violated" if lower > expectation.value else "unknown"
    if lower >= expectation.value:
        return "holds"
    return "violated" if upper < expectation.value else "unknown"


def _shown(lower: float, upper: float) -> str:
    if lower == upper:
        return f"{lower:.3f}"
    return f"at least {lower:.3f}" if math.isinf(upper) else f"[{lower:.3f}, {upper:.3f}]"


def judge_trial(run: RunRecord, trial: TrialHistory) -> list[Verdict]:
    """Judge every expectation of one trial, whose samples are marked (outages.mark_good)."""
    record = trial.record
    reason = lack_of_evidence(run, trial)
    if reason:
        return [
            Verdict(one.id, record.experiment, "unknown", reason, one.note) for one in record.expect
        ]
    return [_judge_one(one, trial) for one in record.expect]


def _judge_one(expectation: Expectation, trial: TrialHistory) -> Verdict:
    def verdict(kind: Kind, note: str) -> Verdict:
        return Verdict(expectation.id, trial.record.experiment, kind, note, expectation.note)

    begin_s = trial.begin_s or 0.0
    samples = trial.samples
    series = samples[
        (samples["probe"] == expectation.probe) & (samples["connection"] == expectation.connection)
    ]
    if expectation.metric == "answers":
        return _answers(expectation, trial, series)
    baseline = series[(series["ended_s"] < begin_s) & (series["scheduled_s"] >= trial.baseline_s)]
    if baseline.empty or not baseline["good"].all():
        return verdict("unknown", "the baseline was not good")
    if expectation.metric == "hold_good_share":
        since_s, until_s = trial.time_of("effect_confirmed"), trial.time_of("heal_begin")
        series = series[series["started_s"].between(since_s or 0.0, until_s or 0.0)]
    elif expectation.metric == "availability":
        series = series[series["ended_s"] >= begin_s]
    if len(series) < MINIMUM_SAMPLES:
        return verdict("unknown", f"only {len(series)} samples; {MINIMUM_SAMPLES} are needed")
    state = expectation.probe in STATES
    if state and (unseen := int((series["outcome"] == "unknown").sum())):
        return verdict("unknown", f"no apiserver answered {unseen} of {len(series)} observations")
    lower, upper = _bracket(expectation, series, trial)
    noun = "observations" if state else "requests"
    note = (
        f"{METRICS[expectation.metric].replace('requests', noun)}, {_about(expectation)}: "
        f"{_shown(lower, upper)}, expected {SIGNS[expectation.op]} {expectation.value:g} "
        f"({len(series)} {noun})"
    )
    return verdict(compare(expectation, lower, upper), note)


def _answers(expectation: Expectation, trial: TrialHistory, series: pd.DataFrame) -> Verdict:
    """Judge whether there were answers at all: one is enough, whatever there was before."""
    count = int(series["good"].sum())
    note = f"{count} of {len(series)} requests were good, {_about(expectation)}"
    kind = compare(expectation, count, count)
    return Verdict(expectation.id, trial.record.experiment, kind, note, expectation.note)


def _about(expectation: Expectation) -> str:
    if expectation.probe in STATES:
        return f"state {expectation.probe}"
    return f"{expectation.probe} on {expectation.connection} connections"


def said_of(trials: int) -> str:
    """Say how many trials there were, and whether they are few for a figure about failover."""
    few = ", too few to rely on" if trials < FEW_TRIALS else ""
    return f"{trials} trial{'s' if trials > 1 else ''}{few}"


def over_trials(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return one verdict an expectation: the worst over its trials, with that trial's note."""
    joined = []
    for identity in dict.fromkeys((one.experiment, one.id) for one in verdicts):
        mine = [one for one in verdicts if (one.experiment, one.id) == identity]
        kind: Kind = "holds"
        for worse in ("violated", "unknown"):
            if any(one.verdict == worse for one in mine):
                kind = "violated" if worse == "violated" else "unknown"
                break
        shown = next(one for one in mine if one.verdict == kind)
        count = sum(one.verdict == kind for one in mine)
        of = f"{count} of " if len(mine) > 1 else ""
        joined.append(replace(shown, note=f"{shown.note}; {of}{said_of(len(mine))}"))
    return joined
