"""What every step of a proof works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chaos.proof.clients import CLIENT
from lab.clients.etcd import hash_at
from lab.errors import LabError
from lab.readiness import wait_until

if TYPE_CHECKING:
    import random

    from chaos.proof.clients import Clients
    from lab.clients.https import Endpoint
    from lab.lab import Lab

REJOIN_TIMEOUT_S = 30.0
# A member that is starting accepts and says nothing: a long look would only blur the moment.
LOOK_TIMEOUT_S = 1.0


class Event(Protocol):
    """Writes an event at the present moment."""

    def __call__(self, kind: str, **fields: object) -> None:
        """Write it."""


@dataclass
class Context:
    """The lab with clients at work, and who has been replaced so far."""

    lab: Lab
    chance: random.Random
    clients: Clients
    event: Event
    replaced: set[str] = field(default_factory=set)

    @property
    def members(self) -> list[str]:
        """The nodes that hold an etcd member."""
        return [node.name for node in self.lab.plan.with_role("etcd")]

    def endpoint(self, node: str) -> Endpoint:
        """Return a member as the clients see it."""
        return self.lab.etcd_from(CLIENT, node)

    def wait_rejoined(self, nodes: list[str], revision: int) -> None:
        """Wait until all members have the same data up to a revision that was acknowledged.

        Raises NotReadyError. The events bracket the moment: `apart` was the last look before it.
        """

        def look() -> str:
            seen = {}
            for name in self.members:
                try:
                    seen[name] = hash_at(self.endpoint(name), revision, LOOK_TIMEOUT_S)[1]
                except LabError as error:
                    self.event("apart", nodes=nodes, evidence=f"{name}: {error}")
                    raise
            if len(set(seen.values())) == 1:
                return ""
            self.event("apart", nodes=nodes, evidence=str(seen))
            return f"hashes at revision {revision}: {seen}"

        wait_until(f"{', '.join(nodes)} to have what the others have", look, REJOIN_TIMEOUT_S)
        self.event("rejoined", nodes=nodes, revision=revision)
