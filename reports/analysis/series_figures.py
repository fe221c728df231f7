"""The figures of an experiment that its series of requests and states show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.outages import outages
from reports.analysis.series_names import series_text
from reports.analysis.windows import during
from reports.bracket import Bracket, Figure, exact, unknown
from reports.history.events import BaselineBegin
from reports.history.schema import DIRECT
from reports.locale.message import joined, message
from reports.verdict import trials_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reports.analysis.evidence import Evidence
    from reports.history.injections import InjectionSpan
    from reports.history.schema import ExperimentRecord
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

LARGEST = ("degraded_s", "all_good_after_heal_s")
LOWEST = ("hold_good_share", "availability")
Named = tuple[str, Figure]


@dataclass(frozen=True)
class _Measured:
    """What the figures are made of: trials, and of the tables their rows and outages.

    `outages`: as they are attributed to injections. `outages_of`: all of each trial
    (outages.outages). `injection`: the only injection that counts, "" for all.
    """

    name: str
    trials: Sequence[TrialHistory]
    rows: pd.DataFrame
    outages: pd.DataFrame
    outages_of: Sequence[pd.DataFrame]
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
    histories = [evidence.trial for evidence in trials]
    indexes = [trial.record.index for trial in histories]
    rows, attributed = (
        table[table["trial"].isin(indexes)] for table in (tables["trials"], tables["outages"])
    )
    outages_of = [outages(trial.samples, -math.inf) for trial in histories]
    measured = _Measured(experiment.id, histories, rows, attributed, outages_of)
    doubt = first_doubt(trials)
    yield from _doubted(_of_series(measured), doubt)
    yield from _doubted(_masters(histories), doubt)
    yield from _doubted(_moves(histories), doubt)
    injections = dict.fromkeys(span.id for trial in histories for span in trial.injections)
    for name in injections if len(injections) > 1 else ():
        part = measured.only(name)
        doubts = [evidence.doubt for evidence in trials]
        doubts += [span.doubt for trial in histories for span in part.spans(trial)]
        doubt = next(filter(None, doubts), None)
        yield from ((f"{name}.{key}", figure) for key, figure in _doubted(_of_series(part), doubt))


def first_doubt(trials: Sequence[Evidence]) -> Message | None:
    """Return the doubt of the first trial that as a whole proves nothing; None without any."""
    return next((evidence.whole_doubt for evidence in trials if evidence.whole_doubt), None)


def _doubted(figures: Iterable[Named], doubt: Message | None) -> Iterator[Named]:
    """Make figures unknown where there is a doubt."""
    return ((name, unknown(doubt) if doubt else figure) for name, figure in figures)


def _of_series(measured: _Measured) -> Iterator[Named]:
    rows, attributed = measured.rows, measured.outages
    for (probe, connection), part in rows.groupby(["probe", "connection"]) if len(rows) else ():
        series, trials = series_text(str(probe), str(connection)), trials_text(len(measured.trials))
        about = message("figure-about", name=measured.name, series=series, trials=trials)
        before = int(part.drop_duplicates(["trial", "worker"])["baseline_bad"].sum())
        doubt = message("bad-baseline-counted", about=about, count=before) if before else None
        of_probe = attributed["probe"] == probe
        of_series = attributed[of_probe & (attributed["connection"] == connection)]
        figures = [
            ("outage_s", _longest(of_series, about)),
            *_of_rows(part, about),
            *_of_hold(measured, str(probe), str(connection), about),
        ]
        for name, figure in _doubted(figures, doubt):
            yield f"{probe}.{connection}.{name}", figure


def _of_rows(part: pd.DataFrame, about: Message) -> Iterator[Named]:
    for column in LARGEST:
        value = float(part[column].max())
        value_s = 0.0 if math.isnan(value) else value
        yield column, exact(value_s, message("seconds-measured", about=about, value_s=value_s))
    for column in LOWEST:
        value = float(part[column].min())
        yield column, exact(value, message("share-measured", about=about, value=value))


def _longest(outages: pd.DataFrame, about: Message) -> Figure:
    """Return the length of the longest outage: between the largest lower and upper ends."""
    if outages.empty:
        return exact(0.0, message("no-outage", about=about))
    bracket = Bracket(float(outages["lower_s"].max()), float(outages["upper_s"].max()))
    evidence = message("longest-outage", about=about, bracket=bracket.text(".2f"))
    return Figure(bracket, evidence)


def _of_hold(measured: _Measured, probe: str, connection: str, about: Message) -> Iterator[Named]:
    """Measure what began between an injection and its heal."""
    parts, hit = [], set[str]()
    for trial, of_trial in zip(measured.trials, measured.outages_of, strict=True):
        of_probe = of_trial["probe"] == probe
        of_series = of_trial[of_probe & (of_trial["connection"] == connection)]
        held = [
            during(span).outages(of_series)
            for span in measured.spans(trial)
            if span.begun and not math.isnan(span.heal_begin_s)
        ]
        workers = {str(worker) for part in held for worker in part["worker"]}
        hit = workers if len(workers) > len(hit) else hit
        parts += [part for part in held if len(part)]
    before_heal = pd.concat(parts) if parts else pd.DataFrame()
    yield "hold_outage_s", _longest(before_heal, message("before-heal", about=about))
    workers_hit = message("workers-hit", about=about, workers=", ".join(sorted(hit)))
    evidence = workers_hit if hit else message("no-worker-hit", about=about)
    yield "workers_hit", exact(len(hit), evidence)


def _masters(trials: Sequence[TrialHistory]) -> Iterator[Named]:
    before, held = [], []
    for trial in trials:
        begin = trial.first(BaselineBegin)
        before.append((trial, begin.t_s if begin else 0.0, trial.begin_s or 0.0))
        held += [(trial, span.confirmed_s, span.heal_begin_s) for span in trial.injections]
    yield "masters_before", _fewest_masters(before)
    yield "masters_during", _fewest_masters(held)


def _fewest_masters(parts: Sequence[tuple[TrialHistory, float, float]]) -> Figure:
    """Count the masters that served each worker through its frontend; return the fewest.

    On reused connections too: least_conn sends new short connections to the masters that have the
    fewest connections idling in pools, and passes over a master that has a single one more.
    """
    fewest: tuple[list[str], str, int] | None = None
    for trial, since_s, until_s in parts:
        samples = trial.samples
        counts = samples["good"] & (samples["connection"] != DIRECT)
        counts &= samples["started_s"].between(since_s, until_s)
        good = samples.loc[counts, ["worker", "master"]]
        for worker, part in good.groupby("worker", observed=True):
            names = sorted(str(name) for name in part["master"].unique() if name)
            served = (names, str(worker), len(part))
            fewest = min(fewest or served, served, key=lambda served: len(served[0]))
    if fewest is None:
        return unknown(message("no-request-served"))
    names, worker, count = fewest
    masters = ", ".join(names)
    evidence = message("masters-of-worker", worker=worker, masters=masters, count=count)
    return exact(len(names), evidence)


def _moves(trials: Sequence[TrialHistory]) -> Iterator[Named]:
    """Compare who held each lease before the first injection, and last before the last heal."""
    probes = {str(probe) for trial in trials for probe in trial.samples["probe"].unique()}
    for name in sorted(probe for probe in probes if "lease-" in probe):
        pairs = []
        for trial in trials:
            begin_s = trial.begin_s or 0.0
            heals_s = [
                span.heal_begin_s for span in trial.injections if span.heal_begin_s > begin_s
            ]
            held = trial.samples[trial.samples["good"] & (trial.samples["probe"] == name)]
            before = held[held["ended_s"] < begin_s]["master"]
            after = held[held["started_s"].between(begin_s, max(heals_s, default=begin_s))]
            if len(before) and len(after):
                pairs.append((str(before.iloc[-1]), str(after["master"].iloc[-1])))
        if not pairs:
            yield f"moved.{name}", unknown(message("lease-not-held"))
            continue
        evidence = [
            message("lease-moved", lease=name, before=before, after=after)
            for before, after in pairs
        ]
        moved = all(before != after for before, after in pairs)
        yield f"moved.{name}", exact(moved, joined(*evidence))
