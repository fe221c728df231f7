"""Histories made by hand: one line of text a series, one character a probe.

`.` good, `x` failed, `l` answered too late, `?` nobody could say, ` ` not recorded.
"""

from __future__ import annotations

import dataclasses

import pandas as pd

from reports.analysis.outages import mark_good
from reports.history.events import (
    BaselineBegin,
    EffectConfirmed,
    HealBegin,
    HealConfirmed,
    InjectBegin,
    ProbingEnd,
    Recovered,
)
from reports.history.samples import Sample
from reports.history.schema import (
    COLUMNS,
    Expectation,
    ExperimentRecord,
    SeriesRecord,
    StepRecord,
    SuiteRecord,
    TrialRecord,
)
from reports.history.trial import TrialHistory
from reports.history.writer import RunWriter
from reports.locale.message import verbatim

DEADLINE_S = 1.0
RATE_HZ = 10.0
READ = ("read", "worker-1", "new")
OUTCOMES = {"x": "fail", "?": "unknown"}


def sample_list(lines, rate_hz=RATE_HZ, took_s=0.01):
    """`lines`: (probe, worker, connection) -> text."""
    made = []
    for (probe, worker, connection), text in lines.items():
        for number, kind in enumerate(text):
            if kind == " ":
                continue
            start_s = number / rate_hz
            made.append(
                Sample(
                    probe=probe,
                    worker=worker,
                    connection=connection,
                    scheduled_s=start_s,
                    started_s=start_s,
                    ended_s=start_s + (took_s if kind != "l" else DEADLINE_S + 0.5),
                    outcome=OUTCOMES.get(kind, "ok"),
                    status=200 if kind == "." else 0,
                    error="refused" if kind == "x" else "",
                    master="master-1",
                    client_port=40000,
                )
            )
    return made


def samples_of(lines, **options):
    rows = [sample.line() for sample in sample_list(lines, **options)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def marked(lines, **options):
    return mark_good(samples_of(lines, **options), DEADLINE_S)


def expectation(**changes):
    about = {
        "id": "e1",
        "metric": "outage_s",
        "probe": "read",
        "connection": "new",
        "op": "at_most",
        "value": 1.0,
    }
    return Expectation(**(about | changes))


def step(name="kill", **changes):
    about = {"id": name, "fault": "kill", "target": "master:any", "for_s": 1.0}
    return StepRecord(**(about | changes))


def experiment_record(**changes):
    about = {
        "id": "kill-it",
        "title": "It is killed",
        "hypothesis": "It goes on.",
        "lab": {"etcd": 3, "masters": 3, "workers": 1, "profile": "upstream", "stacked": False},
        "workers": ["worker-1"],
        "members": ["etcd-1", "etcd-2", "etcd-3"],
        "nodes": [{"name": "master-1", "roles": ["master"]}],
        "series": [series()],
        "steps": [step()],
        "expect": [expectation()],
        "settings": {"election_s": 1.0},
        "supervision": "nothing restarts it",
        "bound_s": 6.0,
    }
    return ExperimentRecord(**(about | changes))


def series(probe="read", connection="new", workers=("worker-1",), rate_hz=RATE_HZ):
    return SeriesRecord(probe=probe, connection=connection, rate_hz=rate_hz, workers=list(workers))


def series_of(lines):
    """Return the plan of the series that lines are of."""
    kinds = dict.fromkeys((probe, connection) for probe, _, connection in lines)
    return [
        series(*kind, workers=[key[1] for key in lines if (key[0], key[2]) == kind])
        for kind in kinds
    ]


def trial_record(**changes):
    about = {"index": 0, "experiment": "kill-it", "number": 0, "status": "complete"}
    return TrialRecord(**(about | changes))


def run_record(trials=(), experiments=None, **changes):
    """`experiments`: as of experiment_record, one for each that the trials name if not given."""
    if experiments is None:
        names = dict.fromkeys(trial.experiment for trial in trials)
        experiments = [experiment_record(id=name) for name in names]
    about = {
        "id": "r1",
        "name": "made",
        "command": "halab run made --seed 0",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seed": 0,
        "status": "complete",
        "deadline_s": DEADLINE_S,
        "client_timeout_s": 4.0,
        "versions": {"etcd": "3.7.3"},
        "host": {"cores": "2"},
        "runtime": "netns",
        "experiments": experiments,
        "trials": list(trials),
    }
    return SuiteRecord(**(about | changes))


def injection(name="kill", *, hit=("master-1/kube-apiserver",), begin_s=2.0, heal_s=4.0, **more):
    """Return the events of one injection; `recovered_s`: None where it did not recover."""
    confirmed_s, recovered_s = more.get("confirmed_s", begin_s + 0.1), more.get("recovered_s")
    nodes = sorted({target.partition("/")[0] for target in hit})
    found = [
        InjectBegin(begin_s, name, more.get("fault", "kill"), list(hit), nodes),
        EffectConfirmed(confirmed_s, name, verbatim("refused")),
        HealBegin(heal_s, name),
        HealConfirmed(heal_s + 0.1, name, verbatim("answered")),
    ]
    return found if recovered_s is None else [*found, Recovered(recovered_s, name)]


def events_of(begin_s=2.0, confirmed_s=2.1, heal_s=4.0, end_s=6.0):
    middle = injection(begin_s=begin_s, confirmed_s=confirmed_s, heal_s=heal_s)
    return [BaselineBegin(0.0), *middle, ProbingEnd(end_s)]


def without(*kinds, events=None):
    return [event for event in (events or events_of()) if not isinstance(event, kinds)]


def history(text, *, record=None, experiment=None, events=None):
    """One trial of 6 s; the fault is in from 2 s to 4 s. `text`: of READ, or lines of many."""
    lines = text if isinstance(text, dict) else {READ: text}
    return TrialHistory(
        record or trial_record(),
        experiment or experiment_record(series=series_of(lines)),
        marked(lines),
        events_of() if events is None else events,
    )


def write_run(directory, record, *trials):
    """Write a run directory; each trial: (lines, events), more as keywords of write_trial."""
    writer = RunWriter(directory, record)
    writer.save()
    for planned, (lines, events) in zip(record.trials, trials, strict=False):
        write_trial(writer, planned.index, lines, events)
    return directory


def write_trial(writer, index, lines, events, operations=(), final=None):
    trial = writer.trial(index)
    for event in events:
        trial.event(event)
    for sample in sample_list(lines):
        trial.sample(sample)
    for operation in operations:
        trial.operation(operation)
    if final:
        trial.final_state(final)
    trial.close()


def later(events, by_s):
    """Return events that happened later."""
    return [dataclasses.replace(event, t_s=event.t_s + by_s) for event in events]
