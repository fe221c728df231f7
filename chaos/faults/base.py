"""What a fault is, and the outside observer that confirms it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from chaos.errors import NotConfirmedError
from lab.errors import LabError, NotReadyError
from lab.readiness import wait_until

if TYPE_CHECKING:
    from chaos.targets import Target
    from lab.lab import Lab

CONFIRM_TIMEOUT_S = 5.0
UNDONE_TIMEOUT_S = 30.0
DIAL_TIMEOUT_S = 0.7
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


def wait_seen(lab: Lab, viewer: str, target: Target, wanted: str, timeout_s: float) -> str:
    """Dial a component from another node until the outcome is the wanted one."""
    component = lab.plan.component(target.component, target.node)
    host = lab.plan.node(target.node).address

    try:
        # a channel of its own: a look that hangs must not keep others waiting
        with lab.open_agent(viewer) as agent:

            def check() -> str:
                port, tls = component.port, component.tls
                dial_s = ANSWER_TIMEOUT_S if wanted == "answered" else DIAL_TIMEOUT_S
                seen = agent.call("dial", host=host, port=port, tls=tls, timeout_s=dial_s)
                return "" if seen == wanted else f"{viewer} dials {host}:{port}: {seen}"

            wait_until(f"{target.node}/{target.component} to be {wanted}", check, timeout_s)
    except NotReadyError as error:
        raise NotConfirmedError(str(error)) from error
    return f"{viewer} dials {target.node}:{component.port}: {wanted}"


def seen_across(lab: Lab, pairs: list[tuple[str, Target]], wanted: str, timeout_s: float) -> str:
    """Wait until every viewer sees its target as wanted, all at once; return the evidence."""

    def look(pair: tuple[str, Target]) -> str:
        return wait_seen(lab, *pair, wanted, timeout_s)

    with ThreadPoolExecutor(len(pairs)) as pool:
        return "; ".join(pool.map(look, pairs))


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
