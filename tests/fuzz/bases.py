"""The run directories that are mutated: every saved run, and made ones, with more demands.

A saved suite is taken trial by trial, each as a run of its own: judging the whole of it would
judge much that was not changed.
"""

from __future__ import annotations

import json
import math
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from reports.analysis.evidence import evidence_of
from reports.analysis.metrics import METRICS
from reports.analysis.operation_metrics import OPERATIONS
from reports.analysis.outages import mark_good
from reports.analysis.series_metrics import series_figure
from reports.analysis.windows import window_of
from reports.history.events import HealConfirmed
from reports.history.parquet import TRIAL
from reports.history.reader import read_suite
from reports.history.run_json import read_header, write_record
from reports.history.schema import Doubt, Expectation
from reports.locale.message import verbatim
from tests.net import made_records
from tests.net.convert import convert
from tests.net.made import (
    KILL,
    NOT_STEADY,
    READ,
    Made,
    events_of,
    final_of,
    operations,
    with_clients,
    without,
    write,
)
from tests.net.saved import NAMES, run_of
from tests.unit.reports import made_surveys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.bracket import Figure
    from reports.history.schema import ExperimentRecord
    from reports.history.trial import TrialHistory

HISTORIES = Path(__file__).parent.parent / "histories"
# more would only take time
DEMANDS = 20
LOST = "v70"


def saved_bases(folder: Path) -> Iterator[Path]:
    """Write every saved run, trial by trial, and yield where each is."""
    for name in NAMES:
        run = convert(run_of(name), folder / f"whole-{name}")
        yield from _trials(run, folder, name) if read_header(run).kind == "suite" else [run]
        for below in sorted(run.glob("experiments/*/*")):
            if read_header(below).kind == "suite":
                yield from _trials(below, folder, f"{name}-{below.parent.name}")
    for run in sorted(HISTORIES.iterdir()):
        yield from _trials(run, folder, run.name)


def _trials(run: Path, folder: Path, name: str) -> Iterator[Path]:
    """Write each trial as a run of its own."""
    record, _, _ = read_suite(run)
    for trial in record.trials:
        alone = folder / f"{name}-{trial.index}"
        shutil.copytree(run / "trials" / f"{trial.index:04d}", alone / "trials" / "0000")
        only = trial.model_copy(update={"index": 0, "number": 0})
        experiment = record.experiment(trial.experiment)
        update = {"trials": [only], "experiments": [experiment], "trial_count": 1}
        write_record(alone, record.model_copy(update=update))
        _rename(alone / "trials" / "0000", only.name)
        demand(alone)
        yield alone


def _rename(folder: Path, name: str) -> None:
    """Let the files of a trial name it."""
    for stream in folder.glob("*.jsonl"):
        *lines, last = stream.read_text(encoding="utf-8").splitlines()
        closing = json.loads(last)
        if "closed" in closing:
            last = json.dumps({**closing, "of": name})
        stream.write_text("".join(f"{line}\n" for line in [*lines, last]), encoding="utf-8")
    for path in folder.glob("*.parquet"):
        table = pq.read_table(path)
        metadata = {**table.schema.metadata, TRIAL: name.encode()}
        pq.write_table(table.replace_schema_metadata(metadata), path)
    final = folder / "final.json"
    if final.exists():
        final.write_text(json.dumps({**json.loads(final.read_bytes()), "of": name}))


def demand(run: Path) -> None:
    """Add demands that hold just so, and others that are just violated, by what was measured."""
    record, trials, _ = read_suite(run)
    for experiment in record.experiments:
        of_it = next(trial for trial in trials if trial.experiment.id == experiment.id)
        marked = replace(of_it, samples=mark_good(of_it.samples, record.deadline_s))
        experiment.expect.extend(_demands(marked, experiment))
    write_record(run, record)


def _demands(trial: TrialHistory, experiment: ExperimentRecord) -> list[Expectation]:
    evidence, made = evidence_of(trial), []
    windows = [{}, *({"during": step.id} for step in experiment.faults)]
    windows += [{"after_heal_of": step.id} for step in experiment.faults]
    for name, metric in METRICS.items():
        abouts = [{}]
        if metric.needs == "series":
            abouts = [{"probe": it.probe, "connection": it.connection} for it in experiment.series]
        elif experiment.operations is None:
            continue
        for about in abouts:
            for window in windows:
                if next(iter(window), "") not in metric.windows:
                    continue
                asked = Expectation(
                    id=f"fuzz-{name}-{len(made)}",
                    metric=name,
                    op="at_most",
                    value=0,
                    **about,
                    **window,
                )
                figure = (
                    series_figure(evidence, asked)
                    if metric.needs == "series"
                    else OPERATIONS[name](evidence, window_of(trial, asked))
                )
                made += _tight(asked, figure)
    chance = random.Random(experiment.id)
    return chance.sample(made, min(DEMANDS, len(made)))


def _tight(asked: Expectation, figure: Figure) -> list[Expectation]:
    """Return demands that this figure just meets, and just does not."""
    lower, upper = figure.bracket.lower, figure.bracket.upper
    if figure.unknown or not (math.isfinite(lower) and math.isfinite(upper)):
        lower, upper = 0.5, 0.5
    bounds = {
        "met-at-most": ("at_most", upper),
        "missed-at-most": ("at_most", lower - 1e-6),
        "met-at-least": ("at_least", lower),
        "missed-at-least": ("at_least", upper + 1e-6),
    }
    return [
        asked.model_copy(update={"id": f"{asked.id}-{name}", "op": op, "value": value})
        for name, (op, value) in bounds.items()
    ]


# --- made runs

WELL = {READ: "." * 60, ("write", "worker-1", "reused"): "." * 60}
HIT = {READ: "." * 20 + "x" * 15 + "." * 25, ("write", "worker-1", "reused"): "." * 60}
NEVER_BACK = {READ: "." * 20 + "x" * 40}
WORK = operations()


def _operated(work: list[object] = WORK, final: object = None, **about: object) -> Made:
    return Made(
        WELL,
        **{
            "events": with_clients(work),
            "operations": work,
            "final": final or final_of(WORK),
            **about,
        },
    )


def _one(trial: Made) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        write(path, {KILL: [trial]})
        demand(path)
        return path

    return make


def _many(path: Path) -> Path:
    """Two experiments of two trials each, one of which shows what another does not."""
    return write(path, {KILL: [Made(WELL), Made(HIT)], "again": [Made(HIT), Made(WELL)]})


def _interrupted(path: Path) -> Path:
    trials = [Made(WELL), Made(WELL, status="interrupted"), Made(WELL, status="planned")]
    write(path, {KILL: trials})
    shutil.rmtree(path / "trials" / "0002")
    return path


def _stale() -> list[object]:
    """A read in the end that shows what was there in the beginning."""
    read = next(operation for operation in WORK if operation.op == "read")
    return [*WORK, replace(read, invoke_s=5.0, complete_s=5.1)]


def _gap() -> list[object]:
    """A watch that passed over an event."""
    told = [operation for operation in WORK if operation.op == "watch"]
    return [operation for operation in WORK if operation is not told[60]]


def _differing() -> object:
    final = final_of(WORK)
    states = dict(final.members)
    states["etcd-2"] = states["etcd-2"].model_copy(update={"hash": 2})
    return final.model_copy(update={"members": states})


def _table(change: Callable[[list[object]], list[object]]) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        rows = change(made_surveys.table(sizes=range(1, 5)))
        return made_records.survey(path, rows)

    return make


def _splits(*rows: object) -> Callable[[Path], Path]:
    return lambda path: made_records.survey(path, rows)


def _first(**changes: object) -> Callable[[list[object]], list[object]]:
    return lambda rows: [rows[3].model_copy(update=changes), *rows[:3], *rows[4:]]


DIED = Doubt(kind="not-measured", reason=verbatim("the clients did not come to an end"))
KEPT = final_of([operation for operation in WORK if operation.value != LOST])
MADE: dict[str, Callable[[Path], Path]] = {
    "well": _one(_operated()),
    "hit": _one(Made(HIT)),
    "lost": _one(_operated(final=KEPT)),
    "stale": _one(_operated(_stale())),
    "gap": _one(_operated(_gap())),
    "differing": _one(_operated(final=_differing())),
    "clients-died": _one(_operated(events=events_of(), doubt=DIED)),
    "never-back": _one(Made(NEVER_BACK, without(events_of(), HealConfirmed), doubt=NOT_STEADY)),
    "unconfirmed": _one(Made(WELL, doubt=DIED)),
    "many": _many,
    "interrupted": _interrupted,
    "table": _table(lambda rows: rows),
    "table-lost": _table(_first(lost=["a"])),
    "table-unknown": _table(_first(write="unknown", read="unknown", reason=verbatim("busy"))),
    "table-wrong": _table(_first(write="not-served", read="not-served", write_s=None)),
    "splits": _splits(
        made_records.split([2, 1], "served", "not-served"),
        made_records.split([3, 2], "served", "not-served"),
    ),
    "splits-disjoint": _splits(
        made_records.split([2, 1], "served", "served"),
        made_records.split([3, 2], "served", "not-served", lost=["a"]),
    ),
    "splits-unknown": _splits(
        made_records.split([2, 1], "served", "unknown"),
        made_records.split([3, 2], "served", "not-served"),
    ),
}


def made_bases(folder: Path) -> Iterator[Path]:
    """Write every made run, and yield where each is."""
    for name, make in MADE.items():
        yield make(folder / f"made-{name}")
