"""The figures of an experiment that its series of requests and states show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.evidence import counted, lack_of_trials
from reports.analysis.outages import outages
from reports.analysis.serving_figures import lease_figures, master_figures
from reports.analysis.windows import during
from reports.analysis.worker_figures import down_figures, median_share, node_figures
from reports.bracket import Bracket, Figure, exact, unknown
from reports.grade import GRADED
from reports.history.schema import DIRECT
from reports.history.series_names import series_text
from reports.locale.message import message
from reports.verdict import trials_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reports.analysis.evidence import Evidence
    from reports.history.injections import InjectionSpan
    from reports.history.schema import ExperimentRecord
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

LARGEST = ("degraded", "all_good_after_heal")
LOWEST = ("good_share_during", "availability")
Named = tuple[str, Figure]


@dataclass(frozen=True)
class _Measured:
    """What figures are made of: trials, and of the tables their rows and outages.

    `all_trials`: how many there are with those that are left out. `outages`: as they are
    attributed to injections. `outages_of`: all of each trial (outages.outages). `injection`: the
    only injection that counts, "" for all.
    """

    name: str
    all_trials: int
    trials: Sequence[TrialHistory]
    rows: pd.DataFrame
    outages: pd.DataFrame
    outages_of: Sequence[pd.DataFrame]
    injection: str = ""

    def only(self, injection: str) -> _Measured:
        """Return what belongs to one injection, of the trials in which it was observed.

        A joint outage belongs to several.
        """
        observed = [
            any(span.id == injection and not span.not_measured for span in trial.injections)
            for trial in self.trials
        ]
        return _Measured(
            name=f"{self.name}, {injection}",
            all_trials=self.all_trials,
            trials=[trial for trial, is_in in zip(self.trials, observed, strict=True) if is_in],
            rows=self.rows[self.rows["injection"] == injection],
            outages=self.outages[
                self.outages["injection"].map(lambda ids: injection in ids.split("+")).astype(bool)
            ],
            outages_of=[
                of_trial for of_trial, is_in in zip(self.outages_of, observed, strict=True) if is_in
            ],
            injection=injection,
        )

    def series(self, probe: str, connection: str) -> _Measured:
        """Return what belongs to a kind of series, of the trials in which it was measured."""
        rows = _of_kind(self.rows, probe, connection)
        hidden = {
            (trial.record.index, span.id)
            for trial in self.trials
            for span in trial.injections
            if span.not_measured
        }
        lacking = {
            row.trial
            for row in rows[rows["not_measured"] != ""].itertuples()
            if (row.trial, row.injection) not in hidden
        }
        kept = [trial.record.index not in lacking for trial in self.trials]
        trials = [trial for trial, is_in in zip(self.trials, kept, strict=True) if is_in]
        indexes = [trial.record.index for trial in trials]
        attributed = _of_kind(self.outages, probe, connection)
        return _Measured(
            name=self.name,
            all_trials=self.all_trials,
            trials=trials,
            rows=rows[rows["trial"].isin(indexes)],
            outages=attributed[attributed["trial"].isin(indexes)],
            outages_of=[
                _of_kind(of_trial, probe, connection)
                for of_trial, is_in in zip(self.outages_of, kept, strict=True)
                if is_in
            ],
            injection=self.injection,
        )

    @property
    def trials_text(self) -> Message:
        """How many trials the figures are made of, and how many are left out."""
        trials, left_out = trials_text(len(self.trials)), self.all_trials - len(self.trials)
        return message("trials-left-out", trials=trials, count=left_out) if left_out else trials

    def spans(self, trial: TrialHistory) -> list[InjectionSpan]:
        """Return the injections of a trial that count."""
        return [span for span in trial.injections if self.injection in ("", span.id)]


def series_figures(
    experiment: ExperimentRecord, trials: Sequence[Evidence], tables: Mapping[str, pd.DataFrame]
) -> Iterator[Named]:
    """Name and measure the figures of one experiment; of several injections each for itself, too.

    Trials that were not measured are left out. Unknown are the figures of an experiment of which
    none was, or the record is incomplete. `tables`: those of recovery.recovery_tables.
    """
    if not experiment.series:
        return
    indexes = [evidence.trial.record.index for evidence in trials]
    every = tables["trials"][tables["trials"]["trial"].isin(indexes)]
    histories = [evidence.trial for evidence in counted(trials)]
    indexes = [trial.record.index for trial in histories]
    measured = _Measured(
        name=experiment.id,
        all_trials=len(trials),
        trials=histories,
        rows=every[every["trial"].isin(indexes)],
        outages=tables["outages"][tables["outages"]["trial"].isin(indexes)],
        outages_of=[outages(trial.samples, -math.inf) for trial in histories],
    )
    lack = lack_of_trials(trials)
    yield from _of_all_series(measured, every, lack)
    for figures in (
        master_figures(histories),
        lease_figures(experiment, histories),
        node_figures(experiment, histories),
    ):
        yield from ((name, unknown(lack) if lack else figure) for name, figure in figures)
    injections = dict.fromkeys(span.id for evidence in trials for span in evidence.trial.injections)
    for name in injections if len(injections) > 1 else ():
        own = every[every["injection"] == name]
        for key, figure in _of_all_series(measured.only(name), own, lack):
            yield f"{name}.{key}", figure


def _of_kind(table: pd.DataFrame, probe: str, connection: str) -> pd.DataFrame:
    return table[(table["probe"] == probe) & (table["connection"] == connection)]


def _of_all_series(
    measured: _Measured, every: pd.DataFrame, lack: Message | None
) -> Iterator[Named]:
    """Measure each series; `every`: its rows of all trials."""
    for (probe, connection), part in every.groupby(["probe", "connection"]):
        own, doubt = measured.series(str(probe), str(connection)), lack
        if not doubt and own.rows.empty:
            reasons = part["not_measured"]
            doubt = next(filter(None, reasons), message("no-trial"))
        about = message(
            "figure-about",
            name=measured.name,
            series=series_text(str(probe), str(connection)),
            trials=own.trials_text,
        )
        for name, figure in _of_series(own, (str(probe), str(connection)), about):
            yield f"{probe}.{connection}.{name}", unknown(doubt) if doubt else figure


def _of_series(own: _Measured, series: tuple[str, str], about: Message) -> Iterator[Named]:
    yield "outage_s", _longest([own.outages], own.rows, about)
    for name in LARGEST:
        bracket = _largest(own.rows[f"{name}_lower_s"], own.rows[f"{name}_upper_s"])
        evidence = message("seconds-measured", about=about, bracket=bracket.text(".2f"))
        missing = unknown(message("nothing-healed"))
        yield f"{name}_s", missing if math.isnan(bracket.lower) else Figure(bracket, evidence)
    for name in LOWEST:
        value = float(own.rows[name].min(skipna=False))
        evidence = message("share-measured", about=about, value=value)
        missing = unknown(message("share-not-measured", about=about))
        yield name, missing if math.isnan(value) else exact(value, evidence)
    yield "median_good_share_during", median_share(own.rows, about)
    yield from _of_hold(own, series, about)


def _largest(lower: pd.Series[float], upper: pd.Series[float]) -> Bracket:
    """Return the bracket of the largest value: it lies between the largest ends."""
    return Bracket(float(lower.max()), float(upper.max()))


def _longest(parts: Iterable[pd.DataFrame], rows: pd.DataFrame, about: Message) -> Figure:
    """Return the length of the longest outage; `rows`: of which the ends may be later."""
    ends = [
        *(part[["lower_s", "upper_s"]] for part in parts if len(part)),
        rows[["outage_lower_s", "outage_upper_s"]].set_axis(["lower_s", "upper_s"], axis=1),
    ]
    every = pd.concat(ends) if ends else rows
    bracket = _largest(every["lower_s"], every["upper_s"])
    if not bracket.upper > 0:
        return exact(0.0, message("no-outage", about=about))
    return Figure(bracket, message("longest-outage", about=about, bracket=bracket.text(".2f")))


def _of_hold(own: _Measured, series: tuple[str, str], about: Message) -> Iterator[Named]:
    """Measure what began between an injection and its heal."""
    parts, hit, not_healed = [], set[str](), None
    for trial, of_trial in zip(own.trials, own.outages_of, strict=True):
        begun = [span for span in own.spans(trial) if span.begun]
        open_ends = [span.not_recovered for span in begun if math.isnan(span.heal_begin_s)]
        not_healed = next(filter(None, open_ends), not_healed)
        held = [during(span).outages(of_trial) for span in begun]
        workers = {str(worker) for part in held for worker in part["worker"]}
        hit = workers if len(workers) > len(hit) else hit
        parts += held
    evidence = message("workers-hit", about=about, workers=", ".join(sorted(hit)))
    figures = {
        "hold_outage_s": _longest(parts, own.rows[:0], message("before-heal", about=about)),
        "workers_hit": exact(len(hit), evidence if hit else message("no-worker-hit", about=about)),
    }
    if series[0] in GRADED and series[1] != DIRECT and own.trials:
        figures |= down_figures(own.trials, own.spans, series, about)
    for name, figure in figures.items():
        yield name, unknown(not_healed) if not_healed else figure
