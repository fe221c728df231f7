"""Proofs of record 1, written again as suites of record 3 with one experiment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reports.history import events as new_events
from reports.history.schema import (
    Expectation,
    ExperimentRecord,
    OperationsRecord,
    StepRecord,
    SuiteRecord,
)
from reports.history.writer import RunWriter
from reports.locale.message import verbatim
from tests.net.convert_suites import (
    folder_of,
    header,
    lines_of,
    nodes_of,
    planned,
    sent_by,
    write_operations,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

REPLACE = re.compile(r"replace (?P<target>\S+) \((?P<how>\S+)\) after (?P<wait_s>\S+) s")
FAULT = re.compile(
    r"(?P<fault>\S+) (?P<target>\S+)(?: from (?P<others>\S+))?, held for (?P<for_s>\S+) s, healed"
)
OF_THE_INJECTION = {
    *("effect_confirmed", "heal_begin", "heal_end", "heal_confirmed", "apart", "rejoined"),
}
DEADLINE_S, CLIENT_TIMEOUT_S = 1.0, 4.0
# verdict -> what it is judged by now
ALWAYS = (
    Expectation(id="nothing-lost", metric="lost_writes", op="at_most", value=0),
    Expectation(id="no-read-goes-back", metric="stale_reads", op="at_most", value=0),
    Expectation(id="members-agree", metric="differing_members", op="at_most", value=0),
    Expectation(id="last-write-everywhere", metric="last_writes", op="at_least", value=1),
    Expectation(id="all-rejoin", metric="rejoined_s", op="at_most", value=30),
)
IN_THE_UNSAFE_ORDER = (
    Expectation(id="refused-when-strict", metric="refused_when_strict", op="at_least", value=1),
    Expectation(id="accepted-when-not", metric="accepted_when_lenient", op="at_least", value=1),
    Expectation(
        id="writes-stop-until-the-new-member-is-there",
        metric="writes_stopped",
        op="at_least",
        value=1,
    ),
)


def proof(old: Path, record: dict[str, Any], new: Path) -> None:
    """Write a proof."""
    steps = _steps(record["steps"])
    made = SuiteRecord(
        **header(record),
        deadline_s=DEADLINE_S,
        client_timeout_s=CLIENT_TIMEOUT_S,
        experiments=[_experiment(record, steps)],
        trials=planned(record["trials"], record["name"]),
    )
    writer = RunWriter(new, made)
    writer.save()
    for trial in record["trials"]:
        history, folder = writer.trial(trial["index"]), folder_of(old, trial["index"])
        sent = sent_by(write_operations(history, folder))
        for event in _events(lines_of(folder / "events.jsonl"), steps, sent):
            history.event(event)
        history.close()


def _experiment(record: dict[str, Any], steps: list[StepRecord]) -> ExperimentRecord:
    work = record["workload"]
    return ExperimentRecord(
        id=record["name"],
        title=record["title"],
        hypothesis=record["hypothesis"],
        lab=record["lab"],
        nodes=nodes_of(record["lab"]),
        workers=["worker-1"],
        members=[f"etcd-{number + 1}" for number in range(record["lab"]["etcd"])],
        series=[],
        operations=OperationsRecord(
            store="etcd",
            rate_hz=work["rate_hz"],
            keys=int(work["keys"]),
            timeout_s=work["timeout_s"],
        ),
        steps=steps,
        expect=_demands(steps),
        settings={},
        supervision="nothing restarts what the fault hit",
        bound_s=record["bound_s"],
        baseline_s=2.0,
    )


def _demands(steps: Sequence[StepRecord]) -> list[Expectation]:
    demands = list(ALWAYS)
    places = [n for n, step in enumerate(steps) if step.action == "replace-member"]
    if places:
        later = next(step for step in steps[places[0] :] if step.fault == "kill")
        demands.append(
            Expectation(
                id="tolerates-a-loss-again",
                metric="served_writes",
                during=later.id,
                op="at_least",
                value=1,
            )
        )
    if any(step.parameters.get("how") == "add-first" for step in steps):
        demands += IN_THE_UNSAFE_ORDER
    return demands


def _steps(texts: Sequence[str]) -> list[StepRecord]:
    """Return the steps, each after the one before it."""
    steps: list[StepRecord] = []
    for text in texts:
        after = steps[-1].id if steps else None
        if found := REPLACE.fullmatch(text):
            parameters = {"how": found["how"], "wait_s": float(found["wait_s"])}
            steps.append(
                StepRecord(
                    id="replace",
                    action="replace-member",
                    target=found["target"],
                    parameters=parameters,
                    after=after,
                )
            )
            continue
        found = FAULT.fullmatch(text)
        assert found, text
        known = sum(step.fault == found["fault"] for step in steps)
        steps.append(
            StepRecord(
                id=found["fault"] + (f"-{known + 1}" if known else ""),
                fault=found["fault"],
                target=_target(found["target"], steps),
                parameters={"from": found["others"]} if found["others"] else {},
                after=after,
                for_s=float(found["for_s"]),
            )
        )
    return steps


def _target(text: str, before: Sequence[StepRecord]) -> str:
    return f"etcd:not({before[0].id})" if text == "another" else text


def _events(
    lines: Sequence[dict[str, Any]], steps: Sequence[StepRecord], sent: dict[str, int]
) -> Iterator[new_events.Event]:
    step = steps[0]
    for line in lines:
        kind, t_s = line["kind"], line["t_s"]
        if kind == "step":
            step = steps[line["number"]]
        elif kind == "clients_begin":
            yield new_events.ClientsBegin(t_s)
            yield new_events.BaselineBegin(t_s)
        elif kind == "clients_end":
            yield new_events.OperationsSent(t_s, sent)
            yield new_events.ClientsEnd(t_s)
        elif kind == "leader":
            yield new_events.Leader(t_s, line["node"], line["term"])
        elif kind == "gave_up":
            yield new_events.GaveUp(t_s, verbatim(line["reason"]))
        elif kind == "proved":
            yield new_events.ProbingEnd(t_s)
        else:
            yield from _of_step(line, step)


def _of_step(line: dict[str, Any], step: StepRecord) -> Iterator[new_events.Event]:
    """Return what belongs to a step; a replacement's loss is an injection of its name."""
    kind, t_s, name = line["kind"], line["t_s"], step.id
    if kind == "inject_begin":
        nodes = line["nodes"]
        if step.action:
            yield new_events.ActionBegin(t_s, name, step.action, nodes)
        yield new_events.InjectBegin(t_s, name, line["fault"], nodes, nodes)
    elif kind in OF_THE_INJECTION:
        known = {key: line[key] for key in ("evidence", "revision") if key in line}
        yield new_events.from_line({"t_s": t_s, "kind": kind, "injection": name, **known})
        if kind == "heal_confirmed":
            yield new_events.Recovered(t_s, name)
    elif kind == "replaced":
        yield new_events.HealConfirmed(t_s, name, verbatim("it has what the others have"))
        yield new_events.Recovered(t_s, name)
        yield new_events.ActionEnd(t_s, name)
    else:
        named = kind == "waiting_begin"  # the others of a replacement are about its one node
        about = {key: value for key, value in line.items() if named or key != "nodes"}
        yield new_events.from_line({**about, "step": name})
