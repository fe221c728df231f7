"""Metrics of operations: whether anything was lost or stale, and how the members ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reports.analysis.completeness import first_missing
from reports.analysis.metrics import METRICS
from reports.analysis.step_metrics import (
    added_first,
    by_events,
    proves_longer,
    proves_none,
    rejoined_s,
    served_during,
    served_writes,
    writes_stopped,
)
from reports.bracket import Bracket, Figure, exact, unknown
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reports.analysis.completeness import What
    from reports.analysis.consistency.check import ConsistencyCheck
    from reports.analysis.consistency.violations import Rule
    from reports.analysis.evidence import Evidence
    from reports.analysis.windows import Window
    from reports.history.final_state import FinalState
    from reports.history.schema import Expectation
    from reports.locale.message import Message

WATCHED: tuple[What, ...] = ("watch-events",)
STALE: tuple[Rule, ...] = ("unique", "order", "value", "invented", "repeated")


def operation_figure(
    name: str, evidence: Evidence, window: Window, demands: Sequence[Expectation]
) -> Figure:
    """Measure a metric. Where the trial proves nothing, a figure that looks right is unknown.

    A figure that violates a demand is wrong even there.
    """
    figure = OPERATIONS[name](evidence, window)
    doubt = evidence.doubt_of(window)
    wrong = any(is_wrong(figure, demand) for demand in demands)
    return figure if wrong or METRICS[name].stands or not doubt else unknown(doubt)


def is_wrong(figure: Figure, expectation: Expectation) -> bool:
    """Whether a figure violates what is expected of it."""
    return figure.judge(expectation.op, Bracket.exact(expectation.value)) == "violated"


def counted(rules: Sequence[Rule]) -> Callable[[Evidence, Window], Figure]:
    """Return the measure that counts violations of these rules."""

    def measure(evidence: Evidence, _window: Window) -> Figure:
        check = evidence.check
        if check is None:
            return unknown(evidence.doubt or message("no-operations"))
        about = _text(check)
        violations = [violation for violation in check.violations if violation.rule in rules]
        if violations:
            operations = tuple(operation.text for operation in violations[0].operations)
            first = message("first-violation", note=violations[0].note, operations=operations)
            return exact(sum(check.counts[rule] for rule in rules), joined(about, first))
        of_watches = rules == ("watch",)
        lack = first_missing(evidence.missing, "operations", *WATCHED if of_watches else ())
        if doubt := check.unknown or lack:
            return unknown(doubt)
        if of_watches and not check.events:
            return unknown(message("no-watch-delivered"))
        return exact(0, about)

    return measure


def _text(check: ConsistencyCheck) -> Message:
    return message(
        "operations-checked",
        acknowledged=check.acknowledged,
        reads=check.reads,
        events=check.events,
        unanswered=check.unanswered,
    )


def acknowledged(evidence: Evidence, _window: Window) -> Figure:
    """Count the writes that were acknowledged."""
    check = evidence.check
    if check is None:
        return unknown(evidence.doubt or message("no-operations"))
    about = message(
        "acknowledged-writes",
        unanswered=check.unanswered,
        happened=check.seen_later,
        reads=check.reads,
    )
    lack = first_missing(evidence.missing, "operations")
    return unknown(lack) if lack else exact(check.acknowledged, about)


def differing_members(evidence: Evidence, _window: Window) -> Figure:
    """Count the members that differ from most or do not answer in the end.

    Those that took no last write count too, unless that is a demand of its own. A member that is
    missing may differ, too; those that do, do so without it.
    """
    state = evidence.trial.final_state
    if state is None:
        return unknown(evidence.doubt or message("members-not-asked"))
    members = state.members
    metrics = {demand.metric for demand in evidence.trial.experiment.expect}
    refused = {} if "last_writes" in metrics else _refused(state)
    data = {name: (member.revision, member.hash) for name, member in members.items()}
    ((revision, digest), _), *_ = Counter(data.values()).most_common(1)
    silent = {name: member.error for name, member in members.items() if member.error}
    differing = {name for name, of_member in data.items() if of_member != (revision, digest)}
    if silent:
        texts = _by_member(silent)
    elif differing:
        texts = [
            message("member-state", member=name, revision=revision, hash=digest)
            for name, (revision, digest) in data.items()
        ]
    else:
        texts = [message("members-alike", count=len(data), revision=revision, hash=digest)]
    count = len(differing.union(silent, refused))
    lack = first_missing(evidence.missing, "members")
    if lack and not count:
        return unknown(lack)
    return exact(count, joined(*_by_member(refused), *texts))


def last_writes(evidence: Evidence, _window: Window) -> Figure:
    """Return 1 where a last write succeeded through every member, else 0."""
    state = evidence.trial.final_state
    if state is None:
        return unknown(evidence.doubt or message("members-not-asked"))
    if refused := _refused(state):
        return exact(0, joined(*_by_member(refused)))
    if lack := first_missing(evidence.missing, "members"):
        return unknown(lack)
    return exact(1, message("writes-through", members=", ".join(state.members)))


def _refused(state: FinalState) -> dict[str, Message]:
    """Return member -> the error of its last write, of those that refused it."""
    return {name: member.last_write for name, member in state.members.items() if member.last_write}


def _by_member(errors: Mapping[str, Message]) -> list[Message]:
    return [message("labelled", name=name, text=error) for name, error in errors.items()]


OPERATIONS: dict[str, Callable[[Evidence, Window], Figure]] = {
    "acknowledged": acknowledged,
    "lost_writes": counted(("lost",)),
    "stale_reads": counted(STALE),
    "watch_disorder": counted(("watch",)),
    "differing_members": differing_members,
    "last_writes": last_writes,
    "rejoined_s": by_events(rejoined_s, "step", "heal", proves=proves_longer),
    "served_during": by_events(served_during, "operations", "step", "heal"),
    "served_writes": by_events(served_writes, "operations"),
    "refused_when_strict": by_events(added_first(strict=True), "step"),
    "accepted_when_lenient": by_events(added_first(strict=False), "step"),
    "writes_stopped": by_events(writes_stopped, "operations", proves=proves_none),
}
