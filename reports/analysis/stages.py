"""The stages of a recovery, each with the event or the probe that shows it.

`story` is all that happened in the order of time; `stage_table` has the eight that every injection
should have, in the order in which a recovery goes, also those that were not observed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.analysis.attribution import effects_of
from reports.history import events
from reports.history.schema import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.attribution import Effect
    from reports.history.events import Event
    from reports.history.trial import TrialHistory

NAMES: dict[type[Event], str] = {
    events.InjectBegin: "injection begins",
    events.EffectConfirmed: "effect confirmed",
    events.EffectMasked: "effect masked",
    events.SwitchFired: "undone by the dead man's switch",
    events.Leader: "new leader",
    events.Lease: "lease changes hands",
    events.NodeReady: "node changes",
    events.ComponentExit: "component ends",
    events.ComponentStart: "component starts",
    events.HealBegin: "heal begins",
    events.HealConfirmed: "heal confirmed",
    events.Rejoined: "members have the same data",
    events.Recovered: "steady again",
    events.ActionBegin: "action begins",
    events.ActionEnd: "action ends",
    events.MemberRemoved: "member removed",
    events.MemberAdd: "member asked to add one",
    events.MemberAdded: "member added",
    events.MemberStarted: "new member started",
    events.MemberPromoted: "learner promoted",
    events.WaitingBegin: "new member waits",
    events.WaitingEnd: "new member waits no longer",
}


@dataclass(frozen=True)
class Stage:
    """A moment, in seconds since the trial's start, with what shows it.

    `injection`: the one that it is about, "" for what happens by itself.
    """

    name: str
    at_s: float
    source: str
    injection: str = ""


FIRST_BAD = "first bad request"
ALL_GOOD = "all workers good"
# stage in tables/stages.csv -> what it is called in the story of a trial
RECOVERY = {
    "injected": NAMES[events.InjectBegin],
    "confirmed": NAMES[events.EffectConfirmed],
    "first_error": FIRST_BAD,
    "new_leader": NAMES[events.Leader],
    "first_success_new": "first success after it on a new connection",
    "first_success_reused": "first success after it on a reused connection",
    "all_workers_good": ALL_GOOD,
    "steady_again": NAMES[events.Recovered],
}
STAGE_COLUMNS = (
    *("trial", "experiment", "injection", "fault", "target", "stage"),
    *("t_s", "after_injection_s", "source"),
)


def stages_of(trial: TrialHistory) -> dict[Effect, list[Stage]]:
    """Return the stages of each injection in the order of time; `trial.samples` are marked."""
    return {
        effect: sorted(_of_effect(trial, effect), key=lambda stage: stage.at_s)
        for effect in effects_of(trial)
        if effect.id
    }


def story(found: Mapping[Effect, Sequence[Stage]]) -> list[Stage]:
    """Return the stages of all injections of a trial in the order of time, each once."""
    each = dict.fromkeys(stage for stages in found.values() for stage in stages)
    return sorted(each, key=lambda stage: stage.at_s)


def _of_effect(trial: TrialHistory, effect: Effect) -> list[Stage]:
    """Return what happened while an injection was in effect, other injections left out."""
    found = []
    for event in trial.events:
        owner = event.injection if isinstance(event, events.OfInjection) else ""
        if (
            type(event) in NAMES
            and owner in ("", effect.id)
            and effect.begin_s <= event.t_s <= effect.until_s
        ):
            found.append(Stage(NAMES[type(event)], event.t_s, _source(event), owner))
    return found + _shown_by_probes(trial.samples, effect)


def _shown_by_probes(samples: pd.DataFrame, effect: Effect) -> list[Stage]:
    """Return the stages that requests show; none where no request was bad."""
    started_s, ended_s, good = (samples[one].to_numpy() for one in ("started_s", "ended_s", "good"))
    late = ~samples["probe"].isin(STATES).to_numpy()
    late &= (ended_s >= effect.begin_s) & (started_s < effect.until_s)
    bad = np.flatnonzero(late & ~good)
    if not len(bad):
        return []
    place = bad[started_s[bad].argmin()]
    first, last = samples.iloc[place], samples.iloc[bad[started_s[bad].argmax()]]
    found = [_probe_stage(FIRST_BAD, first, max(effect.begin_s, started_s[place]), effect)]
    alike = late & (samples["probe"] == first["probe"]).to_numpy()
    for connection in ("new", "reused"):
        mine = alike & (samples["connection"] == connection).to_numpy()
        wrong_s = started_s[mine & ~good].min(initial=np.inf)
        after = np.flatnonzero(mine & good & (started_s > wrong_s))
        if len(after):
            one = after[ended_s[after].argmin()]
            name = f"first success after it on a {connection} connection"
            found.append(_probe_stage(name, samples.iloc[one], ended_s[one], effect))
    after = np.flatnonzero(late & good & (started_s > last["started_s"]))
    by_worker = samples["ended_s"].iloc[after].groupby(samples["worker"].iloc[after], observed=True)
    if by_worker.ngroups == samples["worker"].iloc[np.flatnonzero(late)].nunique():
        source = f"last bad: {last['probe']} on a {last['connection']} connection"
        found.append(Stage(ALL_GOOD, float(by_worker.min().max()), source, effect.id))
    return found


def _probe_stage(name: str, sample: pd.Series, at_s: float, effect: Effect) -> Stage:
    shown = f"{sample['probe']} on a {sample['connection']} connection from {sample['worker']}"
    source = f"{shown}: {sample['error'] or ('ok' if sample['good'] else 'late')}"
    return Stage(name, float(at_s), source, effect.id)


def _source(event: Event) -> str:
    """Say what shows an event."""
    text = str(getattr(event, "evidence", ""))
    match event:
        case events.Leader():
            text = f"{event.node}, term {event.term}"
        case events.Lease():
            text = f"{event.name}: {event.holder or 'nobody'}"
        case events.NodeReady():
            text = f"{event.node} is {'Ready' if event.ready else 'not Ready'}"
        case events.ComponentExit():
            code = "" if event.exit_code is None else f", exit code {event.exit_code}"
            text = f"{event.component} on {event.node}{code}"
        case events.ComponentStart():
            text = f"{event.component} on {event.node}"
        case events.InjectBegin() | events.ActionBegin():
            text = ", ".join(event.hit)
        case events.MemberAdd():
            text = f"{event.node}: {event.answer}"
    return text or "harness"


def stage_table(
    trials: Sequence[tuple[TrialHistory, Mapping[Effect, Sequence[Stage]]]],
) -> pd.DataFrame:
    """Return one row (STAGE_COLUMNS) an injection and stage of RECOVERY.

    A stage that was not observed has no time, and its source says so.
    """
    rows = []
    for trial, found in trials:
        sent = not trial.samples["probe"].isin(STATES).all()
        for effect, stages in found.items():
            first: dict[str, Stage] = {}
            for stage in stages:
                first.setdefault(stage.name, stage)
            about = (trial.record.index, trial.experiment.id, effect.id, effect.fault, effect.hit)
            for name, title in RECOVERY.items():
                unseen = Stage(title, math.nan, _unseen(name, first, sent=sent))
                stage = first.get(title, unseen)
                after_s = stage.at_s - effect.begin_s
                rows.append((*about, name, stage.at_s, after_s, stage.source))
    return pd.DataFrame(rows, columns=list(STAGE_COLUMNS))


def _unseen(name: str, found: dict[str, Stage], *, sent: bool) -> str:
    """Say why there is no such stage; `sent`: whether requests were."""
    if FIRST_BAD not in found and name.startswith(("first_", "all_")):
        return "no request was bad" if sent else "no request was sent"
    return "not seen"
