"""A trial's own operations: clients of etcd itself, or of ConfigMaps through workers' proxies."""

from __future__ import annotations

import contextlib
import re
import time
import uuid
from typing import TYPE_CHECKING, Self

from chaos.errors import ChaosError
from chaos.workload.clients import Clients, ClientsConfig
from chaos.workload.ending import final_state
from lab.clients.etcd import hash_at
from lab.nodes import ETCD_CLIENT_PORT
from lab.rbac import NAMESPACE
from reports.history.events import ClientsBegin, ClientsEnd, OperationsSent
from reports.history.final_state import Version

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from lab.clients.https import HttpsEndpoint
    from lab.lab import Lab
    from reports.history.events import Event
    from reports.history.final_state import FinalState
    from reports.history.operations import Operation
    from reports.history.schema import OperationsRecord

# Where kube-apiserver keeps ConfigMaps; it is the default of --etcd-prefix.
STORED_AT = f"/registry/configmaps/{NAMESPACE}/"
FIRST_ANSWER_TIMEOUT_S = 20.0
# Numbers of processes are a worker's own; a run does not use so many.
PROCESSES = 1_000_000


def members_from(lab: Lab, viewer: str) -> dict[str, HttpsEndpoint]:
    """Return every etcd member as another node sees it."""
    return {node.name: lab.etcd_from(viewer, node.name) for node in lab.plan.with_role("etcd")}


class Operations:
    """Runs clients from entry to `finish`; together they send what is `asked`.

    Of etcd: from the first worker, through every member. Of Kubernetes: on every worker, through
    what stands at its frontend. `operation` gets each operation as it ends, `event` what happens
    to the clients, both in absolute monotonic seconds.
    """

    def __init__(
        self,
        lab: Lab,
        asked: OperationsRecord,
        chance: random.Random,
        operation: Callable[[Operation], None],
        event: Callable[[Event], None],
    ) -> None:
        plan = lab.plan
        workers = [node.name for node in plan.with_role("worker")]
        self._label = uuid.uuid4().hex[:8]
        self._event = event
        self._first = 1
        # others write too where there are masters
        self._busy = bool(plan.with_role("master"))
        self._endpoints = members_from(lab, workers[0])
        # no two trials write the same keys and values, one after the other in one lab either
        prefix = f"ops-{self._label}-"
        self._below = prefix
        if asked.store == "kubernetes":
            self._below = STORED_AT + prefix
            reached = {
                one: ({one: plan.frontend(one)[0]}, plan.frontend(one)[1]) for one in workers
            }
        else:
            members = {node.name: node.address for node in plan.with_role("etcd")}
            reached = {workers[0]: (members, ETCD_CLIENT_PORT)}
        self._clients = [
            Clients(
                lab,
                worker,
                ClientsConfig(
                    store=asked.store,
                    members=members,
                    port=port,
                    prefix=prefix,
                    label=f"{self._label}.{place}.",
                    rate_hz=asked.rate_hz / len(reached),
                    seed=chance.randrange(2**32),
                    keys=asked.keys,
                    timeout_s=asked.timeout_s,
                    namespace=NAMESPACE,
                ),
                operation,
                place * PROCESSES,
            )
            for place, (worker, (members, port)) in enumerate(reached.items())
        ]
        self._running = contextlib.ExitStack()

    @property
    def acknowledged(self) -> int:
        """The highest revision that any client was told."""
        return max(clients.acknowledged for clients in self._clients)

    def __enter__(self) -> Self:
        self._first = 1 + hash_at(next(iter(self._endpoints.values())), 0)[0]
        with self._running:
            for clients in self._clients:
                self._running.enter_context(clients)
                clients.wait_acknowledged(0, FIRST_ANSWER_TIMEOUT_S)
            self._running = self._running.pop_all()
        self._event(ClientsBegin(time.monotonic()))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def finish(self) -> None:
        """Stop, wait for what is under way, and record what was sent; nothing may be missing.

        Raises ChaosError, AgentError.
        """
        sent = {str(one): n for each in self._clients for one, n in each.finish().items()}
        self._event(OperationsSent(time.monotonic(), sent))
        if missing := "; ".join(filter(None, (each.unrecorded() for each in self._clients))):
            raise ChaosError(missing)
        self._event(ClientsEnd(time.monotonic()))

    def final(self) -> FinalState:
        """Read what is there in the end. Raises ChaosError, LabError."""
        return final_state(
            self._endpoints, self._below, self._first, busy=self._busy, version=self._version
        )

    def _version(self, key: str, stored: str, revision: int) -> Version:
        """Find the value in a stored object: nothing else in it looks like it."""
        if not key.startswith(STORED_AT):
            return Version(key, stored, revision)
        match = re.search(rf"{self._label}\.\d+\.\d+", stored)
        value = match[0] if match else f"an object without a value of ours, {len(stored)} long"
        return Version(key.removeprefix(STORED_AT), value, revision)
