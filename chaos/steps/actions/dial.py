"""A connection that is tried once, from every node that is chosen, with its outcome from each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from chaos.steps.actions.base import ActionKind
from lab.nodes import LOOPBACK
from reports.history.events import Dial as Dialled

if TYPE_CHECKING:
    from chaos.steps.actions.base import ActionContext
    from chaos.targets import Selector, Target
    from lab.plan import LabPlan

# An answer ends the wait; a busy machine may need it.
ANSWER_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class DialAction:
    """Dial a port."""

    port: Annotated[int, Field(ge=1, le=65535, description="the port that is dialled")]
    tls: Annotated[bool, Field(description="whether a TLS handshake must be answered")]
    host: Annotated[str, Field(description="the address, as the dialling node sees it")] = LOOPBACK

    def check(self, target: Selector, plan: LabPlan) -> None:
        """Every node can dial."""

    def run(self, context: ActionContext, targets: tuple[Target, ...]) -> None:
        """Dial once from every node."""
        host, port, tls = self.host, self.port, self.tls
        for node in (target.node for target in targets):
            with context.lab.open_agent(node) as agent:  # of its own, so that no heal waits for it
                outcome = agent.dial(host, port, tls=tls, timeout_s=ANSWER_TIMEOUT_S)
            context.event(Dialled(time.monotonic(), context.step, node, host, port, tls, outcome))


ACTION_KINDS = (
    ActionKind(
        name="dial",
        help="Try a connection once, from every target, and record the outcome of each.",
        changes_cluster=False,
        make=DialAction,
    ),
)
