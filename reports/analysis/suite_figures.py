"""The figures of a suite's run, by name, for claims to be decided by.

EXPERIMENT.PROBE.CONNECTION.METRIC: outage_s, hold_outage_s, degraded_s, all_good_after_heal_s (the
worst of all workers and trials), hold_good_share, availability (the lowest), workers_hit (at how
many workers a request was bad before the heal). EXPERIMENT.masters_before, .masters_during: how
many masters served a worker, the fewest of all workers. EXPERIMENT.dial.ID: 1 if it was answered.
EXPERIMENT.moved.LEASE: 1 if another one held the lease at the heal than before the fault.
EXPERIMENT.verdict.ID: 1 if an expectation held. lab.balancer_nodes: hosts that the lab has for
balancing alone. EXPERIMENT itself is there, and unknown, when it was not measured well.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.analysis.evidence import lack_of_evidence
from reports.analysis.figures import Figure, exact, unknown
from reports.analysis.outages import outages
from reports.analysis.verdict import said_of
from reports.history.schema import DIRECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from reports.analysis import Analysis
    from reports.history.reader import TrialHistory

LARGEST = ("degraded_s", "all_good_after_heal_s")
LOWEST = ("hold_good_share", "availability")
BALANCER_NODES = {"external": 1, "vip": 2}
Named = tuple[str, Figure]


def suite_figures(analysis: Analysis) -> dict[str, Figure]:
    """Return every figure of a run; those of an experiment without evidence are unknown."""
    found = dict(_of_the_lab(analysis))
    by_experiment: dict[str, list[TrialHistory]] = {}
    for trial in analysis.trials:
        by_experiment.setdefault(trial.record.experiment, []).append(trial)
    for name, trials in by_experiment.items():
        reasons = [lack_of_evidence(analysis.run, trial) for trial in trials]
        reason = next((one for one in reasons if one), "")
        if reason:
            found[name] = unknown(reason)  # for those that there is not even a name of
        for key, figure in _of_experiment(analysis, name, trials):
            found[f"{name}.{key}"] = unknown(reason) if reason else figure
    return found


def _of_the_lab(analysis: Analysis) -> Iterator[Named]:
    mode = str(analysis.run.lab.get("lb", "nginx"))
    count = BALANCER_NODES.get(mode, 0)
    yield "lab.balancer_nodes", exact(count, f"balancer mode {mode}: {count} hosts for it alone")


def _of_experiment(
    analysis: Analysis, name: str, trials: Sequence[TrialHistory]
) -> Iterator[Named]:
    rows = analysis.tables["trials"]
    mine = rows[rows["experiment"] == name] if len(rows) else rows
    for (probe, connection), part in mine.groupby(["probe", "connection"]) if len(mine) else ():
        about = f"{name}, {probe} on {connection} connections, {said_of(len(trials))}"
        held = _of_hold(trials, str(probe), str(connection), about)
        before = int(part["baseline_bad"].sum())
        reason = f"{about}: the baseline was not good, {before} were bad" if before else ""
        for metric, figure in (*_of_series(part, about), *held):
            yield f"{probe}.{connection}.{metric}", unknown(reason) if reason else figure
    yield "masters_before", _masters(trials, "baseline_begin", "inject_begin")
    yield "masters_during", _masters(trials, "effect_confirmed", "heal_begin")
    yield from _dials(trials)
    yield from _moves(trials)
    for verdict in analysis.verdicts:
        if verdict.experiment == name:
            shown = f"{verdict.verdict}: {verdict.note}"
            undecided = verdict.verdict == "unknown"
            figure = exact(verdict.verdict == "holds", shown)
            yield f"verdict.{verdict.id}", unknown(verdict.note) if undecided else figure


def _of_series(part: pd.DataFrame, about: str) -> Iterator[Named]:
    lower, upper = float(part["outage_lower_s"].max()), float(part["outage_upper_s"].max())
    yield "outage_s", Figure(lower, upper, _outage_text(about, lower, upper))
    for column in LARGEST:
        value = float(part[column].max())
        known = not math.isnan(value)
        yield column, exact(value if known else 0.0, f"{about}: {value if known else 0:.2f} s")
    for column in LOWEST:
        value = float(part[column].min())
        yield column, exact(value, f"{about}: {value:.1%} good")


def _outage_text(about: str, lower: float, upper: float) -> str:
    if upper == 0:
        return f"{about}: no outage"
    end = "no end seen" if math.isinf(upper) else f"at most {upper:.2f} s"
    return f"{about}: longest outage at least {lower:.2f} s, {end}"


def _of_hold(
    trials: Sequence[TrialHistory], probe: str, connection: str, about: str
) -> Iterator[Named]:
    """Measure what began between the injection and the heal."""
    lower = upper = 0.0
    hit: set[str] = set()
    for trial in trials:
        begin_s, heal_s = trial.time_of("inject_begin"), trial.time_of("heal_begin")
        if begin_s is None or heal_s is None:
            continue
        samples = trial.samples
        mine = samples[(samples["probe"] == probe) & (samples["connection"] == connection)]
        found = outages(mine, begin_s)
        found = found[found["start_s"] < heal_s]
        if found.empty:
            continue
        lower, upper = max(lower, found["lower_s"].max()), max(upper, found["upper_s"].max())
        workers = set(found["worker"])
        hit = workers if len(workers) > len(hit) else hit
    yield (
        "hold_outage_s",
        Figure(lower, upper, _outage_text(f"{about}, before the heal", lower, upper)),
    )
    yield "workers_hit", exact(len(hit), f"{about}: hit {', '.join(sorted(hit)) or 'no worker'}")


def _masters(trials: Sequence[TrialHistory], since: str, until: str) -> Figure:
    """Count the masters that served each worker through its frontend; return the fewest.

    On reused connections too: least_conn sends short new ones to the masters that have the fewest
    of those that idle in the pools, and passes over one that has a single one more.
    """
    fewest: tuple[int, str] | None = None
    for trial in trials:
        since_s, until_s = trial.time_of(since), trial.time_of(until)
        samples = trial.samples
        good = samples[samples["good"] & (samples["connection"] != DIRECT)]
        good = good[good["started_s"].between(since_s or 0.0, until_s or 0.0)]
        for worker, part in good.groupby("worker"):
            names = sorted(str(name) for name in part["master"].unique() if name)
            shown = f"{worker} was served by {', '.join(names)} ({len(part)} requests)"
            fewest = min(fewest or (len(names), shown), (len(names), shown))
    return exact(*fewest) if fewest else unknown("no request was served")


def _dials(trials: Sequence[TrialHistory]) -> Iterator[Named]:
    events = [one for trial in trials for one in trial.events if one["kind"] == "dial"]
    for identity in dict.fromkeys(str(one["id"]) for one in events):
        mine = [one for one in events if one["id"] == identity]
        shown = [f"{one['node']} dials {one['host']}:{one['port']}: {one['seen']}" for one in mine]
        answered = all(one["seen"] == "answered" for one in mine)
        yield f"dial.{identity}", exact(answered, "; ".join(dict.fromkeys(shown)))


def _moves(trials: Sequence[TrialHistory]) -> Iterator[Named]:
    """Compare who held each lease before the injection, and last before the heal."""
    names = {one for trial in trials for one in trial.samples["probe"].unique() if "lease-" in one}
    for name in sorted(names):
        pairs = []
        for trial in trials:
            begin_s, heal_s = trial.time_of("inject_begin") or 0.0, trial.time_of("heal_begin")
            held = trial.samples[trial.samples["good"] & (trial.samples["probe"] == name)]
            before = held[held["ended_s"] < begin_s]["master"]
            during = held[held["started_s"].between(begin_s, heal_s or begin_s)]["master"]
            if len(before) and len(during):
                pairs.append((before.iloc[-1], during.iloc[-1]))
        shown = "; ".join(f"{name} was held by {one}, then by {other}" for one, other in pairs)
        moved = bool(pairs) and all(one != other for one, other in pairs)
        yield f"moved.{name}", exact(moved, shown) if pairs else unknown("nobody held the lease")
