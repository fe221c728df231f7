"""The figures of an experiment that its series of requests and states show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.outages import outages
from reports.analysis.windows import during
from reports.bracket import Bracket, Figure, exact, unknown
from reports.history.events import BaselineBegin
from reports.history.schema import DIRECT
from reports.verdict import trials_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reports.analysis.evidence import Evidence
    from reports.history.injections import InjectionSpan
    from reports.history.schema import ExperimentRecord
    from reports.history.trial import TrialHistory

LARGEST = ("degraded_s", "all_good_after_heal_s")
LOWEST = ("hold_good_share", "availability")
Named = tuple[str, Figure]


@dataclass(frozen=True)
class _Measured:
    """What the figures are made of: trials, and of the tables their rows and outages.

    `found`: all outages of each trial (outages.outages). `injection`: the only one that counts, ""
    for all.
    """

    name: str
    trials: Sequence[TrialHistory]
    rows: pd.DataFrame
    outages: pd.DataFrame
    found: Sequence[pd.DataFrame]
    injection: str = ""

    def only(self, injection: str) -> _Measured:
        """Return what belongs to one injection; a joint outage belongs to several."""
        rows, joint = self.rows, self.outages
        if len(rows):
            rows = rows[rows["injection"] == injection]
        if len(joint):
            joint = joint[joint["injection"].map(lambda ids: injection in ids.split("+"))]
        name = f"{self.name}, {injection}"
        return replace(self, name=name, rows=rows, outages=joint, injection=injection)

    def spans(self, trial: TrialHistory) -> list[InjectionSpan]:
        """Return the injections of a trial that count."""
        return [span for span in trial.injections if self.injection in ("", span.id)]


def series_figures(
    experiment: ExperimentRecord, trials: Sequence[Evidence], tables: Mapping[str, pd.DataFrame]
) -> Iterator[Named]:
    """Name and measure the figures of one experiment; of several injections each for itself, too.

    Those of an experiment or an injection without evidence are unknown. `tables`: those of
    recovery.recovery_tables.
    """
    if not experiment.series:
        return
    indexes = [one.trial.record.index for one in trials]
    rows, attributed = (
        table[table["trial"].isin(indexes)] for table in (tables["trials"], tables["outages"])
    )
    histories = [one.trial for one in trials]
    found = [outages(one.samples, -math.inf) for one in histories]
    measured = _Measured(experiment.id, histories, rows, attributed, found)
    doubt = next((one.whole_doubt for one in trials if one.whole_doubt), "")
    yield from _doubted(_of_series(measured), doubt)
    yield from _doubted(_masters(histories), doubt)
    yield from _doubted(_moves(histories), doubt)
    injections = dict.fromkeys(span.id for trial in histories for span in trial.injections)
    for name in injections if len(injections) > 1 else ():
        mine = measured.only(name)
        doubts = [one.doubt for one in trials]
        doubts += [span.doubt for trial in histories for span in mine.spans(trial)]
        doubt = next(filter(None, doubts), "")
        yield from ((f"{name}.{key}", figure) for key, figure in _doubted(_of_series(mine), doubt))


def _doubted(figures: Iterable[Named], doubt: str) -> Iterator[Named]:
    """Make figures unknown where there is a doubt."""
    return ((name, unknown(doubt) if doubt else figure) for name, figure in figures)


def _of_series(measured: _Measured) -> Iterator[Named]:
    rows, attributed = measured.rows, measured.outages
    for (probe, connection), part in rows.groupby(["probe", "connection"]) if len(rows) else ():
        series = f"{probe} on {connection} connections, {trials_text(len(measured.trials))}"
        about = f"{measured.name}, {series}"
        before = int(part.drop_duplicates(["trial", "worker"])["baseline_bad"].sum())
        reason = f"{about}: the baseline was not good, {before} were bad" if before else ""
        of_probe = attributed["probe"] == probe
        mine = attributed[of_probe & (attributed["connection"] == connection)]
        figures = [
            ("outage_s", _longest(mine, about)),
            *_of_rows(part, about),
            *_of_hold(measured, str(probe), str(connection), about),
        ]
        for name, figure in _doubted(figures, reason):
            yield f"{probe}.{connection}.{name}", figure


def _of_rows(part: pd.DataFrame, about: str) -> Iterator[Named]:
    for column in LARGEST:
        value = float(part[column].max())
        known_s = 0.0 if math.isnan(value) else value
        yield column, exact(known_s, f"{about}: {known_s:.2f} s")
    for column in LOWEST:
        value = float(part[column].min())
        yield column, exact(value, f"{about}: {value:.1%} good")


def _longest(some: pd.DataFrame, about: str) -> Figure:
    """Return the longest of some outages; its ends lie between the largest of all ends."""
    if some.empty:
        return exact(0.0, f"{about}: no outage")
    found = Bracket(float(some["lower_s"].max()), float(some["upper_s"].max()))
    return Figure(found, f"{about}: longest outage {found.text('.2f')} s")


def _of_hold(measured: _Measured, probe: str, connection: str, about: str) -> Iterator[Named]:
    """Measure what began between an injection and its heal."""
    found, hit = [], set[str]()
    for trial, outages_found in zip(measured.trials, measured.found, strict=True):
        of_probe = outages_found["probe"] == probe
        mine = outages_found[of_probe & (outages_found["connection"] == connection)]
        held = [
            during(span).outages(mine)
            for span in measured.spans(trial)
            if span.begun and not math.isnan(span.heal_begin_s)
        ]
        workers = {str(worker) for part in held for worker in part["worker"]}
        hit = workers if len(workers) > len(hit) else hit
        found += [part for part in held if len(part)]
    joined = pd.concat(found) if found else pd.DataFrame()
    yield "hold_outage_s", _longest(joined, f"{about}, before the heal")
    yield "workers_hit", exact(len(hit), f"{about}: hit {', '.join(sorted(hit)) or 'no worker'}")


def _masters(trials: Sequence[TrialHistory]) -> Iterator[Named]:
    before, held = [], []
    for trial in trials:
        begin = trial.first(BaselineBegin)
        before.append((trial, begin.t_s if begin else 0.0, trial.begin_s or 0.0))
        held += [(trial, one.confirmed_s, one.heal_begin_s) for one in trial.injections]
    yield "masters_before", _fewest_masters(before)
    yield "masters_during", _fewest_masters(held)


def _fewest_masters(parts: Sequence[tuple[TrialHistory, float, float]]) -> Figure:
    """Count the masters that served each worker through its frontend; return the fewest.

    On reused connections too: least_conn sends short new ones to the masters that have the fewest
    of those that idle in the pools, and passes over one that has a single one more.
    """
    fewest: tuple[int, str] | None = None
    for trial, since_s, until_s in parts:
        samples = trial.samples
        good = samples[samples["good"] & (samples["connection"] != DIRECT)]
        good = good[good["started_s"].between(since_s, until_s)]
        for worker, part in good.groupby("worker", observed=True):
            names = sorted(str(name) for name in part["master"].unique() if name)
            shown = f"{worker} was served by {', '.join(names)} ({len(part)} requests)"
            fewest = min(fewest or (len(names), shown), (len(names), shown))
    return exact(*fewest) if fewest else unknown("no request was served")


def _moves(trials: Sequence[TrialHistory]) -> Iterator[Named]:
    """Compare who held each lease before the first injection, and last before the last heal."""
    names = {str(one) for trial in trials for one in trial.samples["probe"].unique()}
    for name in sorted(name for name in names if "lease-" in name):
        pairs = []
        for trial in trials:
            begin_s = trial.begin_s or 0.0
            heals_s = [one.heal_begin_s for one in trial.injections if one.heal_begin_s > begin_s]
            held = trial.samples[trial.samples["good"] & (trial.samples["probe"] == name)]
            before = held[held["ended_s"] < begin_s]["master"]
            after = held[held["started_s"].between(begin_s, max(heals_s, default=begin_s))]
            if len(before) and len(after):
                pairs.append((before.iloc[-1], after["master"].iloc[-1]))
        shown = "; ".join(f"{name} was held by {one}, then by {other}" for one, other in pairs)
        moved = bool(pairs) and all(one != other for one, other in pairs)
        yield f"moved.{name}", exact(moved, shown) if pairs else unknown("nobody held the lease")
