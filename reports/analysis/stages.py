"""The stages of a recovery, each with the event or the probe that shows it.

`stages` tells all that happened in the order of time; `recovery_stages` the eight that every trial
should have, in the order in which a recovery goes, also those that were not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

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


FIRST_BAD = "first bad request"
ALL_GOOD = "all workers good"
# stage in tables/stages.csv -> what it is called in the story of a trial
RECOVERY = {
    "injected": NAMES["inject_begin"],
    "confirmed": NAMES["effect_confirmed"],
    "first_error": FIRST_BAD,
    "new_leader": NAMES["leader"],
    "first_success_new": "first success after it on a new connection",
    "first_success_reused": "first success after it on a reused connection",
    "all_workers_good": ALL_GOOD,
    "steady_again": NAMES["recovered"],
}
STAGE_COLUMNS = [
    *("trial", "experiment", "fault", "target", "stage"),
    *("t_s", "after_injection_s", "source"),
]


def _probe_stage(name: str, sample: pd.Series, at_s: float) -> Stage:
    shown = f"{sample['probe']} on a {sample['connection']} connection from {sample['worker']}"
    return Stage(name, at_s, f"{shown}: {sample['error'] or ('ok' if sample['good'] else 'late')}")


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
    found += _seen_by_probes(trial.samples, begin_s)
    return sorted(found, key=lambda stage: stage.at_s)


def _seen_by_probes(samples: pd.DataFrame, begin_s: float) -> list[Stage]:
    """Return the stages that requests show; none where no request was bad."""
    started_s, ended_s, good = (samples[one].to_numpy() for one in ("started_s", "ended_s", "good"))
    late = ~samples["probe"].isin(STATES).to_numpy() & (ended_s >= begin_s)
    bad = np.flatnonzero(late & ~good)
    if not len(bad):
        return []
    place = bad[started_s[bad].argmin()]
    first, last = samples.iloc[place], samples.iloc[bad[started_s[bad].argmax()]]
    found = [_probe_stage(FIRST_BAD, first, max(begin_s, started_s[place]))]
    alike = late & (samples["probe"] == first["probe"]).to_numpy()
    for connection in ("new", "reused"):
        mine = alike & (samples["connection"] == connection).to_numpy()
        wrong_s = started_s[mine & ~good].min(initial=np.inf)
        after = np.flatnonzero(mine & good & (started_s > wrong_s))
        if len(after):
            one = after[ended_s[after].argmin()]
            name = f"first success after it on a {connection} connection"
            found.append(_probe_stage(name, samples.iloc[one], ended_s[one]))
    after = np.flatnonzero(late & good & (started_s > last["started_s"]))
    by_worker = samples["ended_s"].iloc[after].groupby(samples["worker"].iloc[after], observed=True)
    if by_worker.ngroups == samples["worker"].iloc[np.flatnonzero(late)].nunique():
        source = f"last bad: {last['probe']} on a {last['connection']} connection"
        found.append(Stage(ALL_GOOD, float(by_worker.min().max()), source))
    return found


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


def recovery_stages(trial: TrialHistory) -> list[dict[str, Any]]:
    """Return one row (STAGE_COLUMNS) a stage of RECOVERY; none where nothing was injected.

    A stage that was not seen has no time, and its source says so.
    """
    begin_s = trial.time_of("inject_begin")
    if begin_s is None:
        return []
    first: dict[str, Stage] = {}
    for stage in stages(trial):
        first.setdefault(stage.name, stage)
    record = trial.record
    about = {
        "trial": record.index,
        "experiment": record.experiment,
        "fault": record.fault,
        "target": record.hit,
    }
    rows = []
    for name, title in RECOVERY.items():
        seen = first.get(title)
        at_s = None if seen is None else seen.at_s
        after_s = None if at_s is None else at_s - begin_s
        source = _unseen(name, first) if seen is None else seen.source
        rows.append(
            {**about, "stage": name, "t_s": at_s, "after_injection_s": after_s, "source": source}
        )
    return rows


def _unseen(name: str, seen: dict[str, Stage]) -> str:
    """Say why there is no such stage."""
    if FIRST_BAD not in seen and name.startswith(("first_", "all_")):
        return "no request was bad"
    return "not seen"
