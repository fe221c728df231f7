"""Metrics of what operations saw of the steps: who was served when, and who came back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.bracket import Bracket, Figure, exact, unknown
from reports.history.events import Apart, HealBegin, MemberAdd, Rejoined, WaitingBegin, WaitingEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from reports.analysis.evidence import Evidence
    from reports.analysis.series import Flags
    from reports.analysis.windows import Window
    from reports.history.trial import TrialHistory

# The leader may take in a change of members a moment after the member that was asked.
SETTLE_S = 0.5


def by_events(
    measure: Callable[[TrialHistory, Window], Figure],
) -> Callable[[Evidence, Window], Figure]:
    """Return a measure of what the events say, where all of them can be read."""

    def measured(evidence: Evidence, window: Window) -> Figure:
        trial = evidence.trial
        if trial.damage:
            return unknown("; ".join(trial.damage))
        return measure(trial, window)

    return measured


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
        return unknown("no write was sent to a member that was not hit while a fault was in")
    served = int(_acknowledged(sent).sum())
    return exact(served / len(sent), f"{served} of {len(sent)} writes while faults were in")


def served_writes(trial: TrialHistory, window: Window) -> Figure:
    """Say whether a write was acknowledged at a member not hit, within the window."""
    span = window.span
    if span is None or span.doubt:
        return unknown(window.doubt or "no step is named")
    writes = _writes(trial)
    asked = writes[
        _begun(writes, window.since_s, window.until_s) & _at_others(writes, span.nodes_hit)
    ]
    served = asked[_acknowledged(asked) & (asked["complete_s"] <= window.until_s).to_numpy(bool)]
    what = f"after {', '.join(sorted(span.nodes_hit))} was hit"
    if len(served):
        first_s = served["complete_s"].min() - window.since_s
        text = f"{len(served)} writes were acknowledged {what}, the first after {first_s:.2f} s"
        return exact(1, text)
    text = f"none was acknowledged {what} in {window.until_s - window.since_s:.1f} s"
    if window.until_s - window.since_s < trial.experiment.bound_s:
        return unknown(f"{text}; {trial.experiment.bound_s:g} s are needed to say so")
    return exact(0, text)


def rejoined_s(trial: TrialHistory, _window: Window) -> Figure:
    """Return how long the slowest took from the heal to what the others have, as a bracket."""
    heals, back = trial.all_of(HealBegin), {one.injection: one for one in trial.all_of(Rejoined)}
    if not heals:
        return unknown("nothing was healed")
    if not back and trial.first(Apart) is None:
        return unknown("nobody asked whether all members had the same data")
    lower, upper, evidence = 0.0, 0.0, ""
    hit = {span.id: ", ".join(sorted(span.nodes_hit)) for span in trial.injections}
    for heal in heals:
        found = back.get(heal.injection)
        end_s = found.t_s if found else math.inf
        apart_s = [
            one.t_s
            for one in trial.all_of(Apart)
            if one.injection == heal.injection and one.t_s < end_s
        ]
        if end_s - heal.t_s > upper:
            upper = end_s - heal.t_s
            until = f", up to revision {found.revision}" if found else ": not seen"
            evidence = f"{hit.get(heal.injection, '')} had what the others have{until}"
        lower = max(lower, max(apart_s, default=heal.t_s) - heal.t_s)
    return Figure(Bracket(lower, upper), evidence)


def added_first(*, strict: bool) -> Callable[[TrialHistory, Window], Figure]:
    """Return what says whether members did what their setting says.

    They were asked to add one before the lost one was removed.
    """

    def measure(trial: TrialHistory, _window: Window) -> Figure:
        asked = [event for event in trial.all_of(MemberAdd) if event.strict is strict]
        if not asked:
            return unknown("no such member was asked to add one before removing the lost one")
        evidence = "; ".join(f"{event.node}: {event.answer}" for event in asked)
        return exact(all(event.accepted is not strict for event in asked), evidence)

    return measure


def writes_stopped(trial: TrialHistory, _window: Window) -> Figure:
    """Say whether nothing was written between the unsafe addition and the new member's start."""
    begin, end = trial.first(WaitingBegin), trial.first(WaitingEnd)
    if begin is None or end is None:
        return unknown("no member was added before the lost one was removed")
    since_s, bound_s = begin.t_s + SETTLE_S, trial.experiment.bound_s
    writes = _writes(trial)
    writes = writes[_begun(writes, since_s, end.t_s) & _at_others(writes, begin.nodes)]
    in_time = (writes["complete_s"] <= end.t_s).to_numpy(bool)
    served = int((_acknowledged(writes) & in_time).sum())
    length_s = end.t_s - since_s
    evidence = f"{served} of {len(writes)} writes were acknowledged in {length_s:.1f} s"
    if served:
        return exact(0, evidence)
    if length_s < bound_s or writes.empty:
        return unknown(f"{evidence}; {bound_s:g} s are needed to say that they stopped")
    return exact(1, evidence)
