"""A trial's own operations: ConfigMaps written, read and watched through every worker's proxy."""

from __future__ import annotations

import contextlib
import re
import uuid
from typing import TYPE_CHECKING, Any, Self

from chaos.proof.clients import CLIENT, Clients, kubernetes_of
from chaos.proof.ending import compare_members, last_writes
from lab.access import NAMESPACE
from lab.clients.etcd import hash_at, newest, versions
from reports.history.final import FinalState, Version

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from lab.lab import Lab

# Where kube-apiserver keeps them; it is the default of --etcd-prefix.
STORED_AT = f"/registry/configmaps/{NAMESPACE}/"
FIRST_ANSWER_TIMEOUT_S = 20.0
# Numbers of processes are a worker's own; a run does not use so many.
PROCESSES = 1_000_000


class Operations:
    """Runs clients on every worker from entry to `finish`; together they send `rate_hz`.

    `seen` gets each operation as it ends, in absolute monotonic seconds.
    """

    def __init__(
        self,
        lab: Lab,
        rate_hz: float,
        chance: random.Random,
        seen: Callable[[dict[str, Any]], None],
    ) -> None:
        self._lab = lab
        self._seen = seen
        self._label = uuid.uuid4().hex[:8]
        self._prefix = f"ops-{self._label}-"
        members = [node.name for node in lab.plan.with_role("etcd")]
        self._endpoints = {name: lab.etcd_from(CLIENT, name) for name in members}
        self._first = 0
        self._workers = [node.name for node in lab.plan.with_role("worker")]
        self._clients = [
            Clients(
                lab,
                chance.randrange(2**32),
                self._numbered(place),
                rate_hz / len(self._workers),
                worker,
                {
                    **kubernetes_of(lab, worker, self._prefix),
                    "label": f"{self._label}.{place}.",
                },
            )
            for place, worker in enumerate(self._workers)
        ]
        self._running = contextlib.ExitStack()

    def _numbered(self, place: int) -> Callable[[dict[str, Any]], None]:
        def seen(said: dict[str, Any]) -> None:
            self._seen({**said, "process": place * PROCESSES + said["process"]})

        return seen

    def __enter__(self) -> Self:
        self._first = 1 + hash_at(next(iter(self._endpoints.values())), 0)[0]
        with self._running:
            for clients in self._clients:
                self._running.enter_context(clients)
                clients.wait_acknowledged(0, FIRST_ANSWER_TIMEOUT_S)
            self._running = self._running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def finish(self) -> FinalState:
        """Stop, wait for what is under way, and read what is there. Raises ChaosError, LabError."""
        for clients in self._clients:
            clients.finish()
        states = last_writes(self._endpoints)
        witness = self._endpoints[next(one for one, it in states.items() if not it.last_write)]
        below = STORED_AT + self._prefix
        last = newest(witness, below)
        found = versions(witness, below, last, self._first)
        # leases are renewed all the time: members can be compared at one revision only
        compare_members(self._endpoints, states, last)
        return FinalState(
            members=states, compacted=0, versions=[self._version(*one) for one in found]
        )

    def _version(self, key: str, stored: str, revision: int) -> Version:
        """Find the value in a stored object: nothing else in it looks like it."""
        match = re.search(rf"{self._label}\.\d+\.\d+", stored)
        value = match[0] if match else f"an object without a value of ours, {len(stored)} long"
        return Version(key.removeprefix(STORED_AT), value, revision)
