"""What the steps of one trial of a proof show: who was served when, and who came back. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reports.analysis.figures import Figure, exact, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.operations import Operation
    from reports.history.proof import ProofHistory

# The leader may take in a change of members a moment after the member that was asked.
SETTLE_S = 0.5


@dataclass(frozen=True)
class Window:
    """A fault that was in: from its confirmed effect to the beginning of its heal, in seconds."""

    fault: str
    nodes: list[str]
    begin_s: float
    end_s: float

    def holds(self, one: Operation) -> bool:
        """Whether an operation was begun in the window, at a member that was not hit."""
        return self.begin_s <= one.invoke_s < self.end_s and one.via not in self.nodes


def windows(trial: ProofHistory) -> list[Window]:
    """Return every fault that was in and was healed."""
    marks = [one for one in trial.events if one["kind"] in ("effect_confirmed", "heal_begin")]
    return [
        Window(begin["fault"], begin["nodes"], begin["t_s"], end["t_s"])
        for begin, end in pairwise(marks)
        if begin["kind"] == "effect_confirmed" and end["kind"] == "heal_begin"
    ]


def acknowledged(operations: Sequence[Operation]) -> list[Operation]:
    """Return the writes that were acknowledged."""
    return [one for one in operations if (one.op, one.outcome) == ("write", "ok")]


def served_during(trial: ProofHistory) -> Figure:
    """Return the share of writes that were acknowledged, of those sent to members not hit."""
    writes = [one for one in trial.operations if one.op == "write"]
    sent = [one for one in writes if any(window.holds(one) for window in windows(trial))]
    if not sent:
        return unknown("no write was sent to a member that was not hit while a fault was in")
    served = len(acknowledged(sent))
    return exact(served / len(sent), f"{served} of {len(sent)} writes while faults were in")


def rejoined_s(trial: ProofHistory) -> Figure:
    """Return how long the slowest took from the heal to what the others have, as a bracket."""
    lower, upper, evidence = 0.0, 0.0, ""
    heals = trial.all_of("heal_begin")
    if not heals:
        return unknown("nothing was healed")
    for heal, following in pairwise([*heals, {"t_s": math.inf}]):
        begin_s = heal["t_s"]
        within = [one for one in trial.events if begin_s <= one["t_s"] < following["t_s"]]
        back = next((one for one in within if one["kind"] == "rejoined"), None)
        end_s = back["t_s"] if back else math.inf
        apart = [one["t_s"] for one in within if one["kind"] == "apart" and one["t_s"] < end_s]
        least_s, most_s = max(apart, default=begin_s) - begin_s, end_s - begin_s
        if most_s > upper:
            upper = most_s
            evidence = f"{', '.join(heal['nodes'])} had what the others have"
            evidence += f", up to revision {back['revision']}" if back else ": not seen"
        lower = max(lower, least_s)
    return Figure(lower, upper, evidence)


def tolerates_again(trial: ProofHistory, bound_s: float) -> Figure:
    """Whether a write was served after another member had been killed behind a replacement."""
    replaced = trial.all_of("replaced")
    since_s = replaced[0]["t_s"] if replaced else math.inf
    after = [one for one in windows(trial) if one.begin_s > since_s and one.fault == "kill"]
    if not after:
        return unknown("no member was killed after a replacement")
    shown = []
    for window in after:
        asked = [one for one in acknowledged(trial.operations) if window.holds(one)]
        in_time = [one for one in asked if one.complete_s <= window.end_s]
        nodes = ", ".join(window.nodes)
        if not in_time:
            return _nothing(window, bound_s, f"none was acknowledged after {nodes} was killed")
        first_s = min(one.complete_s for one in in_time) - window.begin_s
        shown.append(
            f"{len(in_time)} writes were acknowledged after {nodes} was killed, "
            f"the first after {first_s:.2f} s"
        )
    return exact(1, "; ".join(shown))


def _nothing(window: Window, bound_s: float, evidence: str) -> Figure:
    """Return that it was not so, if it was waited for long enough to say so."""
    length_s = window.end_s - window.begin_s
    if length_s < bound_s:
        return unknown(f"{evidence} in {length_s:.1f} s; {bound_s:g} s are needed to say so")
    return exact(0, f"{evidence} in {length_s:.1f} s")


def added_first(trial: ProofHistory, *, strict: bool) -> Figure:
    """Whether a member did what its setting says when it was asked to add before removing."""
    asked = [one for one in trial.all_of("member_add") if one["strict"] is strict]
    if not asked:
        return unknown("no such member was asked to add one before removing the lost one")
    evidence = "; ".join(f"{one['node']}: {one['answer']}" for one in asked)
    return exact(all(one["accepted"] is not strict for one in asked), evidence)


def writes_stopped(trial: ProofHistory, bound_s: float) -> Figure:
    """Whether nothing was written between the unsafe addition and the new member's start."""
    begins, ends = trial.all_of("waiting_begin"), trial.all_of("waiting_end")
    if not begins or not ends:
        return unknown("no member was added before the lost one was removed")
    window = Window("waiting", begins[0]["nodes"], begins[0]["t_s"] + SETTLE_S, ends[0]["t_s"])
    writes = [one for one in trial.operations if one.op == "write" and window.holds(one)]
    served = [one for one in acknowledged(writes) if one.complete_s <= window.end_s]
    length_s = window.end_s - window.begin_s
    evidence = f"{len(served)} of {len(writes)} writes were acknowledged in {length_s:.1f} s"
    if served:
        return exact(0, evidence)
    if length_s < bound_s or not writes:
        return unknown(f"{evidence}; {bound_s:g} s are needed to say that they stopped")
    return exact(1, evidence)


def what_happened(trial: ProofHistory) -> list[dict[str, Any]]:
    """Return the events that tell the story, without the looks in between."""
    return [one for one in trial.events if one["kind"] != "apart"]
