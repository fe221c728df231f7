"""How a fault is seen: connections that are tried from other nodes of the lab."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.errors import LabError, NotReadyError
from lab.nodes import LOOPBACK
from lab.readiness import wait_until

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from chaos.faults.base import DialOutcome, Sight
    from chaos.targets import Target
    from lab.lab import Lab
    from lab.plan import LabPlan

DIAL_TIMEOUT_S = 0.7
# Of one who should answer; a busy machine may take its time, an answer ends the wait.
ANSWER_TIMEOUT_S = 3.0
# Who has not seen the unbroken state within this time does not count as an observer.
UNBROKEN_TIMEOUT_S = 1.5
# So long it is asked again while nobody has.
PATIENCE_S = 4.0
POLL_S = 0.1
# Where a host without a component of ours is dialled: nothing listens there, so it refuses.
UNUSED_PORT = 9
# So many nodes are asked whether they see a target; labs have up to fifty workers.
MOST_VIEWERS = 4


@dataclass(frozen=True)
class Look:
    """One dial: from which node, to where, and what must be seen of it."""

    viewer: str
    target: Target
    host: str
    port: int
    tls: bool
    wanted: DialOutcome

    @property
    def nodes(self) -> set[str]:
        """Who looks, and at what."""
        return {self.viewer, self.target.node}

    def shown(self, outcome: str) -> str:
        """Return who dialled what, and what came of it."""
        host = self.host if self.viewer == self.target.node else self.target.node
        return f"{self.viewer} dials {host}:{self.port}: {outcome}"


class NotSeenError(Exception):
    """A look was not as wanted to the end; `outcome`: of its last dial, "" when there was none."""

    def __init__(self, look: Look, outcome: str, evidence: str) -> None:
        super().__init__(evidence)
        self.look = look
        self.outcome = outcome


def looks_at(plan: LabPlan, viewer: str, target: Target, wanted: DialOutcome) -> list[Look]:
    """Return what must be seen, and by whom, for a target to look as wanted.

    What listens on its node's loopback is refused to everybody else, whatever happens to it. So a
    process of its node looks at it (refused, silent, answered), and the viewer at the node: that
    one refuses dials while it can be reached, and answers none when it cannot.
    """
    address = plan.node(target.node).address
    if not target.component:
        reachable: DialOutcome = "refused" if wanted == "answered" else wanted
        return [Look(viewer, target, address, UNUSED_PORT, False, reachable)]
    component = plan.component(target.component, target.node)
    port, tls = component.port, component.tls
    if not component.loopback or wanted == "timeout":
        return [Look(viewer, target, address, port, tls, wanted)]
    inside = Look(target.node, target, LOOPBACK, port, tls, wanted)
    if wanted == "answered" and viewer != target.node:
        return [Look(viewer, target, address, port, tls, "refused"), inside]
    return [inside]


def dial(lab: Lab, look: Look, timeout_s: float) -> str:
    """Dial once, on a channel of its own: a look that hangs keeps no other waiting."""
    with lab.open_agent(look.viewer) as agent:
        return agent.dial(look.host, look.port, tls=look.tls, timeout_s=timeout_s)


def wait_seen(lab: Lab, look: Look, timeout_s: float) -> str:
    """Dial until the outcome is the wanted one; return the evidence. Raises NotSeenError."""
    dial_s = ANSWER_TIMEOUT_S if look.wanted == "answered" else DIAL_TIMEOUT_S
    outcome = ""

    def check() -> str:
        nonlocal outcome
        outcome = dial(lab, look, dial_s)
        return "" if outcome == look.wanted else look.shown(outcome)

    try:
        wait_until(f"{look.target} to be {look.wanted}", check, timeout_s)
    except NotReadyError as error:
        raise NotSeenError(look, outcome, str(error)) from error
    return look.shown(outcome)


def seen_at_once(lab: Lab, looks: Sequence[Look], timeout_s: float) -> str:
    """Wait until everything looks as wanted, all side by side; return the evidence.

    Raises NotSeenError for the first that does not.
    """
    with ThreadPoolExecutor(max(1, len(looks))) as pool:
        return "; ".join(pool.map(lambda look: wait_seen(lab, look, timeout_s), looks))


def candidates(
    plan: LabPlan, sight: Sight, hit: Collection[str], touched: Collection[str]
) -> list[str]:
    """Return who may look at a target, the best first: workers, then anybody else.

    `hit`: nodes of the fault itself. `touched`: those of other injections, whose silence proves
    nothing; what is answered or refused to them was. The last is a target's node at its processes.
    """
    by_silence = sight.wanted == "timeout"
    if sight.viewer:
        return [] if by_silence and sight.viewer in touched else [sight.viewer]
    nodes = [node for node in plan.nodes if node.name not in hit]
    nodes.sort(key=lambda node: (node.name in touched, "worker" not in node.roles))
    names = [node.name for node in nodes if not (by_silence and node.name in touched)]
    return [*names[:MOST_VIEWERS], *([] if by_silence else [sight.target.node])]


def first_who_sees(
    lab: Lab, target: Target, viewers: Sequence[str], patience_s: float
) -> tuple[str, str]:
    """Return the first of these who sees a target unbroken now, or "" and what they saw.

    The first is asked alone, for as a rule it sees. On a busy machine nobody may at first.
    """
    if not viewers:
        return "", f"nobody is left to observe {target}"
    until_s = time.monotonic() + patience_s
    while True:
        viewer, evidence = _who_sees(lab, target, viewers)
        if viewer or time.monotonic() > until_s:
            return viewer, evidence
        time.sleep(POLL_S)


def _who_sees(lab: Lab, target: Target, viewers: Sequence[str]) -> tuple[str, str]:

    def blind(viewer: str) -> str:
        for look in looks_at(lab.plan, viewer, target, "answered"):
            try:
                outcome = dial(lab, look, UNBROKEN_TIMEOUT_S)
            except LabError as error:
                return str(error)
            if outcome != look.wanted:
                return look.shown(outcome)
        return ""

    evidence: list[str] = []
    for group in (viewers[:1], viewers[1:]):
        with ThreadPoolExecutor(max(1, len(group))) as pool:
            reasons = list(pool.map(blind, group))
        if "" in reasons:
            return group[reasons.index("")], ""
        evidence += reasons
    return "", "; ".join(evidence)
