"""Watches who leads the etcd cluster while a trial runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chaos.node_threads import NodeThreads
from lab.clients.etcd import member_status
from lab.errors import LabError
from reports.history.events import Leader

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lab.lab import Lab
    from reports.history.events import Event

POLL_S = 0.1
REQUEST_TIMEOUT_S = 0.5


class LeaderWatch(NodeThreads):
    """`event` gets each member that leads in a new term, in absolute monotonic seconds.

    Late by at most one poll and one request.
    """

    def __init__(self, lab: Lab, event: Callable[[Event], None]) -> None:
        self._lab = lab
        self._event = event
        members = (node.name for node in lab.plan.with_role("etcd"))
        super().__init__(members, self._watch, REQUEST_TIMEOUT_S + 6)

    def _watch(self, node: str, stop: threading.Event) -> None:
        last = 0
        while not stop.wait(POLL_S):
            try:
                status = member_status(self._lab.etcd(node), REQUEST_TIMEOUT_S)
            except LabError:
                continue  # a member that does not answer does not lead
            if status.leads and status.term > last:
                last = status.term
                self._event(Leader(time.monotonic(), node, last))
