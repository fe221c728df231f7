"""The clients on a worker: their program, started through the agent and read in a thread."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from chaos.errors import ChaosError
from chaos.node_program import node_argv, zipped
from chaos.workload.program import workload
from reports.history.operations import Operation
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.lab import Lab
    from reports.locale.message import Message

CLIENTS_FILE, CLIENTS_CONFIG_FILE = "workload.pyz", "workload.json"
# Beyond the timeout of the last operations: time for a busy machine.
END_SPARE_S = 10.0
STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class ClientsConfig:
    """The program's configuration, as program/workload.py describes it."""

    store: Literal["etcd", "kubernetes"]
    members: dict[str, str]
    port: int
    prefix: str
    label: str
    rate_hz: float
    seed: int
    keys: int
    timeout_s: float
    namespace: str = ""
    pki: str = "pki"
    user: str = "admin"
    # a new name, so that the file of earlier clients does not stop these
    stop: str = field(default_factory=lambda: f"stop.{uuid.uuid4().hex[:8]}")


def packed_clients() -> bytes:
    """Return the program as a file that any node can run; its argument is its configuration."""
    return zipped(workload.__name__, Path(workload.__file__).parent.glob("*.py"))


def operations_in(line: dict[str, Any], first_process: int = 0) -> list[Operation]:
    """Return the operations of a line of the program: one for each key of a list."""
    items = line.get("items", {line["key"]: (line["value"], line["mod_revision"])})
    return [
        Operation(
            process=first_process + line["process"],
            op=line["op"],
            key=key,
            value=value,
            invoke_s=line["invoke_s"],
            complete_s=line["complete_s"],
            outcome=line["outcome"],
            revision=line["revision"],
            mod_revision=mod_revision,
            via=line["via"],
            stale=line["stale"],
        )
        for key, (value, mod_revision) in items.items()
    ]


class Clients:
    """Runs the program from entry to `finish`; `on_operation` gets each operation as it ends.

    `first_process`: added to the numbers of its processes. `acknowledged`: the highest revision
    in any answer.
    """

    def __init__(
        self,
        lab: Lab,
        worker: str,
        config: ClientsConfig,
        on_operation: Callable[[Operation], None],
        first_process: int = 0,
    ) -> None:
        self.acknowledged = 0
        self._agent = lab.agent(worker)
        self._python = lab.python
        self._config = config
        self._on_operation = on_operation
        self._first_process = first_process
        self._recorded: Counter[int] = Counter()
        self._sent: dict[int, int] | None = None
        self._stream: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        config = json.dumps(asdict(self._config)).encode()
        self._agent.put({CLIENTS_FILE: packed_clients(), CLIENTS_CONFIG_FILE: config})
        command = node_argv(self._python, CLIENTS_FILE, CLIENTS_CONFIG_FILE)
        self._stream = self._agent.stream(command).channel
        self._thread = threading.Thread(target=self._read, args=(self._stream,), daemon=True)
        self._thread.start()
        return self

    def _read(self, stream: socket.socket) -> None:
        # a channel that breaks is an end like any other: what it did not bring is missed
        with contextlib.suppress(OSError), stream.makefile("rb") as lines:
            for text in lines:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue  # a traceback of failing clients; missing operations are noticed
                if "sent" in line:
                    sent = line["sent"].items()
                    self._sent = {self._first_process + int(number): n for number, n in sent}
                    continue
                self._recorded[self._first_process + line["process"]] += 1
                self.acknowledged = max(self.acknowledged, line["revision"])
                for operation in operations_in(line, self._first_process):
                    self._on_operation(operation)

    def wait_acknowledged(self, revision: int, timeout_s: float) -> None:
        """Wait until an answer has a higher revision. Raises ChaosError."""
        until_s = time.monotonic() + timeout_s
        while self.acknowledged <= revision:
            if time.monotonic() > until_s:
                raise ChaosError(message("no-client-served", timeout_s=timeout_s))
            time.sleep(0.05)

    def finish(self) -> dict[int, int]:
        """Stop sending, wait for open operations, and return how many each process sent.

        Raises ChaosError, AgentError.
        """
        assert self._thread is not None
        timeout_s = self._config.timeout_s + END_SPARE_S
        self._agent.put({self._config.stop: b""})
        self._thread.join(timeout_s)
        if self._sent is None:
            raise ChaosError(message("clients-did-not-end", timeout_s=timeout_s))
        return self._sent

    def unrecorded(self) -> list[Message]:
        """Return the processes whose operations are not all recorded.

        A missing operation could be a write whose version nobody could explain.
        """
        recorded, sent = +self._recorded, self._sent or {}
        return [
            message(
                "operations-missing",
                process=number,
                sent=sent.get(number, 0),
                recorded=recorded[number],
            )
            for number in {**sent, **recorded}
            if sent.get(number, 0) != recorded[number]
        ]

    def __exit__(self, *_: object) -> None:
        if self._stream is not None and self._thread is not None:
            with contextlib.suppress(OSError):  # the agent is gone, and the clients with it
                self._stream.shutdown(socket.SHUT_RDWR)
            self._thread.join(STOP_TIMEOUT_S)
            self._stream.close()
