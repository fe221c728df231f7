"""The stages of a recovery, each with the event or the probe that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.history.schema import STATES

if TYPE_CHECKING:
    import pandas as pd

    from reports.history.reader import TrialHistory

NAMES = {
    "inject_begin": "injection begins",
    "effect_confirmed": "effect confirmed",
    "leader": "new leader",
    "lease": "lease changes hands",
    "node_ready": "node changes",
    "component_exit": "component ends",
    "component_start": "component starts",
    "heal_begin": "heal begins",
    "heal_confirmed": "heal confirmed",
    "recovered": "steady again",
}


@dataclass(frozen=True)
class Stage:
    """A moment, in seconds since the trial's start, with what shows it."""

    name: str
    at_s: float
    source: str


def _probe_stage(name: str, sample: pd.Series, at_s: float) -> Stage:
    shown = f"{sample['probe']} on a {sample['connection']} connection from {sample['worker']}"
    return Stage(name, at_s, f"{shown}: {sample['error'] or 'ok'}")


def stages(trial: TrialHistory) -> list[Stage]:
    """Return the stages of a trial in the order of time; `trial.samples` are marked."""
    begin_s = trial.time_of("inject_begin")
    if begin_s is None:
        return []
    found = [
        Stage(NAMES[one["kind"]], one["t_s"], _source(one))
        for one in trial.events
        if one["kind"] in NAMES and one["t_s"] >= begin_s
    ]
    asked = trial.samples[~trial.samples["probe"].isin(STATES)]
    late = asked[asked["ended_s"] >= begin_s]
    bad = late[~late["good"]]
    if bad.empty:
        return sorted(found, key=lambda stage: stage.at_s)
    first = bad.sort_values("started_s").iloc[0]
    found.append(_probe_stage("first bad request", first, max(begin_s, first["started_s"])))
    for connection in ("new", "reused"):
        mine = late[(late["connection"] == connection) & (late["probe"] == first["probe"])]
        wrong, good = mine[~mine["good"]], mine[mine["good"]]
        good = good[good["started_s"] > wrong["started_s"].min()]
        if not good.empty:
            one = good.sort_values("ended_s").iloc[0]
            name = f"first success after it on a {connection} connection"
            found.append(_probe_stage(name, one, one["ended_s"]))
    last = bad.sort_values("started_s").iloc[-1]
    after = late[late["good"] & (late["started_s"] > last["started_s"])]
    by_worker = after.groupby("worker")["ended_s"].min()
    if len(by_worker) == late["worker"].nunique():
        source = f"last bad: {last['probe']} on a {last['connection']} connection"
        found.append(Stage("all workers good", float(by_worker.max()), source))
    return sorted(found, key=lambda stage: stage.at_s)


def _source(event: dict[str, object]) -> str:
    if event["kind"] == "leader":
        return f"{event['node']}, term {event['term']}"
    if event["kind"] == "lease":
        return f"{event['name']}: {event['holder'] or 'nobody'}"
    if event["kind"] == "node_ready":
        return f"{event['node']} is {'Ready' if event['ready'] else 'not Ready'}"
    if "component" in event:
        code = f", exit code {event['exit_code']}" if "exit_code" in event else ""
        return f"{event['component']} on {event['node']}{code}"
    return str(event.get("evidence") or event.get("target") or "harness")
