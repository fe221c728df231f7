"""Waits for sockets and timers, in one thread."""

from __future__ import annotations

import heapq
import itertools
import select
import time
from typing import Callable, Dict, List, Optional, Tuple

# Edge-triggered: a socket is registered once, and an idle connection costs nothing. A reader must
# therefore read until nothing is left before it waits.
EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
ENDED = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR


class Timer:
    """A callback at a moment, unless it is cancelled before."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Optional[Callable[[], None]] = callback

    def cancel(self) -> None:
        """Drop the callback."""
        self.callback = None


class Loop:
    """Calls back when a socket changes, or at a moment (monotonic seconds)."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._changed: Dict[int, Callable[[int], None]] = {}
        self._timers: List[Tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._stopped = False

    def call_at(self, at_s: float, callback: Callable[[], None]) -> Timer:
        """Call back once at a moment, or immediately when it has passed."""
        timer = Timer(callback)
        heapq.heappush(self._timers, (at_s, next(self._order), timer))
        return timer

    def watch(self, descriptor: int, changed: Callable[[int], None]) -> None:
        """Call back with the events of every change of a socket, until `forget`."""
        self._changed[descriptor] = changed
        self._epoll.register(descriptor, EVENTS)

    def forget(self, descriptor: int) -> None:
        """Stop watching a socket that is closed next; closing ends its registration."""
        self._changed.pop(descriptor, None)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped = True

    def run(self) -> None:
        """Wait and call back until stopped."""
        timers, changed = self._timers, self._changed
        while not self._stopped:
            while timers and timers[0][2].callback is None:
                heapq.heappop(timers)
            wait_s = max(0.0, timers[0][0] - time.monotonic()) if timers else None
            for descriptor, events in self._epoll.poll(wait_s):
                callback = changed.get(descriptor)
                if callback is not None:
                    callback(events)
            now_s = time.monotonic()
            while timers and timers[0][0] <= now_s:
                due = heapq.heappop(timers)[2].callback
                if due is not None:
                    due()
