"""Trials of 24 s for grades and costs: a fault is in from 4 s to 14 s, ten requests a second."""

from __future__ import annotations

from made_histories import (
    READ,
    events_of,
    experiment_record,
    history,
    run_record,
    series,
    step,
    trial_record,
)

from reports.analysis.evidence import evidence_of
from reports.analysis.fault_grades import fault_grades
from reports.analysis.injection_costs import injection_costs
from reports.analysis.suite import analyse_suite
from reports.history.events import Recovered

REQUESTS = 240
GOOD = "." * REQUESTS
ELECTION = "." * 42 + "x" * 12 + "." * 186
HALF = "." * 40 + "x." * 50 + "." * 100
DOWN = "." * 40 + "x" * 100 + "." * 100
NEVER_BACK = "." * 40 + "x" * 20 + "." * 120 + "x" * 60


def held():
    """Return the events of a trial that recovered."""
    events = events_of(begin_s=4.0, confirmed_s=4.1, heal_s=14.0, end_s=24.0)
    return [*events[:-1], Recovered(17.5, "kill"), events[-1]]


def trial(lines=GOOD, index=0, events=None, record=None, **experiment):
    """Return one trial; `lines`: of reads on new connections, or of many series."""
    lines = lines if isinstance(lines, dict) else {READ: lines}
    kinds = {(probe, connection): [] for probe, _, connection in lines}
    for probe, worker, connection in lines:
        kinds[probe, connection].append(worker)
    asked = [series(*kind, workers=workers) for kind, workers in kinds.items()]
    about = {"series": asked, "expect": [], "steps": [step(for_s=10.0)]} | experiment
    return history(
        lines,
        record=record or trial_record(index=index, number=index),
        experiment=experiment_record(**about),
        events=held() if events is None else events,
    )


def costs_of(*trials):
    return injection_costs([evidence_of(each) for each in trials])


def graded(*trials):
    return fault_grades(costs_of(*trials))


def analysed(*trials):
    experiments = {each.experiment.id: each.experiment for each in trials}
    return analyse_suite(
        run_record([each.record for each in trials], list(experiments.values())), list(trials)
    )
