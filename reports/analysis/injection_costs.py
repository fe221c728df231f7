"""What each injection of a trial cost the clients of each series, and how it is graded.

Reads and writes that go through what clients use; of a trial that was not measured nothing, and
of an injection that was not observed only why.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.analysis.attribution import effects_of
from reports.analysis.cost import Hold, cost_of
from reports.analysis.grades import Baseline, grades_of, signs_of
from reports.analysis.series import arrays_of
from reports.analysis.series_cost import InjectionCosts, SeriesCost
from reports.grade import GRADED
from reports.history.events import NotServedAgain
from reports.history.injections import InjectionSpan
from reports.history.schema import DIRECT
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reports.analysis.attribution import Effect
    from reports.analysis.cost import Cost
    from reports.analysis.evidence import Evidence
    from reports.analysis.grades import Signs
    from reports.analysis.series import SeriesArrays
    from reports.locale.message import Message

Series = tuple[str, str]


def injection_costs(trials: Sequence[Evidence]) -> list[InjectionCosts]:
    """Return the costs of every injection that was planned or begun, trial by trial.

    The samples are marked. The baseline of a series is pooled over workers and measured trials.
    """
    clients = [(evidence, _of_clients(evidence)) for evidence in trials]
    baselines = _baselines([(it, probes) for it, probes in clients if not it.not_measured])
    costs = [
        of_injection
        for evidence, probes in clients
        if any(series.probe in GRADED for series in evidence.trial.experiment.series)
        for of_injection in _of_trial(evidence, probes, baselines)
    ]
    return _graded(costs)


def _graded(injections: Sequence[InjectionCosts]) -> list[InjectionCosts]:
    """Grade the series of each fault, all of its trials together."""
    signs: dict[tuple[str, str], list[Signs]] = {}
    for costs in injections:
        signs.setdefault(costs.fault_id, []).extend(series.signs for series in costs.series)
    grades = {fault: iter(grades_of(of_fault)) for fault, of_fault in signs.items()}
    return [
        replace(
            costs,
            series=tuple(
                replace(series, grade=next(grades[costs.fault_id])) for series in costs.series
            ),
        )
        for costs in injections
    ]


def _of_clients(evidence: Evidence) -> SeriesArrays:
    samples = evidence.trial.samples
    graded = samples["probe"].isin(GRADED) & (samples["connection"] != DIRECT)
    return arrays_of(samples[graded])


def _baselines(trials: Sequence[tuple[Evidence, SeriesArrays]]) -> dict[Series, Baseline]:
    total, bad = Counter[Series](), Counter[Series]()
    for evidence, probes in trials:
        trial = evidence.trial
        before = probes.scheduled_s >= trial.baseline_s
        before &= probes.ended_s < (math.inf if trial.begin_s is None else trial.begin_s)
        counts = zip(
            probes.keys(), probes.count(before), probes.count(before & ~probes.good), strict=True
        )
        for (probe, _, connection), requests, bad_requests in counts:
            total[probe, connection] += int(requests)
            bad[probe, connection] += int(bad_requests)
    return {series: Baseline(total[series], bad[series]) for series in total}


def _of_trial(
    evidence: Evidence, probes: SeriesArrays, baselines: Mapping[Series, Baseline]
) -> Iterator[InjectionCosts]:
    trial, effects = evidence.trial, effects_of(evidence.trial)
    effect_of = {effect.id: effect for effect in effects}
    planned = {step.id: (step.text, step.target) for step in trial.experiment.faults}
    for name in dict.fromkeys([*planned, *filter(None, effect_of)]):
        span = next(
            (span for span in trial.injections if span.id == name), InjectionSpan.missing(name)
        )
        effect = effect_of.get(name)
        unknown = evidence.not_measured or span.not_measured
        if unknown is None and math.isnan(span.heal_begin_s):
            unknown = span.not_recovered
        fault, target = (effect.fault, effect.target) if effect else planned[name]
        yield InjectionCosts(
            trial=trial.record.index,
            experiment=trial.experiment.id,
            injection=name,
            fault=fault,
            target=target,
            nodes_hit=len(span.nodes_hit),
            together=_together(effect, effects) if effect else (),
            hold_s=span.heal_begin_s - span.confirmed_s,
            series=tuple(_of_series(evidence, effect, probes, baselines))
            if effect and unknown is None
            else (),
            unknown=unknown,
        )


def _together(effect: Effect, effects: Sequence[Effect]) -> tuple[str, ...]:
    return tuple(
        other.id
        for other in effects
        if other is not effect and other.begin_s < effect.until_s and effect.begin_s < other.until_s
    )


def _of_series(
    evidence: Evidence,
    effect: Effect,
    probes: SeriesArrays,
    baselines: Mapping[Series, Baseline],
) -> Iterator[SeriesCost]:
    hold = Hold(effect.confirmed_s, effect.heal_begin_s)
    rates_hz = {
        (series.probe, series.connection): series.rate_hz
        for series in evidence.trial.experiment.series
    }
    own = (probes.ended_s >= effect.begin_s) & (probes.started_s < effect.until_s)
    places = zip(probes.keys(), probes.begin, probes.end, strict=True)
    for (probe, worker, connection), begin, end in places:
        of_series = own[begin:end]
        started_s = probes.started_s[begin:end][of_series]
        good = probes.good[begin:end][of_series]
        if not len(good):
            continue
        series = (probe, connection)
        cost = cost_of(started_s, good, hold, 1.0 / rates_hz[series])
        yield SeriesCost(
            probe=probe,
            connection=connection,
            worker=worker,
            total=len(good),
            bad=int((~good).sum()),
            baseline=baselines[series],
            signs=signs_of(started_s, good, hold, cost, baselines[series]),
            open_end=_open_end(evidence, effect, worker, cost),
        )


def _open_end(evidence: Evidence, effect: Effect, worker: str, cost: Cost) -> Message | None:
    """Return why more may have been bad than was observed."""
    if not cost.came_back:
        return message("cost-not-back")
    held_to_the_end = math.isinf(effect.until_s)
    if held_to_the_end and (doubt := evidence.not_recovered or effect.not_recovered):
        return doubt
    waited = evidence.trial.all_of(NotServedAgain)
    if any((event.injection, event.worker) == (effect.id, worker) for event in waited):
        return message("cost-return-not-seen")
    return None
