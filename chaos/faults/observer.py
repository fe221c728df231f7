"""How a fault is observed: connections that are tried from other nodes of the lab."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.errors import ChaosError, message_of
from lab.errors import AgentLostError, LabError, NotReadyError
from lab.health import check_agent
from lab.nodes import LOOPBACK
from lab.readiness import wait_until
from reports.locale.message import joined, message, verbatim
from reports.locale.outcomes import outcome_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from chaos.faults.base import DialOutcome, ExpectedEffect
    from chaos.targets import Target
    from lab.lab import Lab
    from lab.plan import LabPlan
    from reports.locale.message import Message

DIAL_TIMEOUT_S = 0.7
# Where an answer is expected: a busy machine may need it; an answer ends the wait.
ANSWER_TIMEOUT_S = 3.0
# A node that does not see the unbroken state within this time is no observer.
UNBROKEN_TIMEOUT_S = 1.5
# Seconds during which possible observers are asked again while none sees it.
PATIENCE_S = 4.0
POLL_S = 0.1
# Where no answer comes, the agents are asked so often whether a node was lost.
LOST_PERIOD_S = 2.0
# Where a host without a component of ours is dialled: nothing listens there, so it refuses.
UNUSED_PORT = 9
# Possible observers of a target that are asked; labs have up to fifty workers.
MAX_OBSERVERS = 4


@dataclass(frozen=True)
class DialCheck:
    """A dial from an observer to an address, and the outcome that it must have."""

    observer: str
    target: Target
    host: str
    port: int
    tls: bool
    wanted: DialOutcome

    @property
    def nodes(self) -> set[str]:
        """The observer and the node of its target."""
        return {self.observer, self.target.node}

    def evidence(self, outcome: str) -> Message:
        """Return the sentence: the observer, the address, the outcome."""
        host = self.host if self.observer == self.target.node else self.target.node
        return message(
            "dial-seen",
            observer=self.observer,
            address=f"{host}:{self.port}",
            outcome=outcome_text(outcome),
        )


class NotSeenError(ChaosError):
    """A check never had its outcome; `outcome`: of its last dial, "" when there was none."""

    def __init__(self, check: DialCheck, outcome: str, why: Message) -> None:
        super().__init__(why)
        self.check = check
        self.outcome = outcome


def dial_checks(
    plan: LabPlan, observer: str, target: Target, wanted: DialOutcome
) -> list[DialCheck]:
    """Return the dials, and the outcomes that they must have, for a target to be as wanted.

    What listens on a node's loopback refuses all other nodes, whatever happens to it. So a process
    of its own node dials it (refused, silent, answered), and the observer dials the node, which
    refuses while it can be reached and answers nothing when it cannot.
    """
    address = plan.node(target.node).address
    if not target.component:
        reachable: DialOutcome = "refused" if wanted == "answered" else wanted
        return [DialCheck(observer, target, address, UNUSED_PORT, False, reachable)]
    component = plan.component(target.component, target.node)
    port, tls = component.port, component.tls
    if not component.loopback or wanted == "timeout":
        return [DialCheck(observer, target, address, port, tls, wanted)]
    inside = DialCheck(target.node, target, LOOPBACK, port, tls, wanted)
    if wanted == "answered" and observer != target.node:
        return [DialCheck(observer, target, address, port, tls, "refused"), inside]
    return [inside]


def dial(lab: Lab, check: DialCheck, timeout_s: float) -> str:
    """Dial once, on a channel of its own: a dial that hangs delays no other."""
    with lab.open_agent(check.observer) as agent:
        return agent.dial(check.host, check.port, tls=check.tls, timeout_s=timeout_s)


def wait_for_outcome(lab: Lab, check: DialCheck, timeout_s: float) -> Message:
    """Dial until the outcome is the wanted one; return the evidence.

    Raises NotSeenError, and AgentLostError when an answer is awaited and a node was lost meanwhile:
    what it keeps down, on whatever node, never answers again.
    """
    dial_s = ANSWER_TIMEOUT_S if check.wanted == "answered" else DIAL_TIMEOUT_S
    outcome, evidence = "", verbatim("")
    asked_s = time.monotonic()

    def attempt() -> str:
        nonlocal outcome, evidence, asked_s
        if check.wanted == "answered" and time.monotonic() - asked_s > LOST_PERIOD_S:
            _check_agents_that_stay(lab)
            asked_s = time.monotonic()
        try:
            outcome = dial(lab, check, dial_s)
        except LabError as error:
            evidence = message_of(error)
            raise
        evidence = check.evidence(outcome)
        return "" if outcome == check.wanted else outcome

    try:
        wait_until(f"{check.target} to be {check.wanted}", attempt, timeout_s)
    except AgentLostError:
        raise
    except NotReadyError as error:
        why = message(
            "dial-not-seen",
            timeout_s=timeout_s,
            target=str(check.target),
            wanted=outcome_text(check.wanted),
            evidence=evidence,
        )
        raise NotSeenError(check, outcome, why) from error
    return evidence


def wait_for_outcomes(lab: Lab, checks: Sequence[DialCheck], timeout_s: float) -> Message:
    """Wait until every dial has its outcome, all side by side; return the evidence.

    Raises NotSeenError for the first that has not, AgentLostError.
    """
    with ThreadPoolExecutor(max(1, len(checks))) as pool:
        return joined(*pool.map(lambda check: wait_for_outcome(lab, check, timeout_s), checks))


def _check_agents_that_stay(lab: Lab) -> None:
    """Raise AgentLostError when an agent is gone that a loss of its node's power does not end."""
    for node in lab.plan.nodes:
        if lab.plan.power_agent(node.name) == node.name:
            check_agent(lab, node.name)


def possible_observers(
    plan: LabPlan, effect: ExpectedEffect, hit: Collection[str], touched: Collection[str]
) -> list[str]:
    """Return the nodes that may observe a target, the best first: workers, then all others.

    `hit`: nodes of the fault itself. `touched`: those of other injections, to which a timeout
    proves nothing, but an answer or a refusal does. The last is the target's own node.
    """
    by_silence = effect.wanted == "timeout"
    if effect.observer:
        return [] if by_silence and effect.observer in touched else [effect.observer]
    nodes = [node for node in plan.nodes if node.name not in hit]
    nodes.sort(key=lambda node: (node.name in touched, "worker" not in node.roles))
    names = [node.name for node in nodes if not (by_silence and node.name in touched)]
    return [*names[:MAX_OBSERVERS], *([] if by_silence else [effect.target.node])]


def first_observer(
    lab: Lab, target: Target, observers: Sequence[str], patience_s: float
) -> tuple[str, Message]:
    """Return the first of these that sees a target unbroken now, or "" and their evidence.

    The first is asked alone, for it usually sees it. On a busy machine none may at first.
    """
    if not observers:
        return "", no_observer(target)
    until_s = time.monotonic() + patience_s
    while True:
        observer, evidence = _observer_now(lab, target, observers)
        if observer or time.monotonic() > until_s:
            return observer, evidence
        time.sleep(POLL_S)


def no_observer(target: Target) -> Message:
    """Return the sentence that no node may observe a target."""
    return message("no-observer", target=str(target))


def _observer_now(lab: Lab, target: Target, observers: Sequence[str]) -> tuple[str, Message]:

    def evidence_against(observer: str) -> Message | None:
        for check in dial_checks(lab.plan, observer, target, "answered"):
            try:
                outcome = dial(lab, check, UNBROKEN_TIMEOUT_S)
            except LabError as error:
                return message_of(error)
            if outcome != check.wanted:
                return check.evidence(outcome)
        return None

    evidence: list[Message] = []
    for group in (observers[:1], observers[1:]):
        with ThreadPoolExecutor(max(1, len(group))) as pool:
            against = list(pool.map(evidence_against, group))
        if None in against:
            return group[against.index(None)], joined()
        evidence += [reason for reason in against if reason is not None]
    return "", joined(*evidence)
