"""A run directory of any size, whose outages are known, sample by sample, before it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from reports.history.events import (
    BaselineBegin,
    EffectConfirmed,
    Event,
    HealBegin,
    HealConfirmed,
    HealEnd,
    InjectBegin,
    InjectEnd,
    ProbingEnd,
    Recovered,
    SteadyAgain,
    to_line,
)
from reports.history.lines import LineWriter
from reports.history.parquet import SCHEMA, write_samples
from reports.history.reader import trial_folder
from reports.history.run_json import write_record
from reports.history.schema import (
    COLUMNS,
    SERIES,
    Expectation,
    ExperimentRecord,
    SeriesRecord,
    StepRecord,
    SuiteRecord,
    TrialRecord,
)
from reports.history.text import Text
from reports.locale.message import verbatim

if TYPE_CHECKING:
    from pathlib import Path

WORKERS = 10
KINDS = [("read", "new"), ("read", "reused"), ("write", "new"), ("write", "reused")]
RATE_HZ = 50.0
BEGIN_S, HEAL_S = 5.0, 15.0
DEADLINE_S = 1.0


def make_run(directory: Path, trials: int, count: int, seed: int) -> pd.DataFrame:
    """Write a run of `trials` trials with `count` samples each; return the true outages.

    One row a trial and series: begin_s and end_s. Each series is out once, for 0.1 to 3 s, from
    0.5 to 5 s after the injection; requests begun then are refused at once.
    """
    chance = np.random.default_rng(seed)
    each = count // (WORKERS * len(KINDS))
    truths, record = [], _record(trials)
    for trial, planned in enumerate(record.trials):
        folder = trial_folder(directory, trial)
        folder.mkdir(parents=True)
        samples, truth = _trial(each, chance)
        table = pa.Table.from_pandas(samples, SCHEMA, preserve_index=False)
        write_samples(table, folder / "samples.parquet", planned.name)
        truths.append(truth.assign(trial=trial))
        events = LineWriter(folder / "events.jsonl", planned.name)
        for event in _events(end_s=each / RATE_HZ):
            events.write(to_line(event))
        events.close()
    write_record(directory, record)
    return pd.concat(truths, ignore_index=True)


def _events(end_s: float) -> list[Event]:
    hit = ["master-1/kube-apiserver"]
    return [
        BaselineBegin(0.0),
        InjectBegin(BEGIN_S, "kill", "kill", hit, ["master-1"]),
        InjectEnd(BEGIN_S + 0.05, "kill", {}),
        EffectConfirmed(BEGIN_S + 0.1, "kill", verbatim("made")),
        HealBegin(HEAL_S, "kill"),
        HealEnd(HEAL_S + 0.05, "kill"),
        HealConfirmed(HEAL_S + 0.1, "kill", verbatim("made")),
        Recovered(HEAL_S + 3, "kill"),
        SteadyAgain(HEAL_S + 3),
        ProbingEnd(end_s),
    ]


def _trial(each: int, chance: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts, truths = [], []
    for worker in range(WORKERS):
        for probe, connection in KINDS:
            started_s = (np.arange(each) + chance.random()) / RATE_HZ
            begin_s = BEGIN_S + chance.uniform(0.5, 5.0)
            end_s = begin_s + chance.uniform(0.1, 3.0)
            bad = (started_s >= begin_s) & (started_s < end_s)
            took_s = np.where(bad, 0.0005, 0.002 + chance.exponential(0.004, each).clip(max=0.5))
            name = {"probe": probe, "worker": f"worker-{worker + 1}", "connection": connection}
            parts.append(
                pd.DataFrame(
                    {
                        **name,
                        "scheduled_s": started_s,
                        "started_s": started_s,
                        "ended_s": started_s + took_s,
                        "outcome": np.where(bad, "fail", "ok"),
                        "status": np.where(bad, 0, 200),
                        "error": np.where(bad, "refused", ""),
                        "master": np.where(bad, "", f"master-{1 + worker % 3}"),
                        "client_port": chance.integers(32768, 60999, each),
                    }
                )
            )
            truths.append({**name, "begin_s": begin_s, "end_s": end_s})
    # as they are recorded: in the order of their ends
    samples = pd.concat(parts).sort_values("ended_s", ignore_index=True)
    return samples[list(COLUMNS)], pd.DataFrame(truths)


def _record(trials: int) -> SuiteRecord:
    return SuiteRecord(
        id="made",
        name="made",
        command="made",
        started_at="2026-01-01T00:00:00+00:00",
        seed=0,
        status="complete",
        versions={},
        host={},
        runtime="made",
        deadline_s=DEADLINE_S,
        client_timeout_s=4.0,
        experiments=[_experiment()],
        trials=[
            TrialRecord(index=index, experiment="made", number=index, status="complete")
            for index in range(trials)
        ],
    )


def _experiment() -> ExperimentRecord:
    made = Text(en="made", zh="made")
    workers = [f"worker-{one + 1}" for one in range(WORKERS)]
    target = "master-1/kube-apiserver"
    return ExperimentRecord(
        id="made",
        title=made,
        hypothesis=made,
        lab={},
        workers=workers,
        members=[],
        series=[
            SeriesRecord(probe=probe, connection=connection, rate_hz=RATE_HZ, workers=workers)
            for probe, connection in KINDS
        ],
        steps=[StepRecord(id="kill", fault="kill", target=target, for_s=HEAL_S - BEGIN_S)],
        expect=[
            Expectation(
                id="short",
                metric="outage_s",
                probe="read",
                connection="new",
                op="at_most",
                value=5.0,
            )
        ],
        settings={},
        supervision=made,
        bound_s=0.0,
    )


def misses(outages: pd.DataFrame, truth: pd.DataFrame) -> int:
    """Return how many true outages have not exactly one bracket, with the truth inside."""
    both = truth.merge(outages, on=["trial", *SERIES], how="outer")
    length_s = both["end_s"] - both["begin_s"]
    inside = length_s.between(both["lower_s"] - 1e-9, both["upper_s"] + 1e-9)
    return int((~inside).sum()) + int(both.duplicated(["trial", *SERIES]).sum())
