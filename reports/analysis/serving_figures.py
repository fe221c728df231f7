"""The figures of an experiment about who served: masters each worker, and holders of leases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.analysis.cost import Hold
from reports.bracket import Figure, exact, unknown
from reports.history.events import BaselineBegin
from reports.history.schema import DIRECT
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from reports.history.schema import ExperimentRecord
    from reports.history.trial import TrialHistory

Named = tuple[str, Figure]
# of a trial from one moment to another, in seconds
Part = tuple["TrialHistory", float, float]


def master_figures(trials: Sequence[TrialHistory]) -> Iterator[Named]:
    """Count the masters before the first injection, and while each was in.

    And the share of good requests of the master that had the lowest, once a fault has settled.
    """
    before: list[Part] = []
    held: list[Part] = []
    settled: list[Part] = []
    for trial in trials:
        begin = trial.first(BaselineBegin)
        before.append((trial, begin.t_s if begin else 0.0, trial.begin_s or 0.0))
        for span in trial.injections:
            if not span.not_measured:
                hold = Hold(span.confirmed_s, span.heal_begin_s)
                held.append((trial, hold.confirmed_s, hold.heal_begin_s))
                settled.append((trial, hold.middle_s, hold.heal_begin_s))
    yield "masters_before", _fewest_masters(before)
    yield "masters_during", _fewest_masters(held)
    yield "lowest_master_share", _lowest_share(settled)


def _fewest_masters(parts: Sequence[Part]) -> Figure:
    """Count the masters that served each worker through its frontend; return the fewest.

    On reused connections too: least_conn sends new short connections to the masters that have the
    fewest connections idling in pools, and passes over a master that has a single one more.
    """
    fewest: tuple[list[str], str, int] | None = None
    for trial, since_s, until_s in parts:
        if math.isnan(until_s):
            return unknown(message("not-healed-yet"))
        requests = _through_frontends(trial.samples, since_s, until_s)
        of_worker = dict(iter(requests.groupby("worker", observed=True)))
        for worker in _workers(trial):
            if worker not in of_worker:
                return unknown(message("worker-without-sample", worker=worker))
            part = of_worker[worker][of_worker[worker]["good"]]
            names = sorted(str(name) for name in part["master"].unique() if name)
            if len(part) and not names:
                return unknown(message("masters-not-named", worker=worker))
            served = (names, worker, len(part))
            fewest = min(fewest or served, served, key=lambda served: len(served[0]))
    if fewest is None:
        return unknown(message("no-request-served"))
    names, worker, count = fewest
    if not names:
        return exact(0, message("worker-not-served", worker=worker))
    masters = ", ".join(names)
    evidence = message("masters-of-worker", worker=worker, masters=masters, count=count)
    return exact(len(names), evidence)


def _lowest_share(parts: Sequence[Part]) -> Figure:
    """Return the lowest share of good requests of any master, of those that reached it.

    A balancer sends fewer requests to a master that answers late: the shares of workers hide it.
    """
    shares: list[tuple[float, str, int]] = []
    for trial, since_s, until_s in parts:
        if math.isnan(until_s):
            return unknown(message("not-healed-yet"))
        requests = _through_frontends(trial.samples, since_s, until_s)
        reached = requests[requests["master"].astype(str) != ""]
        planned = _planned_masters(trial.experiment)
        if planned is None:
            return unknown(message("field-missing", field="lab.masters"))
        of_master = list(reached.groupby(reached["master"].astype(str)))
        if len(of_master) < planned:
            return unknown(message("masters-not-reached", count=len(of_master), planned=planned))
        shares += [(float(own["good"].mean()), str(name), len(own)) for name, own in of_master]
    if not shares:
        return unknown(message("no-request-served"))
    share, master, count = min(shares)
    return exact(share, message("share-of-master", master=master, share=share, count=count))


def _planned_masters(experiment: ExperimentRecord) -> int | None:
    """Return how many masters there must be; None where it is not recorded. An endpoint has none.

    The lab is a mapping of any fields: one that was deleted is no lab without masters.
    """
    if "url" in experiment.lab:
        return 0
    planned = experiment.lab.get("masters")
    return None if planned is None else int(planned)


def _workers(trial: TrialHistory) -> list[str]:
    """Return the workers that have requests through their frontend, as planned."""
    planned = [series for series in trial.experiment.series if series.connection != DIRECT]
    return sorted({worker for series in planned for worker in series.workers})


def _through_frontends(samples: pd.DataFrame, since_s: float, until_s: float) -> pd.DataFrame:
    counts = samples["started_s"].between(since_s, until_s) & (samples["connection"] != DIRECT)
    return samples.loc[counts, ["worker", "master", "good"]]


def lease_figures(experiment: ExperimentRecord, trials: Sequence[TrialHistory]) -> Iterator[Named]:
    """Compare who held each lease before the first injection, and last before the last heal."""
    probes = {series.probe for series in experiment.series}
    for name in sorted(probe for probe in probes if "lease-" in probe):
        pairs = [pair for trial in trials if (pair := _holders(trial, name))]
        moved = all(before != after for before, after in pairs)
        if not pairs or (moved and len(pairs) < len(trials)):
            yield f"moved.{name}", unknown(message("lease-not-held"))
            continue
        evidence = [
            message("lease-moved", lease=name, before=before, after=after)
            for before, after in pairs
        ]
        yield f"moved.{name}", exact(moved, joined(*evidence))


def _holders(trial: TrialHistory, lease: str) -> tuple[str, str] | None:
    """Return who held a lease before and after; None where nobody saw a holder."""
    begin_s = trial.begin_s or 0.0
    heals_s = [span.heal_begin_s for span in trial.injections if span.heal_begin_s > begin_s]
    held = trial.samples[trial.samples["good"] & (trial.samples["probe"] == lease)]
    before = held[held["ended_s"] < begin_s]["master"]
    after = held[held["started_s"].between(begin_s, max(heals_s, default=begin_s))]
    if before.empty or after.empty:
        return None
    return str(before.iloc[-1]), str(after["master"].iloc[-1])
