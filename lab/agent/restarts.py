"""When an agent that has died is started again: at once, then later each time, then never."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import Callable, Dict, List, Optional

from lab.agent.refusal import RefusalError

# How long an agent has to live for its death not to be one in a row.
STEADY_S = 10.0
# Pauses before the starts that follow deaths in a row; the death after the last one is the end.
PAUSES_S = (0.0, 0.2, 0.5, 1.0, 2.0)


def given_up_reason(node: str) -> RefusalError:
    """Return what clients of an agent that was given up are answered."""
    return RefusalError(
        "agent-given-up",
        "the agent of {node} has died {count} times in a row, each time within {steady_s:g} s of "
        "its start, and is given up: this lab can only be taken down",
        node=node,
        count=len(PAUSES_S) + 1,
        steady_s=STEADY_S,
    )


def _log(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


class Restarts:
    """The agents of a process that holds nodes.

    `start` starts a node's agent and returns its pid, or raises OSError. `remove` kills what an
    agent that has died has left on its node, or raises OSError. `give_up` is called once for a node
    whose agent always dies.

    The lab ends with this process: nothing that is used up (descriptors, threads, disk) ends it.
    """

    def __init__(
        self,
        start: Callable[[str], int],
        remove: Callable[[str], None],
        give_up: Callable[[str], None],
    ) -> None:
        self._start = start
        self._remove = remove
        self._give_up = give_up
        self._nodes: Dict[int, str] = {}  # by the pids of their agents
        self._started_s: Dict[str, float] = {}
        self._deaths: Dict[str, int] = {}  # in a row
        self._due_s: Dict[str, float] = {}

    def start(self, node: str) -> None:
        """Start a node's agent for the first time. Raises OSError."""
        self._started_s[node] = time.monotonic()
        self._nodes[self._start(node)] = node

    def ended(self, pid: int) -> None:
        """Note the end of a process, which may be an agent."""
        node = self._nodes.pop(pid, None)
        if node is not None:
            self._died(node)

    def _died(self, node: str) -> None:
        with contextlib.suppress(
            OSError
        ):  # no descriptor is left: it is tried again before a start
            self._remove(node)
        now_s = time.monotonic()
        steady = now_s - self._started_s[node] >= STEADY_S
        deaths = self._deaths[node] = 1 if steady else self._deaths.get(node, 0) + 1
        if deaths <= len(PAUSES_S):
            self._due_s[node] = now_s + PAUSES_S[deaths - 1]
        else:
            _log(str(given_up_reason(node)))
            with contextlib.suppress(OSError, RuntimeError):
                self._give_up(node)

    def run_due(self) -> Optional[float]:
        """Start the agents whose pause is over; return the seconds until the next one is due."""
        for node in self._over():
            del self._due_s[node]
            try:
                self._remove(node)
                self.start(node)
            except OSError as error:
                _log(f"the agent of {node} cannot be started: {error}")
                self._died(node)
        if not self._due_s:
            return None
        return max(0.0, min(self._due_s.values()) - time.monotonic())

    def _over(self) -> List[str]:
        now_s = time.monotonic()
        return [node for node, due_s in self._due_s.items() if due_s <= now_s]
