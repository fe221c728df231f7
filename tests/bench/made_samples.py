"""A run directory of any size, whose outages are known, sample by sample, before it is judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.history.object import write_record
from reports.history.samples import write_samples
from reports.history.schema import (
    COLUMNS,
    SCHEMA_VERSION,
    SERIES,
    Expectation,
    RunRecord,
    SeriesRecord,
    TrialRecord,
)

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
    end_s = each / RATE_HZ
    truths = []
    for trial in range(trials):
        folder = directory / "trials" / f"{trial:04d}"
        folder.mkdir(parents=True)
        samples, truth = _trial(each, chance)
        write_samples(samples, folder / "samples.parquet")
        truths.append(truth.assign(trial=trial))
        times = {"inject_begin": BEGIN_S, "effect_confirmed": BEGIN_S + 0.1, "heal_begin": HEAL_S}
        times |= {"heal_confirmed": HEAL_S + 0.1, "recovered": HEAL_S + 3, "probing_end": end_s}
        events = [json.dumps({"t_s": at_s, "kind": kind}) for kind, at_s in times.items()]
        (folder / "events.jsonl").write_text("\n".join(events) + "\n")
    write_record(directory, _record(trials))
    return pd.concat(truths, ignore_index=True)


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


def _record(trials: int) -> RunRecord:
    expect = Expectation(
        id="short", metric="outage_s", probe="read", connection="new", op="at_most", value=5.0
    )
    return RunRecord(
        schema_version=SCHEMA_VERSION,
        id="made",
        name="made",
        command="made",
        started_at="2026-01-01T00:00:00+00:00",
        seed=0,
        status="complete",
        deadline_s=DEADLINE_S,
        client_timeout_s=4.0,
        lab={},
        workers=[f"worker-{one + 1}" for one in range(WORKERS)],
        series=[
            SeriesRecord(probe=probe, connection=connection, rate_hz=RATE_HZ)
            for probe, connection in KINDS
        ],
        settings={},
        versions={},
        host={},
        runtime="made",
        trials=[
            TrialRecord(
                index=index,
                experiment="made",
                title="made",
                hypothesis="made",
                fault="kill",
                target="made",
                hit="made",
                hold_s=HEAL_S - BEGIN_S,
                supervision="none",
                expect=[expect],
                status="complete",
                unknown_reason=None,
            )
            for index in range(trials)
        ],
    )


def misses(outages: pd.DataFrame, truth: pd.DataFrame) -> int:
    """Return how many true outages have not exactly one bracket, with the truth inside."""
    both = truth.merge(outages, on=["trial", *SERIES], how="outer")
    length_s = both["end_s"] - both["begin_s"]
    inside = length_s.between(both["lower_s"] - 1e-9, both["upper_s"] + 1e-9)
    return int((~inside).sum()) + int(both.duplicated(["trial", *SERIES]).sum())
