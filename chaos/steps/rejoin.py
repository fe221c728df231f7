"""When a member that was away has what the others have: etcd's clients know up to where."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from chaos.errors import message_of
from chaos.steps.steady_state import NotSteadyError
from lab.clients.etcd import hash_at
from lab.errors import LabError
from reports.history.events import Apart, Rejoined
from reports.locale.message import message, verbatim

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from lab.clients.https import HttpsEndpoint
    from reports.history.events import Event
    from reports.locale.message import Message

REJOIN_TIMEOUT_S = 30.0
# A member that is starting accepts and does not answer: a longer wait would blur the moment.
LOOK_TIMEOUT_S = 1.0
POLL_S = 0.1


class Rejoining:
    """Compares the hashes of all members at a revision that was acknowledged before a heal.

    `acknowledged` returns the highest such revision; `hit` the nodes that injections other than
    the given one hit now: nothing waits for their members.
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
        """Wait until all members have the same data up to a revision.

        The time for it counts from the end of other injections. `nodes`: those that the injection
        itself hit; their members must answer. The events bracket the moment: `apart` was the last
        comparison before it. Raises NotSteadyError.
        """
        until_s = time.monotonic() + REJOIN_TIMEOUT_S
        while evidence := self._apart(injection, nodes, revision):
            self._event(Apart(time.monotonic(), injection, evidence))
            if self._hit(injection):
                until_s = time.monotonic() + REJOIN_TIMEOUT_S
            if stop() or time.monotonic() > until_s:
                raise NotSteadyError(
                    message(
                        "not-rejoined",
                        injection=injection,
                        timeout_s=REJOIN_TIMEOUT_S,
                        evidence=evidence,
                    )
                )
            time.sleep(POLL_S)
        self._event(Rejoined(time.monotonic(), injection, revision))

    def _apart(self, injection: str, nodes: Collection[str], revision: int) -> Message | None:
        hit, hashes = self._hit(injection), {}
        if own := sorted({*nodes}.intersection(hit, self.endpoints)):
            return message("member-hit-again", members=", ".join(own))
        for name in (name for name in self.endpoints if name not in hit):
            try:
                hashes[name] = hash_at(self.endpoints[name], revision, LOOK_TIMEOUT_S)[1]
            except LabError as error:
                return message("labelled", name=name, text=message_of(error))
        if hit and len(hashes) < 2:
            return message("nothing-to-compare")
        return verbatim(str(hashes)) if len(set(hashes.values())) != 1 else None


def highest_revision(endpoints: Mapping[str, HttpsEndpoint]) -> int:
    """Return the highest revision that any member has; members apply what is acknowledged."""
    revisions = [0]
    for endpoint in endpoints.values():
        with contextlib.suppress(LabError):
            revisions.append(hash_at(endpoint, 0, LOOK_TIMEOUT_S)[0])
    return max(revisions)
