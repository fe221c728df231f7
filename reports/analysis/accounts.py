"""The outages that each injection of a trial is held to account for, one row a series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.analysis.attribution import BELONGS, attribution, effects_of
from reports.analysis.outages import degraded_of, longest_gaps_of, outages_of
from reports.analysis.series import arrays_of
from reports.history.events import Leader
from reports.history.schema import SERIES, STATES
from reports.locale.message import message

if TYPE_CHECKING:
    from reports.analysis.attribution import Effect
    from reports.analysis.evidence import Evidence
    from reports.analysis.series import Flags, Numbers, Seconds, SeriesArrays, Texts

FAULT = ("experiment", "injection", "fault", "target")
# Lengths of which an end may not have been observed: NAME_lower_s and NAME_upper_s.
BRACKETS = (
    *("outage", "longest_gap", "degraded", "first_success", "all_good", "all_good_after_heal"),
)
ENDS = tuple(f"{name}_{end}_s" for name in BRACKETS for end in ("lower", "upper"))
# NaN: nobody can say, for there was no request, or no such window.
SHARES = ("availability", "good_share_during")
TRIAL_COLUMNS = (
    *("trial", *FAULT, "hit", *SERIES, "not_measured", "baseline_bad", "total", "bad"),
    *(*ENDS, *SHARES, "good_share_degraded", "first_error_s", "new_leader_s"),
)
Ends = tuple["Seconds", "Seconds"]


@dataclass(frozen=True)
class MeasuredTrial:
    """The outages and windows of a trial: parts of tables, each columns of arrays."""

    outages: dict[str, Any]
    degraded: list[dict[str, Any]]
    rows: list[dict[str, Any]]


def measure(evidence: Evidence) -> MeasuredTrial | None:
    """Measure what came after a trial's first injection, and account for it by injection.

    None where nothing was begun or sampled.
    """
    trial = evidence.trial
    effects = effects_of(trial)
    if not effects or trial.samples.empty:
        return None
    probes, index = arrays_of(trial.samples), trial.record.index
    outages = outages_of(probes, trial.begin_s or 0.0)
    masks, joined = attribution(effects, outages)
    degraded, rows = [], []
    for effect, mask in zip(effects, masks, strict=True):
        window = degraded_of(probes, effect.begin_s, effect.until_s)
        belongs = np.array([[text] for text in effect.belongs], dtype=object)
        degraded.append(_about(window, index, belongs.repeat(len(window["series"]), axis=1)))
        own = {name: values[mask] for name, values in outages.items()}
        rows.append(_Account(evidence, probes, effect).rows(own, window))
    return MeasuredTrial(_about(outages, index, joined), degraded, rows)


def _about(columns: dict[str, Any], index: int, joined: Texts) -> dict[str, Any]:
    """Add the columns of the trial, and of the injections that the rows belong to."""
    trial = np.full(len(columns["series"]), index)
    return {**columns, "trial": trial, **dict(zip(BELONGS, joined, strict=True))}


@dataclass(frozen=True)
class _Account:
    """What an injection is to account for in a trial."""

    evidence: Evidence
    probes: SeriesArrays
    effect: Effect

    @cached_property
    def late(self) -> Flags:
        """Whether a probe counts: it ended after the injection began, and began before its end."""
        return (self.probes.ended_s >= self.effect.begin_s) & (
            self.probes.started_s < self.effect.until_s
        )

    @cached_property
    def is_open(self) -> bool:
        """Whether it goes to the end of a trial in which not all was good again."""
        not_recovered = self.evidence.not_recovered or self.effect.not_recovered
        return math.isinf(self.effect.until_s) and not_recovered is not None

    def rows(self, outages: dict[str, Any], window: dict[str, Any]) -> dict[str, Any]:
        """Return a row (TRIAL_COLUMNS) a series, as arrays; `outages`, `window`: of the injection.

        Columns that end in _s are seconds; those that name a moment count from the beginning of
        the injection, all_good_after_heal from that of its heal.
        """
        trial, probes, effect = self.evidence.trial, self.probes, self.effect
        total, good = probes.count(self.late), probes.count(self.late & probes.good)
        before = probes.ended_s < (trial.begin_s or 0.0)
        baseline_bad = probes.count(
            before & ~probes.good & (probes.scheduled_s >= trial.baseline_s)
        )
        # false for a moment that did not come
        held = (probes.started_s >= effect.confirmed_s) & (probes.started_s <= effect.heal_begin_s)
        elected_s = [
            event.t_s
            for event in trial.all_of(Leader)
            if effect.begin_s < event.t_s < effect.until_s
        ]
        first, last = probes.ends_of(self.late & ~probes.good)
        first_s, last_s = (
            np.where(place >= 0, probes.started_s[place], np.nan) - effect.begin_s
            for place in (first, last)
        )
        brackets = {
            "outage": self._outage(outages),
            "longest_gap": self._longest_gap(),
            "degraded": self._degraded(first_s, last_s, last),
            "first_success": self._success_after(first_s, last_s),
            "all_good": self._all_good(last_s),
            "all_good_after_heal": self._after_heal(self._all_good(last_s)),
        }
        good_share = np.ones(len(probes.begin))
        good_share[window["series"]] = window["good_share"]
        rows: dict[str, Any] = {
            "trial": trial.record.index,
            "experiment": trial.experiment.id,
            "injection": effect.id,
            "fault": effect.fault,
            "target": effect.target,
            "hit": effect.hit,
            **probes.names,
            "not_measured": self._not_measured(baseline_bad),
            "baseline_bad": baseline_bad,
            "total": total,
            "bad": total - good,
            **dict(zip(ENDS, (end for ends in brackets.values() for end in ends), strict=True)),
            "availability": _share(good, total),
            "good_share_during": _share(probes.count(held & probes.good), probes.count(held)),
            "good_share_degraded": good_share,
            "first_error_s": first_s.clip(min=0.0),
            "new_leader_s": elected_s[0] - effect.begin_s if elected_s else math.nan,
        }
        return {name: np.broadcast_to(column, total.shape) for name, column in rows.items()}

    def _not_measured(self, baseline_bad: Numbers) -> Texts:
        """Return by series why nothing that was measured of it proves anything; "" when it may."""
        reasons = np.full(len(baseline_bad), "", dtype=object)
        probes, doubt = self.probes, self.evidence.not_measured or self.effect.not_measured
        if doubt:
            reasons[:] = doubt
            return reasons
        for series in np.flatnonzero(baseline_bad):
            reasons[series] = message("bad-baseline-counted", count=int(baseline_bad[series]))
        states = np.flatnonzero(np.isin(probes.names["probe"], STATES))
        if len(states):
            outcomes = self.evidence.trial.samples["outcome"]
            unanswered = probes.count(self.late & (outcomes == "unknown").to_numpy(bool))
            total = probes.count(self.late)
            for series in states[unanswered[states] > 0]:
                counts = {"unanswered": int(unanswered[series]), "count": int(total[series])}
                reasons[series] = message("observations-unanswered", **counts)
        return reasons

    def _ended(self, value_s: Seconds, least_s: Seconds) -> Ends:
        """Return brackets of values: NaN where it was not observed, and then at least that long."""
        lower_s = np.where(np.isnan(value_s), least_s, value_s)
        return lower_s, np.where(np.isnan(value_s) | self.is_open, np.inf, value_s)

    def _outage(self, outages: dict[str, Any]) -> Ends:
        """Return the largest ends of the brackets of each series' outages; 0 where none is."""
        lower_s, upper_s = np.zeros((2, len(self.probes.begin)))
        np.maximum.at(lower_s, outages["series"], outages["lower_s"])
        np.maximum.at(upper_s, outages["series"], outages["upper_s"])
        return lower_s, np.where(self.is_open, np.inf, upper_s)

    def _longest_gap(self) -> Ends:
        trial, effect = self.evidence.trial, self.effect
        end_s = trial.end_s or float(self.probes.ended_s.max())
        gap_s = longest_gaps_of(self.probes, effect.begin_s, end_s, effect.until_s)
        endless = self.is_open | (self.probes.ends_bad & math.isinf(effect.until_s))
        return gap_s, np.where(endless, np.inf, gap_s)

    def _degraded(self, first_s: Seconds, last_s: Seconds, last: Numbers) -> Ends:
        """Return how long each series' degraded window was; 0 where none was bad."""
        length_s = np.where(np.isnan(first_s), 0.0, last_s - first_s)
        endless = self.is_open | (last == self.probes.end - 1)
        return length_s, np.where(endless, np.inf, length_s)

    def _success_after(self, first_s: Seconds, last_s: Seconds) -> Ends:
        """Return when the first good one begun after the first bad one ended; NaN: none was bad."""
        success_s = self._good_after(first_s)
        never = np.isnan(success_s) & ~np.isnan(first_s)
        return np.where(never, last_s, success_s), np.where(never, np.inf, success_s)

    def _all_good(self, last_s: Seconds) -> Ends:
        """Return when the first good one begun after the last bad one ended; 0: none was bad."""
        again_s = np.where(np.isnan(last_s), 0.0, self._good_after(last_s))
        return self._ended(again_s, last_s)

    def _after_heal(self, all_good: Ends) -> Ends:
        """Return the same, after the heal; NaN where nothing was injected."""
        healed_s = self.effect.heal_begin_s - self.effect.begin_s
        lower_s, upper_s = (np.maximum(end_s - healed_s, 0.0) for end_s in all_good)
        if math.isnan(healed_s) and self.effect.id:
            return np.zeros_like(lower_s), np.full_like(upper_s, np.inf)
        return lower_s, upper_s

    def _good_after(self, moment_s: Seconds) -> Seconds:
        """Return when the first good one begun after that ended; NaN where there is none."""
        probes, begin_s = self.probes, self.effect.begin_s
        since_s = np.repeat(moment_s + begin_s, probes.end - probes.begin)
        good = self.late & probes.good & (probes.started_s > since_s)
        return probes.least(probes.ended_s, good) - begin_s


def _share(part: Numbers, whole: Numbers) -> Seconds:
    share: Seconds = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return share
