"""What a trial did not show of a balancer, which reacts later than the fault was held."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reports.history.events import NotServedAgain
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Collection

    from reports.history.injections import InjectionSpan
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

# After these faults a node refuses connections; after all others it answers nothing.
REFUSING = frozenset({"kill", "crash"})
APISERVER = "kube-apiserver"
BALANCING = frozenset({"nginx", "haproxy", "keepalived"})


class Reaction(NamedTuple):
    """A setting of the experiment: how late a balancer reacts; and the words for it."""

    setting: str
    words: str


SILENT = Reaction("balancer_detects_s", "held-shorter-silent")
REFUSED = Reaction("balancer_detects_refusal_s", "held-shorter-refused")
BALANCER_GONE = Reaction("balancer_takes_over_s", "held-shorter-balancer")


def not_served_again(trial: TrialHistory) -> list[Message]:
    """Return which masters a worker's balancer did not use again before the trial ended."""
    return [
        message(
            "masters-not-served-again",
            worker=event.worker,
            masters=", ".join(event.masters),
            bound_s=event.bound_s,
        )
        for event in trial.all_of(NotServedAgain)
    ]


def short_holds(trial: TrialHistory) -> list[Message]:
    """Return which faults were undone before the balancer certainly noticed them."""
    remarks = []
    for span in trial.injections:
        reaction = _reaction(span)
        if reaction is None or span.doubt is not None:
            continue
        # a run of an older version does not know it
        bound_s = trial.experiment.settings.get(reaction.setting, 0.0)
        hold_s = span.heal_begin_s - span.confirmed_s
        if hold_s < bound_s:
            remarks.append(
                message(reaction.words, injection=span.id, hold_s=hold_s, bound_s=bound_s)
            )
    return remarks


def _reaction(span: InjectionSpan) -> Reaction | None:
    """Return what a balancer has to notice; None for a fault that is not between it and masters."""
    beyond = set(span.nodes) - span.nodes_hit
    if beyond:  # two sides that lose each other
        sides = (span.nodes_hit, beyond)
        apart = any(_has(near, "master") for near in sides) and any(
            _has(far, "worker", "balancer") for far in sides
        )
        return SILENT if apart else None
    for target in span.hit:
        node, _, component = target.partition("/")
        if component in BALANCING or (not component and _has({node}, "balancer")):
            return BALANCER_GONE
        if component == APISERVER or (not component and _has({node}, "master")):
            return REFUSED if span.fault in REFUSING else SILENT
    return None


def _has(nodes: Collection[str], *roles: str) -> bool:
    """Whether a node of these has a role: the role is the beginning of its name."""
    return any(node.rpartition("-")[0] in roles for node in nodes)
