"""What a fault is, and the outside observer that confirms it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from chaos.errors import NotConfirmedError
from lab.errors import LabError, NotReadyError
from lab.plan import LOOPBACK
from lab.readiness import wait_until

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.lab import Lab

CONFIRM_TIMEOUT_S = 5.0
UNDONE_TIMEOUT_S = 30.0
DIAL_TIMEOUT_S = 0.7
# Where a host without a component of ours is dialled: nothing listens there, so it refuses.
UNUSED_PORT = 9
# Of one who should answer; a busy machine may take its time, an answer ends the wait.
ANSWER_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Injection:
    """How a fault is put in: the name of its undo, who owns that, and for how long (s)."""

    undo: str
    owner: Literal["channel", "lab"] = "channel"
    for_s: float | None = None


class Fault(Protocol):
    """A thing done to targets. `inject` registers the undo, at the agents, before it acts."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """What it hits."""

    def inject(self, lab: Lab, injection: Injection) -> dict[str, dict[str, float]]:
        """Do it; return node -> {sent_s, gone_s}, monotonic seconds."""

    def confirm(self, lab: Lab) -> str:
        """Wait until an outside observer sees the effect. Raises NotConfirmedError."""

    def undo(self, lab: Lab, injection: Injection) -> None:
        """Take it back; idempotent."""

    def confirm_undone(self, lab: Lab) -> str:
        """Wait until an outside observer sees it gone. Raises NotConfirmedError."""


def observer(lab: Lab, avoid: set[str]) -> str:
    """Return a node that looks at the targets from outside: a worker if there is one."""
    nodes = [n.name for n in lab.plan.nodes if n.name not in avoid]
    workers = [n.name for n in lab.plan.with_role("worker") if n.name not in avoid]
    if not nodes:
        raise NotConfirmedError("the fault hits every node; nobody is left to observe it")
    return (workers or nodes)[0]


@dataclass(frozen=True)
class Look:
    """One dial: from which node, to where, and what must be seen of it."""

    viewer: str
    target: Target
    host: str
    port: int
    tls: bool
    wanted: str


def looks_at(lab: Lab, viewer: str, target: Target, wanted: str) -> list[Look]:
    """Return what must be seen, and by whom, for a target to look as wanted.

    What listens on its node's loopback is refused to everybody else, whatever happens to it. So a
    process of its node looks at it (refused, silent, answered), and the viewer at the node: that
    one refuses dials while it can be reached, and answers none when it cannot.
    """
    address = lab.plan.node(target.node).address
    if not target.component:
        reachable = "refused" if wanted == "answered" else wanted
        return [Look(viewer, target, address, UNUSED_PORT, False, reachable)]
    component = lab.plan.component(target.component, target.node)
    port, tls = component.port, component.tls
    if not component.loopback:
        return [Look(viewer, target, address, port, tls, wanted)]
    inside = Look(target.node, target, LOOPBACK, port, tls, wanted)
    if wanted == "timeout":
        return [Look(viewer, target, address, port, tls, wanted)]
    if wanted == "answered" and viewer != target.node:
        return [Look(viewer, target, address, port, tls, "refused"), inside]
    return [inside]


def wait_seen(lab: Lab, look: Look, timeout_s: float) -> str:
    """Dial until the outcome is the wanted one; return the evidence."""
    place = f"{look.host}:{look.port}"
    try:
        # a channel of its own: a look that hangs must not keep others waiting
        with lab.open_agent(look.viewer) as agent:

            def check() -> str:
                dial_s = ANSWER_TIMEOUT_S if look.wanted == "answered" else DIAL_TIMEOUT_S
                seen = agent.call(
                    "dial", host=look.host, port=look.port, tls=look.tls, timeout_s=dial_s
                )
                return "" if seen == look.wanted else f"{look.viewer} dials {place}: {seen}"

            wait_until(f"{look.target} to be {look.wanted}", check, timeout_s)
    except NotReadyError as error:
        raise NotConfirmedError(str(error)) from error
    where = place if look.viewer == look.target.node else f"{look.target.node}:{look.port}"
    return f"{look.viewer} dials {where}: {look.wanted}"


def seen_across(lab: Lab, pairs: list[tuple[str, Target]], wanted: str, timeout_s: float) -> str:
    """Wait until every viewer sees its target as wanted, all at once; return the evidence."""
    looks = [look for viewer, target in pairs for look in looks_at(lab, viewer, target, wanted)]

    def look_once(look: Look) -> str:
        return wait_seen(lab, look, timeout_s)

    with ThreadPoolExecutor(len(looks)) as pool:
        return "; ".join(pool.map(look_once, looks))


def heal_nodes(lab: Lab, nodes: list[str], undo: str) -> None:
    """Undo one injection on every node; one that fails does not stop the rest."""
    errors: dict[str, str] = {}
    fired = []
    for node in nodes:
        try:
            answer = lab.agent(node).call("heal", names=[undo])
        except LabError as error:
            errors[node] = str(error)
            continue
        errors |= {f"{node} {name}": text for name, text in answer["errors"].items()}
        fired += [node] if answer["fired"] else []
    if errors:
        raise NotConfirmedError(f"undo failed: {errors}")
    if fired:
        raise NotConfirmedError(f"the dead man's switch of {', '.join(fired)} undid the fault")
