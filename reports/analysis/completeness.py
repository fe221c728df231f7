"""What a record must have and has not: the one place where a trial is held against its plan. Pure.

A complete trial has what run.json plans, what its streams count and what its clients counted. A
judge that needs what is missing calls its figure unknown, unless what is there proves a violation
by itself. What of a stream is broken or moved is the reader's finding: `TrialHistory.damage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from reports.analysis.losses import doubled_of, holes_of, schedules_of
from reports.analysis.recorded_operations import missing_requests, missing_watches
from reports.history.events import (
    ActionBegin,
    ActionEnd,
    BaselineBegin,
    Connections,
    ConnectionsEnd,
    Dial,
    HealBegin,
    HealConfirmed,
    InjectBegin,
    NotInjected,
    ObserveBegin,
)
from reports.history.series_names import series_of_worker
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

What = Literal[
    "step",
    "heal",
    "events",
    "end",
    "series",
    "samples",
    "operations",
    "watch-events",
    "members",
    "final",
    "connections",
]
# without these no sample and no moment of a fault means what the plan says
OF_TRIAL: tuple[What, ...] = ("step", "events", "end", "series", "samples")


@dataclass(frozen=True)
class Missing:
    """What a complete trial must have, and has not. `scope`: the step, member or process; or ""."""

    what: What
    scope: str
    reason: Message


def missing_of(trial: TrialHistory) -> list[Missing]:
    """Return what is missing; of a trial that has a doubt of its own, steps may be.

    `trial.samples` are marked.
    """
    steps = () if trial.record.doubt else chain(_steps(trial), _heals(trial))
    observed = chain(_samples(trial), _connections(trial))
    return [*steps, *observed, *_operations(trial), *_final_state(trial)]


def first_missing(missing: Iterable[Missing], *whats: What) -> Message | None:
    """Return the reason of the first of these kinds; None where nothing of them is missing."""
    return next((it.reason for it in missing if it.what in whats), None)


def first_missing_of(missing: Iterable[Missing], what: What, scope: str) -> Message | None:
    """Return the reason of what is missing of a kind and a scope; None where nothing is."""
    return next((it.reason for it in missing if (it.what, it.scope) == (what, scope)), None)


def _steps(trial: TrialHistory) -> Iterator[Missing]:
    """Name planned steps that were neither done nor refused, and steps that were not planned."""
    refused = {event.injection for event in trial.all_of(NotInjected)}
    injected = {event.injection for event in trial.all_of(InjectBegin)}
    ended = {event.step for event in trial.all_of(ActionEnd)}
    hit_of = {event.step: event.hit for event in trial.all_of(ActionBegin)}
    for step in trial.experiment.steps:
        done = step.id in injected if step.fault else step.id in ended & hit_of.keys()
        if not done and step.id not in refused:
            yield Missing("step", step.id, message("step-not-recorded", step=step.id))
        if step.action == "dial":
            dialled = {event.node for event in trial.all_of(Dial) if event.step == step.id}
            chosen = {target.partition("/")[0] for target in hit_of.get(step.id, ())}
            for node in sorted(chosen - dialled):
                reason = message("dial-not-recorded", step=step.id, node=node)
                yield Missing("step", step.id, reason)
    planned = {step.id for step in trial.experiment.steps}
    for name in sorted((injected | refused | hit_of.keys()) - planned):
        yield Missing("step", name, message("step-not-planned", step=name))


def _heals(trial: TrialHistory) -> Iterator[Missing]:
    begun = {event.injection for event in trial.all_of(HealBegin)}
    confirmed = {event.injection for event in trial.all_of(HealConfirmed)}
    for name in dict.fromkeys(event.injection for event in trial.all_of(InjectBegin)):
        if name not in begun & confirmed:
            yield Missing("heal", name, message("heal-not-recorded", injection=name))


def _samples(trial: TrialHistory) -> Iterator[Missing]:
    """Name what of the planned series was not recorded: neither good nor bad; or more than once."""
    planned = trial.experiment.series
    if not planned:
        return
    if trial.end_s is None:
        yield Missing("end", "", message("no-end-of-probing"))
    if not trial.first(BaselineBegin) and not trial.first(ObserveBegin):
        yield Missing("events", "", message("no-baseline-recorded"))
    names = {(it.probe, worker, it.connection) for it in planned for worker in it.workers}
    schedules = schedules_of(trial)
    recorded = set(schedules)
    for key in sorted(recorded - names):
        reason = message("series-not-planned", series=series_of_worker(*key))
        yield Missing("series", "/".join(key), reason)
    holes = holes_of(trial, schedules)
    for key in dict.fromkeys(hole.series for hole in holes):
        series, scope = series_of_worker(*key), "/".join(key)
        if key not in recorded:
            yield Missing("series", scope, message("series-not-recorded", series=series))
            continue
        longest_s = max(hole.to_s - hole.from_s for hole in holes if hole.series == key)
        reason = message("probes-not-recorded", series=series, longest_s=longest_s)
        yield Missing("samples", scope, reason)
    for key in doubled_of(schedules):
        reason = message("probes-recorded-twice", series=series_of_worker(*key))
        yield Missing("samples", "/".join(key), reason)


def _connections(trial: TrialHistory) -> Iterator[Missing]:
    """Name the components whose connections were to be looked at, and were not to the end."""
    begun = {(event.node, event.component) for event in trial.all_of(Connections)}
    ended = {(event.node, event.component) for event in trial.all_of(ConnectionsEnd)}
    for node in trial.experiment.nodes:
        for component in node.connections:
            if (node.name, component) not in begun & ended:
                scope = f"{node.name}/{component}"
                reason = message("connections-not-recorded", component=component, node=node.name)
                yield Missing("connections", scope, reason)


def _operations(trial: TrialHistory) -> Iterator[Missing]:
    if trial.experiment.operations is not None:
        for scope, reason in missing_requests(trial):
            yield Missing("operations", scope, reason)
        for scope, reason in missing_watches(trial):
            yield Missing("watch-events", scope, reason)


def _final_state(trial: TrialHistory) -> Iterator[Missing]:
    if trial.experiment.operations is None:
        return
    if trial.final_state is None:
        yield Missing("final", "", message("members-not-asked"))
        return
    planned, recorded = set(trial.experiment.members), set(trial.final_state.members)
    for name in sorted(planned - recorded):
        yield Missing("members", name, message("member-not-recorded", member=name))
    for name in sorted(recorded - planned):
        yield Missing("members", name, message("member-not-planned", member=name))
