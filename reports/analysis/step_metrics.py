"""Metrics of operations during steps: who was served when, and who came back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.analysis.completeness import first_missing
from reports.bracket import NO_EVIDENCE, Bracket, Figure, exact, unknown
from reports.history.events import (
    Apart,
    HealBegin,
    InjectBegin,
    MemberAdd,
    Rejoined,
    WaitingBegin,
    WaitingEnd,
)
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from reports.analysis.completeness import What
    from reports.analysis.evidence import Evidence
    from reports.analysis.series import Flags
    from reports.analysis.windows import Window
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

# The leader may take in a change of members a moment after the member that was asked.
SETTLE_S = 0.5


def by_events(
    measure: Callable[[TrialHistory, Window], Figure],
    *needs: What,
    proves: Callable[[Figure, Message], Figure | None] = lambda *_: None,
) -> Callable[[Evidence, Window], Figure]:
    """Return a measure by events, which is unknown where what it needs is missing or broken.

    `proves`: what a figure shows though something is missing; None where it shows nothing.
    """

    def measured(evidence: Evidence, window: Window) -> Figure:
        trial = evidence.trial
        if trial.damage:
            return unknown(joined(*trial.damage))
        figure = measure(trial, window)
        lack = first_missing(evidence.missing, *needs) or ("heal" in needs and evidence.doubt)
        if figure.unknown or not lack:
            return figure
        return proves(figure, lack) or unknown(lack)

    return measured


def proves_longer(figure: Figure, lack: Message) -> Figure:
    """What lasted so long may have lasted longer elsewhere."""
    evidence = message("but-doubted", note=figure.evidence, doubt=lack)
    return Figure(Bracket(figure.bracket.lower, math.inf), evidence)


def proves_none(figure: Figure, _lack: Message) -> Figure | None:
    """A figure of 0 shows what was not to happen."""
    return figure if figure.bracket.upper == 0 else None


def _writes(trial: TrialHistory) -> pd.DataFrame:
    operations = trial.operations
    return pd.DataFrame() if operations is None else operations[operations["op"] == "write"]


def _begun(writes: pd.DataFrame, since_s: float, until_s: float) -> Flags:
    return ((writes["invoke_s"] >= since_s) & (writes["invoke_s"] < until_s)).to_numpy(bool)


def _at_others(writes: pd.DataFrame, nodes: Collection[str]) -> Flags:
    return ~writes["via"].isin(list(nodes)).to_numpy(bool)


def _acknowledged(writes: pd.DataFrame) -> Flags:
    return (writes["outcome"] == "ok").to_numpy(bool)


def served_during(trial: TrialHistory, _window: Window) -> Figure:
    """Return the share of writes that were acknowledged, of those sent to members not hit."""
    writes = _writes(trial)
    inside, spared = np.zeros(len(writes), bool), np.ones(len(writes), bool)
    for span in trial.injections:
        if not math.isnan(span.confirmed_s) and not math.isnan(span.heal_begin_s):
            held = _begun(writes, span.confirmed_s, span.heal_begin_s)
            inside |= held
            spared &= ~held | _at_others(writes, span.nodes_hit)
    sent = writes[inside & spared]
    if sent.empty:
        return unknown(message("no-write-sent"))
    served = int(_acknowledged(sent).sum())
    evidence = message("writes-in-faults", served=served, sent=len(sent))
    return exact(served / len(sent), evidence)


def served_writes(trial: TrialHistory, window: Window) -> Figure:
    """Return 1 where a write was acknowledged at a member not hit, within the window, else 0."""
    span = window.span
    if span is None or window.not_measured:
        return unknown(window.not_measured or message("no-step-named"))
    writes = _writes(trial)
    sent = writes[
        _begun(writes, window.since_s, window.until_s) & _at_others(writes, span.nodes_hit)
    ]
    served = sent[_acknowledged(sent) & (sent["complete_s"] <= window.until_s).to_numpy(bool)]
    nodes = ", ".join(sorted(span.nodes_hit))
    if len(served):
        first_s = float(served["complete_s"].min() - window.since_s)
        count = len(served)
        return exact(1, message("writes-after-hit", count=count, nodes=nodes, first_s=first_s))
    length_s, bound_s = window.until_s - window.since_s, trial.experiment.bound_s
    evidence = message("no-write-after-hit", nodes=nodes, length_s=length_s)
    if length_s < bound_s:
        return unknown(joined(evidence, message("needed-to-say", bound_s=bound_s)))
    return exact(0, evidence)


def rejoined_s(trial: TrialHistory, _window: Window) -> Figure:
    """Return how long the slowest took from the heal to the data of the others, as a bracket."""
    heals = trial.all_of(HealBegin)
    rejoined = {event.injection: event for event in trial.all_of(Rejoined)}
    if not heals:
        return unknown(message("nothing-healed"))
    if not rejoined and trial.first(Apart) is None:
        return unknown(message("data-not-compared"))
    lower_s, upper_s, evidence = 0.0, 0.0, NO_EVIDENCE
    hit = {span.id: ", ".join(sorted(span.nodes_hit)) for span in trial.injections}
    for heal in heals:
        end = rejoined.get(heal.injection)
        end_s = end.t_s if end else math.inf
        apart_s = [
            event.t_s
            for event in trial.all_of(Apart)
            if event.injection == heal.injection and event.t_s < end_s
        ]
        if end_s - heal.t_s > upper_s:
            upper_s, nodes = end_s - heal.t_s, hit.get(heal.injection, "")
            evidence = message("data-never-alike", nodes=nodes)
            if end:
                evidence = message("data-alike", nodes=nodes, revision=end.revision)
        lower_s = max(lower_s, max(apart_s, default=heal.t_s) - heal.t_s)
    return Figure(Bracket(lower_s, upper_s), evidence)


def added_first(*, strict: bool) -> Callable[[TrialHistory, Window], Figure]:
    """Return the measure of whether members did what they were started for, strict or lenient.

    They were asked to add a member before the lost one was removed.
    """

    def measure(trial: TrialHistory, _window: Window) -> Figure:
        requests = [event for event in trial.all_of(MemberAdd) if event.strict is strict]
        if not requests:
            return unknown(message("no-member-asked"))
        if not _all_asked(trial):
            return unknown(message("members-asked-in-another-order"))
        answers = [message("labelled", name=event.node, text=event.answer) for event in requests]
        return exact(all(event.accepted is not strict for event in requests), joined(*answers))

    return measure


def _all_asked(trial: TrialHistory) -> bool:
    """Whether everybody who was asked is recorded: strict members first, until one accepts."""
    members, asked = trial.experiment.members, trial.all_of(MemberAdd)
    step = asked[0].step
    lost = {
        node
        for event in trial.all_of(InjectBegin)
        if event.injection == step
        for node in event.nodes
    }
    lenient = members[-int(trial.experiment.lab.get("lenient_etcd", 0)) :]
    order = sorted((name for name in members if name not in lost), key=lambda name: name in lenient)
    names = list(dict.fromkeys(event.node for event in asked))
    accepted = [event.accepted for event in asked]
    ended = accepted[-1] if trial.first(WaitingBegin) else len(names) == len(order)
    return set(names) == set(order[: len(names)]) and ended and not any(accepted[:-1])


def writes_stopped(trial: TrialHistory, _window: Window) -> Figure:
    """Return 1 where nothing was written from the unsafe addition to the new member's start."""
    begin, end = trial.first(WaitingBegin), trial.first(WaitingEnd)
    if begin is None or end is None:
        return unknown(message("no-early-member"))
    since_s, bound_s = begin.t_s + SETTLE_S, trial.experiment.bound_s
    writes = _writes(trial)
    writes = writes[_begun(writes, since_s, end.t_s) & _at_others(writes, begin.nodes)]
    in_time = (writes["complete_s"] <= end.t_s).to_numpy(bool)
    served = int((_acknowledged(writes) & in_time).sum())
    length_s = end.t_s - since_s
    sent = len(writes)
    evidence = message("writes-while-waiting", served=served, sent=sent, length_s=length_s)
    if served:
        return exact(0, evidence)
    if length_s < bound_s or writes.empty:
        return unknown(joined(evidence, message("needed-to-say-stopped", bound_s=bound_s)))
    return exact(1, evidence)
