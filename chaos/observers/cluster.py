"""Watches nodes and leases while a trial runs, open loop; one master that answers is enough.

Every master is asked directly, through its own node, by a thread of its own: a master that hangs
delays no other. The newest answer that came in time is the state.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from chaos.observers.states import (
    ASK_TIMEOUT_S,
    PERIOD_S,
    answer_from,
    facts_of,
    newest,
    samples_of,
)
from lab.clients.kept_connections import KeptConnections
from lab.clients.kubernetes import LEASES, NODES
from lab.errors import LabError
from reports.locale.message import joined, message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaos.observers.states import Answer
    from lab.lab import Lab
    from reports.history.events import Event
    from reports.history.samples import Sample
    from reports.locale.message import Message


def ask_master(
    master: str, connection: KeptConnections, paths: dict[str, str], names: Mapping[str, str]
) -> Answer | None:
    """Ask one master; None when it does not give a whole answer.

    `names`: the names of nodes, by those that they have in the cluster.
    """
    asked_s, lists = time.monotonic(), {}
    for name, path in paths.items():
        try:
            status, lists[name] = connection.get(path, ASK_TIMEOUT_S)
        except LabError:
            return None
        if status != 200:
            return None
    times_s = (asked_s, time.monotonic(), time.time())
    try:
        return answer_from(master, times_s, lists, names)
    except (LookupError, TypeError, ValueError):
        return None  # not the list that was asked for


class ClusterWatch:
    """`sample` gets each sample, `event` each change of a state, in absolute monotonic seconds."""

    def __init__(
        self, lab: Lab, sample: Callable[[Sample], None], event: Callable[[Event], None]
    ) -> None:
        self._plan = lab.plan
        self._sample = sample
        self._event = event
        self._paths = {"leases": LEASES} | ({"nodes": NODES} if lab.plan.kubelet_nodes else {})
        self._connections = {
            node.name: KeptConnections(lab.apiserver(node.name))
            for node in lab.plan.with_role("master")
        }
        self._changed = threading.Condition()
        self._answers: dict[int, dict[str, Answer | None]] = {}
        self._closed = -1
        self._stop = threading.Event()
        self._reported: dict[tuple[str, str], Event] = {}
        self._last: list[Sample] | None = None
        self._threads: list[threading.Thread] = []
        self._zero_s = 0.0
        self._since_s = 0.0

    def __enter__(self) -> Self:
        # a moment away, so that the first question is on the schedule too
        self._zero_s = time.monotonic() + 0.1
        loops: list[tuple[Callable[..., None], tuple[str, ...]]] = [
            (self._ask, (master,)) for master in self._connections
        ]
        for loop, arguments in [*loops, (self._collect, ())] if loops else []:
            thread = threading.Thread(target=loop, args=arguments, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(ASK_TIMEOUT_S + 6)

    def report_states_again(self, since_s: float) -> None:
        """Report every state once more, for a history that begins at a monotonic time."""
        with self._changed:
            self._since_s = since_s
            self._reported.clear()

    def unsettled(self) -> Message | None:
        """Return the evidence against the states that were observed last; None when all are met."""
        if not self._connections:
            return None
        if self._last is None:
            return message("no-states-yet")
        unmet = [
            message("state-unmet", probe=state.probe, about=state.worker, error=state.error)
            for state in self._last
            if state.outcome != "ok"
        ]
        return joined(*unmet) if unmet else None

    def _ask(self, master: str) -> None:
        connection, number = self._connections[master], -1
        while True:
            # the questions that came due while this master hung are answered by the others
            due = math.ceil((time.monotonic() - self._zero_s) / PERIOD_S)
            number = max(number + 1, due)
            if self._stop.wait(self._zero_s + number * PERIOD_S - time.monotonic()):
                connection.close()
                return
            answer = ask_master(master, connection, self._paths, self._plan.names)
            with self._changed:
                if number > self._closed:
                    self._answers.setdefault(number, {})[master] = answer
                    self._changed.notify_all()

    def _collect(self) -> None:
        for number in itertools.count():
            scheduled_s = self._zero_s + number * PERIOD_S
            answers = self._wait_answers(number, scheduled_s + ASK_TIMEOUT_S)
            if self._stop.is_set():
                return
            answer = newest(answers.values())
            self._last = samples_of(self._plan, scheduled_s, answer)
            for sample in self._last:
                self._sample(sample)
            if answer is not None:
                self._report_changes(answer)

    def _wait_answers(self, number: int, until_s: float) -> dict[str, Answer | None]:
        """Wait for every master's answer, but not longer than an answer may take."""

        def complete() -> bool:
            answered = len(self._answers.get(number, {}))
            return self._stop.is_set() or answered == len(self._connections)

        with self._changed:
            self._changed.wait_for(complete, max(0.0, until_s - time.monotonic()))
            self._closed = number
            return self._answers.pop(number, {})

    def _report_changes(self, answer: Answer) -> None:
        for about, event in facts_of(answer).items():
            state = replace(event, t_s=0.0)
            with self._changed:
                # an answer that is older than the history is not part of it
                changed = answer.answered_s >= self._since_s and self._reported.get(about) != state
                if changed:
                    self._reported[about] = state
            if changed:
                self._event(event)
