"""Work for each of several nodes, side by side, so that a node that hangs delays no other."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class NodeThreads:
    """Runs `work(node, stop)` in a thread for each node from entry to exit, where `stop` is set.

    Exit waits `join_timeout_s` for all of them together; a thread that hangs longer ends alone.
    """

    def __init__(
        self,
        nodes: Iterable[str],
        work: Callable[[str, threading.Event], None],
        join_timeout_s: float,
    ) -> None:
        self._stop = threading.Event()
        self._join_timeout_s = join_timeout_s
        self._threads = [
            threading.Thread(target=work, args=(node, self._stop), daemon=True) for node in nodes
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        until_s = time.monotonic() + self._join_timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))
