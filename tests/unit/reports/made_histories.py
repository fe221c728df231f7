"""Histories made by hand: one line of text a series, one character a probe.

`.` good, `x` failed, `l` answered too late, ` ` not recorded.
"""

from __future__ import annotations

import pandas as pd

from reports.analysis.outages import mark_good
from reports.history.reader import TrialHistory
from reports.history.schema import (
    COLUMNS,
    SCHEMA_VERSION,
    Expectation,
    RunRecord,
    SeriesRecord,
    TrialRecord,
)

DEADLINE_S = 1.0
RATE_HZ = 10.0


def samples_of(lines, rate_hz=RATE_HZ, took_s=0.01):
    """`lines`: (probe, worker, connection) -> text."""
    rows = []
    for (probe, worker, connection), text in lines.items():
        for number, kind in enumerate(text):
            if kind == " ":
                continue
            start_s = number / rate_hz
            good = kind == "."
            rows.append(
                {
                    "probe": probe,
                    "worker": worker,
                    "connection": connection,
                    "scheduled_s": start_s,
                    "started_s": start_s,
                    "ended_s": start_s + (took_s if kind != "l" else DEADLINE_S + 0.5),
                    "outcome": "fail" if kind == "x" else "ok",
                    "status": 200 if good else 0,
                    "error": "refused" if kind == "x" else "",
                    "master": "master-1",
                    "client_port": 40000,
                }
            )
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


def trial_record(**changes):
    about = {
        "index": 0,
        "experiment": "kill-it",
        "title": "It is killed",
        "hypothesis": "It goes on.",
        "fault": "kill",
        "target": "master:any",
        "hit": "master-1/kube-apiserver",
        "hold_s": 1.0,
        "supervision": "nothing restarts it",
        "expect": [expectation()],
        "status": "complete",
        "unknown_reason": None,
    }
    return TrialRecord(**(about | changes))


def run_record(trials, **changes):
    about = {
        "schema_version": SCHEMA_VERSION,
        "id": "r1",
        "name": "made",
        "command": "halab run made --seed 0",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seed": 0,
        "status": "complete",
        "deadline_s": DEADLINE_S,
        "client_timeout_s": 4.0,
        "lab": {"etcd": 3, "masters": 3, "workers": 1, "profile": "upstream", "stacked": False},
        "workers": ["worker-1"],
        "series": [SeriesRecord(probe="read", connection="new", rate_hz=RATE_HZ)],
        "settings": {"election_s": 1.0},
        "versions": {"etcd": "3.7.3"},
        "host": {"cores": "2"},
        "runtime": "netns",
        "trials": trials,
    }
    return RunRecord(**(about | changes))


def events_of(begin_s=2.0, confirmed_s=2.1, heal_s=4.0, end_s=6.0):
    times = {
        "baseline_begin": 0.0,
        "inject_begin": begin_s,
        "effect_confirmed": confirmed_s,
        "heal_begin": heal_s,
        "heal_confirmed": heal_s + 0.1,
        "probing_end": end_s,
    }
    return [{"t_s": at_s, "kind": kind} for kind, at_s in times.items()]


READ = ("read", "worker-1", "new")


def history(text, *, record=None, events=None):
    """One trial of 6 s whose only series is READ; the fault is in from 2 s to 4 s."""
    return TrialHistory(
        record or trial_record(),
        marked({READ: text}),
        events_of() if events is None else events,
    )
