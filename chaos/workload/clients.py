"""The clients on one worker: the program, started through the agent there, read in a thread."""

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
from chaos.workload.program import process, stores, workload
from reports.history.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.lab import Lab

CONFIG = "workload.json"
# Beside their timeout, which the last operations may take: a busy machine's time.
END_SPARE_S = 10.0
STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class ClientsConfig:
    """What the program is told, as program/workload.py describes it."""

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
    # of its own, so that the file of clients that came before does not stop these
    stop: str = field(default_factory=lambda: f"stop.{uuid.uuid4().hex[:8]}")


def code_files() -> dict[str, bytes]:
    """Return the program as the files of a package of its own."""
    package = workload.__name__.split(".")[:-1]
    names = ["/".join(package[: depth + 1]) for depth in range(len(package))]
    files = {f"{name}/__init__.py": b"" for name in names}
    for module in (workload, process, stores):
        path = Path(str(module.__file__))
        files[f"{names[-1]}/{path.name}"] = path.read_bytes()
    return files


def operations_in(line: dict[str, Any], first_process: int = 0) -> list[Operation]:
    """Return the operations that a line of the program tells: of a list one for each key."""
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
    """Runs the program from entry to `finish`; `operation` gets each operation as it ends.

    `first_process`: what the numbers of its processes count from. `acknowledged` is the highest
    revision that any client was told.
    """

    def __init__(
        self,
        lab: Lab,
        worker: str,
        config: ClientsConfig,
        operation: Callable[[Operation], None],
        first_process: int = 0,
    ) -> None:
        self.acknowledged = 0
        self._agent = lab.agent(worker)
        self._python = lab.python
        self._config = config
        self._operation = operation
        self._first_process = first_process
        self._recorded: Counter[int] = Counter()
        self._sent: dict[int, int] | None = None
        self._stream: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._agent.put({**code_files(), CONFIG: json.dumps(asdict(self._config)).encode()})
        self._stream = self._agent.stream([self._python, "-m", workload.__name__, CONFIG]).channel
        self._thread = threading.Thread(target=self._read, args=(self._stream,), daemon=True)
        self._thread.start()
        return self

    def _read(self, stream: socket.socket) -> None:
        with stream.makefile("rb") as lines:
            for text in lines:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue  # a traceback of dying clients; what they did not tell is missed
                if "sent" in line:
                    sent = line["sent"].items()
                    self._sent = {self._first_process + int(one): count for one, count in sent}
                    continue
                found = operations_in(line, self._first_process)
                self._recorded[self._first_process + line["process"]] += line["op"] != "watch"
                self.acknowledged = max(self.acknowledged, line["revision"])
                for one in found:
                    self._operation(one)

    def wait_acknowledged(self, revision: int, timeout_s: float) -> None:
        """Wait until a revision above this one was told. Raises ChaosError."""
        until_s = time.monotonic() + timeout_s
        while self.acknowledged <= revision:
            if time.monotonic() > until_s:
                raise ChaosError(f"no client was served within {timeout_s:g} s")
            time.sleep(0.05)

    def finish(self) -> dict[int, int]:
        """Stop sending, wait for what is under way, and return what each process sent.

        Raises ChaosError, AgentError.
        """
        assert self._thread is not None
        timeout_s = self._config.timeout_s + END_SPARE_S
        self._agent.put({self._config.stop: b""})
        self._thread.join(timeout_s)
        if self._sent is None:
            raise ChaosError(f"the clients did not come to an end within {timeout_s:g} s")
        return self._sent

    def unrecorded(self) -> str:
        """Return "" when every operation that was sent is recorded, else of which process not.

        An operation that nobody recorded could be a write that nobody can explain.
        """
        recorded, sent = +self._recorded, self._sent or {}
        differing = [one for one in {**sent, **recorded} if sent.get(one, 0) != recorded[one]]
        return "; ".join(
            f"process {one} sent {sent.get(one, 0)} operations, {recorded[one]} were recorded"
            for one in differing
        )

    def __exit__(self, *_: object) -> None:
        if self._stream is not None and self._thread is not None:
            with contextlib.suppress(OSError):  # its agent is gone, and the clients with it
                self._stream.shutdown(socket.SHUT_RDWR)
            self._thread.join(STOP_TIMEOUT_S)
            self._stream.close()
