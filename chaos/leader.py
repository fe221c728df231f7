"""Watches who leads the etcd cluster while a trial runs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.lab import Lab

POLL_S = 0.1
REQUEST_TIMEOUT_S = 0.5


class LeaderWatch:
    """One thread a member, so that a hung one delays no other.

    `seen(at_s, node, term)` is called for each new (node, term) that says it leads; at_s is
    monotonic, late by at most one poll and one request.
    """

    def __init__(self, lab: Lab, seen: Callable[[float, str, int], None]) -> None:
        self._lab = lab
        self._seen = seen
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(node.name,), daemon=True)
            for node in lab.plan.with_role("etcd")
        ]

    def _watch(self, node: str) -> None:
        last = 0
        while not self._stop.wait(POLL_S):
            try:
                _, status = self._lab.etcd(node).request(
                    "POST", "/v3/maintenance/status", {}, timeout_s=REQUEST_TIMEOUT_S
                )
                leads = status["leader"] == status["header"]["member_id"]
            except (LabError, KeyError, TypeError):
                continue  # a member that does not answer does not lead, as far as anyone can see
            term = int(status["raftTerm"])
            if leads and term > last:
                last = term
                self._seen(time.monotonic(), node, term)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(REQUEST_TIMEOUT_S + 6)
