"""The requests of a fault to its agents: prepared, injected, healed; all agents side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chaos.errors import message_from, message_of
from lab.errors import LabError
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.faults.base import AgentRequest
    from lab.lab import Lab
    from reports.locale.message import Message

Owner = Literal["channel", "lab"]


@dataclass(frozen=True)
class Requests:
    """What agents are asked for on behalf of one undo, and for how long it stays, None for ever.

    The undos belong to the session of this process, its `channel`, or to the lab.
    """

    lab: Lab
    requests: Sequence[AgentRequest]
    undo: str
    owner: Owner
    for_s: float | None

    @property
    def nodes(self) -> list[str]:
        """The nodes that are acted on, in order."""
        return [request.node for request in self.requests]

    def prepare(self) -> None:
        """Let every agent prepare. Raises LabError."""
        for request in self.requests:
            agent = self.lab.agent(request.asked)
            agent.prepare(self._undo_of(request), request.kind, request.parameters)

    def inject(self) -> dict[str, dict[str, float]]:
        """Inject everywhere; return node -> {sent_s, gone_s}, monotonic. Raises LabError."""
        with ThreadPoolExecutor(len(self.requests)) as pool:
            return dict(zip(self.nodes, pool.map(self._inject, self.requests), strict=True))

    def heal(self) -> tuple[list[Message], list[str]]:
        """Undo everywhere; return what failed, and the nodes whose switch had done it before."""
        with ThreadPoolExecutor(len(self.requests)) as pool:
            answers = list(pool.map(self._heal, self.requests))
        failed = [error for error, _ in answers if error is not None]
        return failed, [node for _, node in answers if node]

    def _undo_of(self, request: AgentRequest) -> str:
        # an agent that acts on several nodes has an undo for each of them
        return f"{self.undo}-{request.node}" if request.agent else self.undo

    def _inject(self, request: AgentRequest) -> dict[str, float]:
        times = self.lab.agent(request.asked).inject(
            self._undo_of(request),
            request.kind,
            request.parameters,
            owner=self.owner,
            for_s=self.for_s,
        )
        gone = {} if times.gone_s is None else {"gone_s": times.gone_s}
        return {"sent_s": times.sent_s, **gone}

    def _heal(self, request: AgentRequest) -> tuple[Message | None, str]:
        """Return what failed on a node, and its name if its switch had fired."""
        node = request.node
        try:
            healed = self.lab.agent(request.asked).heal([self._undo_of(request)])
        except LabError as error:
            return message("labelled", name=node, text=message_of(error)), ""
        errors = [message_from(why) for why in healed.errors.values()]
        failed = message("labelled", name=node, text=joined(*errors)) if errors else None
        return failed, node if healed.fired else ""
