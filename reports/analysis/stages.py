"""The stages of a recovery, each with the event or the probe that shows it.

`story` has all that happened, in the order of time; `stage_table` the eight stages that every
injection should have, in the order in which a recovery goes, also those that were not observed.
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
from reports.locale.message import Message, message, verbatim
from reports.locale.outcomes import error_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.attribution import Effect
    from reports.history.events import Event
    from reports.history.trial import TrialHistory

STAGE_NAMES: dict[type[Event], str] = {
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
    events.MemberAdd: "member asked to add a member",
    events.MemberAdded: "member added",
    events.MemberStarted: "new member started",
    events.MemberPromoted: "learner promoted",
    events.WaitingBegin: "new member waits",
    events.WaitingEnd: "new member waits no longer",
}


@dataclass(frozen=True)
class Stage:
    """A moment, in seconds since the trial's start, with what shows it.

    `name`: a key of words. `injection`: the id of the injection that it is about, "" for what
    happens by itself.
    """

    name: str
    at_s: float
    source: Message
    injection: str = ""


FIRST_BAD = "first bad request"
ALL_GOOD = "all workers good"
# by connection
FIRST_SUCCESS = {
    "new": "first success after it on a new connection",
    "reused": "first success after it on a reused connection",
}
# stage in tables/stages.csv -> its name in the story of a trial
RECOVERY_STAGES = {
    "injected": STAGE_NAMES[events.InjectBegin],
    "confirmed": STAGE_NAMES[events.EffectConfirmed],
    "first_error": FIRST_BAD,
    "new_leader": STAGE_NAMES[events.Leader],
    "first_success_new": FIRST_SUCCESS["new"],
    "first_success_reused": FIRST_SUCCESS["reused"],
    "all_workers_good": ALL_GOOD,
    "steady_again": STAGE_NAMES[events.Recovered],
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


def story(stages_of_effects: Mapping[Effect, Sequence[Stage]]) -> list[Stage]:
    """Return the stages of all injections of a trial in the order of time, each once."""
    each: list[Stage] = []
    for stages in stages_of_effects.values():
        each += [stage for stage in stages if stage not in each]
    return sorted(each, key=lambda stage: stage.at_s)


def _of_effect(trial: TrialHistory, effect: Effect) -> list[Stage]:
    """Return what happened while an injection was in effect, without the other injections."""
    stages = []
    for event in trial.events:
        owner = event.injection if isinstance(event, events.OfInjection) else ""
        if (
            type(event) in STAGE_NAMES
            and owner in ("", effect.id)
            and effect.begin_s <= event.t_s <= effect.until_s
        ):
            stages.append(Stage(STAGE_NAMES[type(event)], event.t_s, _source(event), owner))
    return stages + _shown_by_requests(trial.samples, effect)


def _shown_by_requests(samples: pd.DataFrame, effect: Effect) -> list[Stage]:
    """Return the stages that requests show; none where no request was bad."""
    columns = ("started_s", "ended_s", "good")
    started_s, ended_s, good = (samples[column].to_numpy() for column in columns)
    late = ~samples["probe"].isin(STATES).to_numpy()
    late &= (ended_s >= effect.begin_s) & (started_s < effect.until_s)
    bad = np.flatnonzero(late & ~good)
    if not len(bad):
        return []
    place = bad[started_s[bad].argmin()]
    first, last = samples.iloc[place], samples.iloc[bad[started_s[bad].argmax()]]
    stages = [_request_stage(FIRST_BAD, first, max(effect.begin_s, started_s[place]), effect)]
    alike = late & (samples["probe"] == first["probe"]).to_numpy()
    for connection, name in FIRST_SUCCESS.items():
        of_series = alike & (samples["connection"] == connection).to_numpy()
        bad_s = started_s[of_series & ~good].min(initial=np.inf)
        after = np.flatnonzero(of_series & good & (started_s > bad_s))
        if len(after):
            success = after[ended_s[after].argmin()]
            sample, at_s = samples.iloc[success], ended_s[success]
            stages.append(_request_stage(name, sample, at_s, effect))
    after = np.flatnonzero(late & good & (started_s > last["started_s"]))
    by_worker = samples["ended_s"].iloc[after].groupby(samples["worker"].iloc[after], observed=True)
    if by_worker.ngroups == samples["worker"].iloc[np.flatnonzero(late)].nunique():
        names = {name: Message(last[name]) for name in ("probe", "connection")}
        source = message("last-bad", **names)
        stages.append(Stage(ALL_GOOD, float(by_worker.min().max()), source, effect.id))
    return stages


def _request_stage(name: str, sample: pd.Series, at_s: float, effect: Effect) -> Stage:
    series = message(
        "request-of-worker",
        probe=Message(sample["probe"]),
        connection=Message(sample["connection"]),
        worker=sample["worker"],
    )
    outcome = message("request-good" if sample["good"] else "request-late")
    if sample["error"]:
        outcome = error_text(str(sample["error"]), int(sample["status"]))
    return Stage(name, float(at_s), message("labelled", name=series, text=outcome), effect.id)


def _source(event: Event) -> Message:
    """Return what shows an event."""
    source = message("harness")
    match event:
        case events.EffectConfirmed() | events.EffectMasked() | events.HealConfirmed():
            source = event.evidence
        case events.Leader():
            source = message("term", node=event.node, term=event.term)
        case events.Lease():
            holder = verbatim(event.holder) if event.holder else message("nobody")
            source = message("labelled", name=event.name, text=holder)
        case events.NodeReady():
            key = "node-became-ready" if event.ready else "node-became-unready"
            source = message(key, node=event.node)
        case events.ComponentExit() if event.exit_code is not None:
            node, component, code = event.node, event.component, event.exit_code
            source = message("component-exited", component=component, node=node, code=code)
        case events.ComponentExit() | events.ComponentStart():
            source = message("component-on", component=event.component, node=event.node)
        case events.InjectBegin() | events.ActionBegin() if event.hit:
            source = verbatim(", ".join(event.hit))
        case events.MemberAdd():
            source = message("labelled", name=event.node, text=event.answer)
    return source


def stage_table(
    trials: Sequence[tuple[TrialHistory, Mapping[Effect, Sequence[Stage]]]],
) -> pd.DataFrame:
    """Return one row (STAGE_COLUMNS) an injection and stage of RECOVERY_STAGES.

    A stage that was not observed has no time, and its source is the reason.
    """
    rows = []
    for trial, stages_of_effects in trials:
        sent = not trial.samples["probe"].isin(STATES).all()
        for effect, stages in stages_of_effects.items():
            first: dict[str, Stage] = {}
            for stage in stages:
                first.setdefault(stage.name, stage)
            about = (trial.record.index, trial.experiment.id, effect.id, effect.fault, effect.hit)
            for name, title in RECOVERY_STAGES.items():
                missing = Stage(title, math.nan, _why_missing(name, first, sent=sent))
                stage = first.get(title, missing)
                after_s = stage.at_s - effect.begin_s
                rows.append((*about, name, stage.at_s, after_s, stage.source))
    return pd.DataFrame(rows, columns=list(STAGE_COLUMNS))


def _why_missing(name: str, stages: dict[str, Stage], *, sent: bool) -> Message:
    """Return why there is no such stage; `sent`: whether requests were."""
    if FIRST_BAD not in stages and name.startswith(("first_", "all_")):
        return message("no-request-bad" if sent else "no-request-sent")
    return message("not-seen")
