"""Suites and observed endpoints of record 1, written again as record 3."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from reports.history import events as new_events
from reports.history.final_state import FinalState
from reports.history.lab_nodes import NodeRecord
from reports.history.operations import Operation
from reports.history.samples import Sample
from reports.history.schema import (
    COLUMNS,
    Doubt,
    Expectation,
    ExperimentRecord,
    OperationsRecord,
    StepRecord,
    SuiteRecord,
    TrialRecord,
)
from reports.history.writer import RunWriter
from reports.locale.message import verbatim

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from reports.history.writer import TrialWriter

OBSERVED = "none"
# metric of record 1 -> metric of record 3, and whether it is measured during the fault
METRICS = {
    "outage_s": ("outage_s", False),
    "hold_outage_s": ("outage_s", True),
    "degraded_s": ("degraded_s", False),
    "hold_good_share": ("good_share", True),
    "availability": ("good_share", False),
    "answers": ("answers", False),
}
DEMANDS = {
    "nothing-lost": "lost_writes",
    "nothing-stale": "stale_reads",
    "watches-in-order": "watch_disorder",
    "members-agree": "differing_members",
}
BALANCER_NODES = {"external": 1, "vip": 2}
# What the schema of record 1 left to the workload.
KEYS, TIMEOUT_S = 6, 2.0
# events that are called the same, with the same fields
SAME = {
    *("baseline_begin", "baseline_again", "steady", "observe_begin", "probing_end", "probe_cpu"),
    *("leader", "lease", "node_ready", "component_exit", "component_start"),
    *("watch_open", "watch_end", "watch_fault"),
}
# what now names the injection that it belongs to
OF_THE_FAULT = {"inject_end", "effect_confirmed", "heal_begin", "heal_end", "heal_confirmed"}


def suite(old: Path, record: dict[str, Any], new: Path) -> None:
    """Write a suite, or an endpoint that was observed."""
    trials: list[dict[str, Any]] = record["trials"]
    first = {trial["experiment"]: trial for trial in reversed(trials)}
    names = dict.fromkeys(trial["experiment"] for trial in trials)
    dials = {name: [] for name in names}
    for trial in trials:
        known = dials[trial["experiment"]]
        known += [dial for dial in _dials(old, trial["index"]) if dial["id"] not in _ids(known)]
    made = SuiteRecord(
        **header(record),
        deadline_s=record["deadline_s"],
        client_timeout_s=record["client_timeout_s"],
        experiments=[_experiment(record, first[name], dials[name]) for name in names],
        trials=planned(trials),
    )
    writer = RunWriter(new, made)
    writer.save()
    for trial in trials:
        history = writer.trial(trial["index"])
        _write_trial(history, folder_of(old, trial["index"]), trial)
        history.close()


def header(record: dict[str, Any]) -> dict[str, Any]:
    """Return what run.json of every kind begins with."""
    names = ("id", "name", "command", "started_at", "seed", "status", "versions", "host")
    return {name: record[name] for name in (*names, "runtime")}


def planned(trials: Sequence[dict[str, Any]], experiment: str = "") -> list[TrialRecord]:
    """Return the trials of a record, each with its number among those of its experiment."""
    numbers: Counter[str] = Counter()
    found = []
    for trial in trials:
        name = experiment or trial["experiment"]
        found.append(
            TrialRecord(
                index=trial["index"],
                experiment=name,
                number=numbers[name],
                status=trial["status"],
                doubt=doubt_of(trial["unknown_reason"]),
            )
        )
        numbers[name] += 1
    return found


def doubt_of(reason: str | None) -> Doubt | None:
    """Return the reason with its type, which record 1 did not have."""
    if reason is None:
        return None
    recovering = ("steady state after the heal", "to have what the others have")
    missed = any(text in reason for text in recovering)
    return Doubt(kind="not-recovered" if missed else "not-measured", reason=verbatim(reason))


def folder_of(old: Path, index: int) -> Path:
    """Return where a trial is."""
    return old / "trials" / f"{index:04d}"


def nodes_of(lab: dict[str, Any]) -> list[NodeRecord]:
    """Return the nodes of a lab, which record 1 left to its reader; stacked labs were not saved."""
    counts = {"etcd": lab.get("etcd", 0), "master": lab.get("masters", 0)}
    counts |= {
        "worker": lab.get("workers", 0),
        "balancer": BALANCER_NODES.get(lab.get("lb", ""), 0),
    }
    return [
        NodeRecord(name=f"{role}-{number + 1}", roles=[role])
        for role, count in counts.items()
        for number in range(count)
    ]


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a stream, packed or not; none where there is no such file."""
    packed = path.with_name(f"{path.name}.gz")
    if packed.exists():
        text = gzip.decompress(packed.read_bytes()).decode()
    else:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def sent_by(operations: Iterable[Operation]) -> dict[str, int]:
    """Return how many operations each process sent, when all of them are recorded.

    Of a watch: how many lines it printed.
    """
    asked = {(operation.process, operation.invoke_s) for operation in operations}
    return {str(name): count for name, count in sorted(Counter(p for p, _ in asked).items())}


def write_operations(history: TrialWriter, folder: Path) -> list[Operation]:
    """Write the operations of a trial and the state in which their store ended."""
    operations = [Operation(**line) for line in lines_of(folder / "ops.jsonl")]
    for operation in operations:
        history.operation(operation)
    final = folder / "final.json"
    if final.exists():
        history.final_state(FinalState.model_validate_json(final.read_bytes()))
    return operations


def _ids(dials: Sequence[dict[str, Any]]) -> set[str]:
    return {dial["id"] for dial in dials}


def _dials(old: Path, index: int) -> list[dict[str, Any]]:
    events = lines_of(folder_of(old, index) / "events.jsonl")
    return [event for event in events if event["kind"] == "dial"]


def _experiment(
    record: dict[str, Any], trial: dict[str, Any], dials: Sequence[dict[str, Any]]
) -> ExperimentRecord:
    rate_hz, name = trial["operations_hz"], trial["experiment"]
    fault = _fault(trial)
    expect = [_expectation(demand, fault) for demand in trial["expect"]]
    operations = None
    if rate_hz is not None:
        operations = OperationsRecord(
            store="kubernetes", rate_hz=rate_hz, keys=KEYS, timeout_s=TIMEOUT_S
        )
        expect += [
            Expectation(id=f"{name}-{demand}", metric=metric, op="at_most", value=0)
            for demand, metric in DEMANDS.items()
        ]
    return ExperimentRecord(
        id=name,
        title=trial["title"],
        hypothesis=trial["hypothesis"],
        lab=record["lab"],
        nodes=nodes_of(record["lab"]),
        workers=record["workers"],
        members=[f"etcd-{number + 1}" for number in range(record["lab"].get("etcd", 0))],
        series=[
            {**series, "workers": series["workers"] or record["workers"]}
            for series in record["series"]
        ],
        operations=operations,
        steps=[*_dial_steps(dials), *([fault] if fault else [])],
        expect=expect,
        settings=record["settings"],
        supervision=trial["supervision"],
        bound_s=6 * record["settings"].get("election_s", 0.0),
    )


def _fault(trial: dict[str, Any]) -> StepRecord | None:
    if trial["fault"] == OBSERVED:
        return None
    kind, _, others = trial["fault"].partition(" from ")
    return StepRecord(
        id=kind,
        fault=kind,
        target=trial["target"],
        parameters={"from": others} if others else {},
        for_s=trial["hold_s"],
    )


def _dial_steps(dials: Sequence[dict[str, Any]]) -> list[StepRecord]:
    return [
        StepRecord(
            id=dial["id"],
            action="dial",
            target=f"node:{dial['node']}",
            parameters={key: dial[key] for key in ("host", "port", "tls")},
        )
        for dial in dials
    ]


def _expectation(expected: dict[str, Any], fault: StepRecord | None) -> Expectation:
    metric, held = METRICS[expected["metric"]]
    during = fault.id if held and fault else None
    return Expectation(**{**expected, "metric": metric, "during": during})


def _write_trial(history: TrialWriter, folder: Path, trial: dict[str, Any]) -> None:
    columns = pq.read_table(folder / "samples.parquet", columns=list(COLUMNS))
    for row in columns.to_pylist():
        history.sample(Sample(**row))
    operations = [] if trial["operations_hz"] is None else write_operations(history, folder)
    lines = lines_of(folder / "events.jsonl")
    for action in _dial_actions(lines):
        history.event(action)
    for line in lines:
        if line["kind"] == "probing_end" and operations and (folder / "final.json").exists():
            # the clients had come to their end, and nothing of theirs was missing
            history.event(new_events.OperationsSent(line["t_s"], sent_by(operations)))
            history.event(new_events.ClientsEnd(line["t_s"]))
        for event in _events(line, trial):
            history.event(event)


def _dial_actions(lines: Sequence[dict[str, Any]]) -> Iterator[new_events.Event]:
    """Return the beginning and the end of each dial, which record 1 did not have."""
    dials = [line for line in lines if line["kind"] == "dial"]
    for name in dict.fromkeys(line["id"] for line in dials):
        of_step = [line for line in dials if line["id"] == name]
        nodes = [line["node"] for line in of_step]
        yield new_events.ActionBegin(of_step[0]["t_s"], name, "dial", nodes)
        yield new_events.ActionEnd(of_step[-1]["t_s"], name)


def _events(line: dict[str, Any], trial: dict[str, Any]) -> Iterator[new_events.Event]:
    """Return what an event of record 1 is in record 3, with the fault's id where it is its."""
    kind, t_s = line["kind"], line["t_s"]
    injection = trial["fault"].partition(" ")[0]
    if kind in SAME:
        yield new_events.from_line(line)
    elif kind == "dial":
        dialled = {key: line[key] for key in ("node", "host", "port", "tls")}
        yield new_events.Dial(t_s, line["id"], **dialled, outcome=line["seen"])
    elif kind == "inject_begin":
        hit = line["target"].split(", ")
        nodes = sorted({target.partition("/")[0] for target in hit})
        yield new_events.InjectBegin(t_s, injection, injection, hit, nodes)
    elif kind in OF_THE_FAULT:
        yield new_events.from_line({**line, "injection": injection})
    else:
        assert kind == "recovered", kind
        yield new_events.Recovered(t_s, injection)
        yield new_events.SteadyAgain(t_s)
