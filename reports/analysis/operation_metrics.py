"""Metrics of operations: whether anything was lost or stale, and how the members ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reports.analysis.evidence import unrecorded
from reports.analysis.metrics import METRICS
from reports.analysis.step_metrics import (
    added_first,
    by_events,
    rejoined_s,
    served_during,
    served_writes,
    writes_stopped,
)
from reports.bracket import Bracket, Figure, exact, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.analysis.consistency import ConsistencyCheck, Rule
    from reports.analysis.evidence import Evidence
    from reports.analysis.windows import Window
    from reports.history.final_state import FinalState
    from reports.history.schema import Expectation

STALE: tuple[Rule, ...] = ("unique", "order", "value", "invented", "repeated")


def operation_figure(
    name: str, evidence: Evidence, window: Window, asked: Sequence[Expectation]
) -> Figure:
    """Measure a metric. Where the trial proves nothing, what looks right is unknown.

    What violates one of those that asked is wrong, whether or not it was put to the test.
    """
    found = OPERATIONS[name](evidence, window)
    doubt = evidence.doubt or window.doubt
    wrong = any(is_wrong(found, expectation) for expectation in asked)
    return found if wrong or METRICS[name].stands or not doubt else unknown(doubt)


def is_wrong(figure: Figure, expectation: Expectation) -> bool:
    """Whether a figure violates what is expected of it."""
    return figure.judge(expectation.op, Bracket.exact(expectation.value)) == "violated"


def counted(rules: Sequence[Rule]) -> Callable[[Evidence, Window], Figure]:
    """Return what counts the violations of some rules."""

    def measure(evidence: Evidence, _window: Window) -> Figure:
        found = evidence.check
        if found is None:
            return unknown(evidence.doubt or "no operations were recorded")
        about = f"of {_text(found)}"
        shown = [one for one in found.violations if one.rule in rules]
        if shown:
            operations = " | ".join(map(str, shown[0].operations))
            first = f"the first: {shown[0].note}: {operations}"
            return exact(sum(found.counts[rule] for rule in rules), f"{about}; {first}")
        if doubt := found.unknown or unrecorded(evidence.trial):
            return unknown(doubt)
        if rules == ("watch",) and not found.events:
            return unknown("no watch delivered anything")
        return exact(0, about)

    return measure


def _text(found: ConsistencyCheck) -> str:
    return (
        f"{found.acknowledged} acknowledged writes, {found.reads} reads, {found.events} events of "
        f"watches, {found.unanswered} writes without an answer"
    )


def acknowledged(evidence: Evidence, _window: Window) -> Figure:
    """Count the writes that were acknowledged."""
    found = evidence.check
    if found is None:
        return unknown(evidence.doubt or "no operations were recorded")
    later = f"{found.unanswered} unanswered writes, {found.seen_later} of which happened"
    return exact(found.acknowledged, f"{later}; {found.reads} reads")


def differing_members(evidence: Evidence, _window: Window) -> Figure:
    """Count the members that differ from most or are silent in the end.

    Those that took no last write count too, unless that is a demand of its own.
    """
    final = evidence.trial.final
    if final is None:
        return unknown(evidence.doubt or "the members were not asked in the end")
    demands = {one.metric for one in evidence.trial.experiment.expect}
    refused = [] if "last_writes" in demands else _refused(final)
    states = {name: (member.revision, member.hash) for name, member in final.members.items()}
    ((revision, digest), _), *_ = Counter(states.values()).most_common(1)
    silent = [f"{name}: {one.error}" for name, one in final.members.items() if one.error]
    others = {name for name, state in states.items() if state != (revision, digest)}
    others |= {name for name, member in final.members.items() if member.error}
    text = f"all {len(states)} members: revision {revision}, hash {digest}"
    if others:
        text = "; ".join(silent) or f"revision and hash: {states}"
    shown = [f"{name}: {final.members[name].last_write}" for name in refused]
    return exact(len(others.union(refused)), "; ".join([*shown, text]))


def last_writes(evidence: Evidence, _window: Window) -> Figure:
    """Say whether a last write succeeded through every member."""
    final = evidence.trial.final
    if final is None:
        return unknown(evidence.doubt or "the members were not asked in the end")
    refused = [f"{name}: {final.members[name].last_write}" for name in _refused(final)]
    return exact(not refused, "; ".join(refused) or f"through {', '.join(final.members)}")


def _refused(final: FinalState) -> list[str]:
    return [name for name, member in final.members.items() if member.last_write]


OPERATIONS: dict[str, Callable[[Evidence, Window], Figure]] = {
    "acknowledged": acknowledged,
    "lost_writes": counted(("lost",)),
    "stale_reads": counted(STALE),
    "watch_disorder": counted(("watch",)),
    "differing_members": differing_members,
    "last_writes": last_writes,
    "rejoined_s": by_events(rejoined_s),
    "served_during": by_events(served_during),
    "served_writes": by_events(served_writes),
    "refused_when_strict": by_events(added_first(strict=True)),
    "accepted_when_lenient": by_events(added_first(strict=False)),
    "writes_stopped": by_events(writes_stopped),
}
