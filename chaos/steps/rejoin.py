"""When a member that was away has what the others have: etcd's clients know up to where."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from chaos.steps.steady_state import NotSteadyError
from lab.clients.etcd import hash_at
from lab.errors import LabError
from reports.history.events import Apart, Rejoined

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from lab.clients.https import HttpsEndpoint
    from reports.history.events import Event

REJOIN_TIMEOUT_S = 30.0
# A member that is starting accepts and says nothing: a long look would only blur the moment.
LOOK_TIMEOUT_S = 1.0
POLL_S = 0.1


class Rejoining:
    """Looks at the hashes of all members, at a revision that was acknowledged before a heal.

    `acknowledged` tells the highest one; `hit` the nodes that other running injections than one
    hit, whose members nobody waits for.
    """

    def __init__(
        self,
        endpoints: Mapping[str, HttpsEndpoint],
        acknowledged: Callable[[], int],
        hit: Callable[[str], Collection[str]],
        event: Callable[[Event], None],
    ) -> None:
        self.acknowledged = acknowledged
        self.endpoints = endpoints
        self._hit = hit
        self._event = event

    def wait(
        self,
        injection: str,
        nodes: Collection[str],
        revision: int,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Wait until all have the same data up to a revision; the others' injections take time.

        `nodes`: those that the injection itself hit; their members must be there. The events
        bracket the moment: `apart` was the last look before it. Raises NotSteadyError.
        """
        until_s = time.monotonic() + REJOIN_TIMEOUT_S
        while evidence := self._apart(injection, nodes, revision):
            self._event(Apart(time.monotonic(), injection, evidence))
            if self._hit(injection):
                until_s = time.monotonic() + REJOIN_TIMEOUT_S
            if stop() or time.monotonic() > until_s:
                raise NotSteadyError(
                    f"{injection}: not all members had the same data within "
                    f"{REJOIN_TIMEOUT_S:g} s: {evidence}"
                )
            time.sleep(POLL_S)
        self._event(Rejoined(time.monotonic(), injection, revision))

    def _apart(self, injection: str, nodes: Collection[str], revision: int) -> str:
        hit, hashes = self._hit(injection), {}
        if mine := sorted({*nodes}.intersection(hit, self.endpoints)):
            return f"its own member {', '.join(mine)} is hit by another injection"
        for name in (name for name in self.endpoints if name not in hit):
            try:
                hashes[name] = hash_at(self.endpoints[name], revision, LOOK_TIMEOUT_S)[1]
            except LabError as error:
                return f"{name}: {error}"
        if hit and len(hashes) < 2:
            return "no other member is left to compare with"
        return str(hashes) if len(set(hashes.values())) != 1 else ""


def newest_revision(endpoints: Mapping[str, HttpsEndpoint]) -> int:
    """Return the highest revision that any member has; members apply what is acknowledged."""
    revisions = [0]
    for endpoint in endpoints.values():
        with contextlib.suppress(LabError):
            revisions.append(hash_at(endpoint, 0, LOOK_TIMEOUT_S)[0])
    return max(revisions)
