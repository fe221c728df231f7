"""Faults through the agent: on nodes of kind against nodes of docker, by turns.

Two labs of one etcd member, one master and one worker are up at once. What is hit is the apiserver,
or its packets from and to the worker, and the worker must see it. Agents and this program share one
monotonic clock, so the moments can be subtracted.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from lab.health import lab_problem
from lab.readiness import wait_until
from lab.runtime.drivers import DRIVERS
from tests.contract.nodes import FoundNodes

if TYPE_CHECKING:
    from lab.clients.agent import Times
    from lab.lab import Lab

SIZE = {"etcd": 1, "masters": 1, "workers": 1}
ROUNDS = 12
# An apiserver that is ready keeps the processors busy for a while; each turn begins in a quiet lab.
PAUSE_S = 3.0
MASTER, WORKER = FoundNodes.target, FoundNodes.viewer


@dataclass(frozen=True)
class Asked:
    """A fault, how the worker sees the apiserver in it, and what else is part of its times."""

    kind: str
    seen: str
    what: str


FAULTS = (
    Asked(
        "kill",
        "refused",
        "kill. On kind the kubelet is stopped first, which is part of the time, and the heal is "
        "answered when the kubelet has started it again; on docker the agent does, at once",
    ),
    Asked("hang", "silent", "hang. On kind the answer waits until every process is stopped"),
    Asked("cut", "timeout", "cut, with the start of nft"),
)


@dataclass(frozen=True)
class Turn:
    """Seconds that a fault took once: the first three from its request on, two from its heal's.

    `gone_s`: None where no agent says when the effect is complete.
    """

    sent_s: float
    gone_s: float | None
    answered_s: float
    healed_s: float
    seen_again_s: float


FIGURES = {
    "sent_s": "request to signal, or to rules sent",
    "gone_s": "request to gone, or to rules in force",
    "answered_s": "request to answer",
    "healed_s": "heal to answer",
    "seen_again_s": "heal until the worker is answered",
}


def compared(docker: Lab, kind: Lab) -> Table:
    """Put every fault in and take it back, on one lab and then on the other, again and again."""
    title = f"faults by runtime, ms: median (least - most) of {ROUNDS}, by turns"
    table = Table("what", "docker", "kind", "ratio", title=title)
    labs = (docker, kind)
    # on channels of their own, which are open before anything is timed
    runtimes = [DRIVERS[lab.plan.spec.runtime].at(lab.directory) for lab in labs]
    nodes = [FoundNodes(runtime, lab.plan) for runtime, lab in zip(runtimes, labs, strict=True)]
    for asked in FAULTS:
        turns: tuple[list[Turn], list[Turn]] = ([], [])
        for _ in range(ROUNDS):
            for lab, own_nodes, taken in zip(labs, nodes, turns, strict=True):
                taken.append(turn(lab, own_nodes, asked))
        table.add_section()
        table.add_row(asked.what)
        for field, name in FIGURES.items():
            table.add_row(f"  {name}", *_cells(*([getattr(t, field) for t in ts] for ts in turns)))
    for own_nodes in nodes:
        own_nodes.close()
        own_nodes.runtime.close()
    return table


def turn(lab: Lab, nodes: FoundNodes, asked: Asked) -> Turn:
    """Put a fault into a quiet lab, see it, and take it back."""
    wait_until("the lab to be healthy", lambda: lab_problem(lab), lab.plan.restart_timeout_s)
    nodes.wait_seen(MASTER, "answered")
    nodes[MASTER].hello()
    time.sleep(PAUSE_S)
    begun_s = time.monotonic()
    times = _inject(nodes, asked.kind)
    answered_s = time.monotonic()
    nodes.wait_seen(MASTER, asked.seen)
    heal_s = time.monotonic()
    nodes[MASTER].heal(["u1"])
    healed_s = time.monotonic()
    nodes.wait_seen(MASTER, "answered")
    return Turn(
        sent_s=times.sent_s - begun_s,
        gone_s=None if times.gone_s is None else times.gone_s - begun_s,
        answered_s=answered_s - begun_s,
        healed_s=healed_s - heal_s,
        seen_again_s=time.monotonic() - heal_s,
    )


def _inject(nodes: FoundNodes, kind: str) -> Times:
    if kind == "cut":
        return nodes.cut(MASTER, nodes.address(WORKER))
    return nodes.inject(MASTER, kind)


def _cells(docker_s: list[float | None], kind_s: list[float | None]) -> list[str]:
    """Return the figures of both runtimes and their ratio, of what both say."""
    known = [[value for value in values if value is not None] for values in (docker_s, kind_s)]
    if not all(known):
        return ["none"] * 3
    middle = [statistics.median(values) for values in known]
    spreads = [
        f"{1000 * median:.1f} ({1000 * min(values):.1f} - {1000 * max(values):.1f})"
        for median, values in zip(middle, known, strict=True)
    ]
    return [*spreads, f"{middle[1] / middle[0]:.2f}"]
