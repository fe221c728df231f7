"""The operations of a trial: clients of etcd itself, or of ConfigMaps through the workers."""

from __future__ import annotations

import contextlib
import re
import time
import uuid
from typing import TYPE_CHECKING, Self

from chaos.errors import ChaosError
from chaos.workload.clients import Clients, ClientsConfig
from chaos.workload.final_state import final_state_of
from lab.afterwards import entered
from lab.certificates import ETCD_USER
from lab.clients.etcd import hash_at
from lab.nodes import ETCD_CLIENT_PORT
from lab.rbac import NAMESPACE
from reports.history.events import ClientsBegin, ClientsEnd, OperationsSent
from reports.history.final_state import Version
from reports.locale.message import joined

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
# More processes than the clients of a worker have in a run: each worker has its own numbers.
PROCESSES = 1_000_000


def members_from(lab: Lab, observer: str) -> dict[str, HttpsEndpoint]:
    """Return every etcd member's endpoint as another node reaches it."""
    return {node.name: lab.etcd_from(observer, node.name) for node in lab.plan.with_role("etcd")}


class Operations:
    """Runs clients from entry to `finish`; together they send what is `planned`.

    Store etcd: from the first worker, through every member. Kubernetes: on every worker, through
    its frontend. `on_operation` gets each operation as it ends, `on_event` the beginning and the
    end of the clients; times are absolute monotonic seconds.
    """

    def __init__(
        self,
        lab: Lab,
        planned: OperationsRecord,
        chance: random.Random,
        on_operation: Callable[[Operation], None],
        on_event: Callable[[Event], None],
    ) -> None:
        plan = lab.plan
        workers = [node.name for node in plan.with_role("worker")]
        self._label = uuid.uuid4().hex[:8]
        self._on_event = on_event
        self._first = 1
        # masters write all the time
        self._busy = bool(plan.with_role("master"))
        self._endpoints = members_from(lab, workers[0])
        # no two trials write the same keys and values, not even in the same lab
        prefix = f"ops-{self._label}-"
        self._below = prefix
        if planned.store == "kubernetes":
            self._below = STORED_AT + prefix
            targets = {
                worker: ({worker: plan.frontend(worker)[0]}, plan.frontend(worker)[1])
                for worker in workers
            }
        else:
            members = {node.name: node.address for node in plan.with_role("etcd")}
            targets = {workers[0]: (members, ETCD_CLIENT_PORT)}
        self._clients = [
            Clients(
                lab,
                worker,
                ClientsConfig(
                    store=planned.store,
                    members=members,
                    port=port,
                    prefix=prefix,
                    label=f"{self._label}.{place}.",
                    rate_hz=planned.rate_hz / len(targets),
                    seed=chance.randrange(2**32),
                    keys=planned.keys,
                    timeout_s=planned.timeout_s,
                    namespace=NAMESPACE,
                    user=ETCD_USER if planned.store == "etcd" else "admin",
                ),
                on_operation,
                place * PROCESSES,
            )
            for place, (worker, (members, port)) in enumerate(targets.items())
        ]
        self._running = contextlib.ExitStack()

    @property
    def acknowledged(self) -> int:
        """The highest revision in any answer."""
        return max(clients.acknowledged for clients in self._clients)

    def __enter__(self) -> Self:
        self._first = 1 + hash_at(next(iter(self._endpoints.values())), 0)[0]
        with self._running:
            for clients in self._clients:
                self._running.enter_context(entered(clients))
                clients.wait_acknowledged(0, FIRST_ANSWER_TIMEOUT_S)
            self._running = self._running.pop_all()
        self._on_event(ClientsBegin(time.monotonic()))
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def finish(self) -> None:
        """Stop, wait for open operations, and record how many were sent; none may be missing.

        Raises ChaosError, AgentError.
        """
        sent = {str(process): n for c in self._clients for process, n in c.finish().items()}
        self._on_event(OperationsSent(time.monotonic(), sent))
        if missing := [part for clients in self._clients for part in clients.unrecorded()]:
            raise ChaosError(joined(*missing))
        self._on_event(ClientsEnd(time.monotonic()))

    def final_state(self) -> FinalState:
        """Read the final state of the store. Raises ChaosError, LabError."""
        return final_state_of(
            self._endpoints, self._below, self._first, busy=self._busy, version=self._version
        )

    def _version(self, key: str, stored: str, revision: int) -> Version:
        """Find the value in a stored object: nothing else in it has its form."""
        if not key.startswith(STORED_AT):
            return Version(key, stored, revision)
        match = re.search(rf"{self._label}\.\d+\.\d+", stored)
        value = match[0] if match else "an object without a value of this trial"
        return Version(key.removeprefix(STORED_AT), value, revision)
