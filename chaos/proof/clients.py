"""The clients of a proof: the workload on a worker, started through its agent, read in a thread."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chaos.errors import ChaosError
from chaos.proof import process, stores, workload
from lab.access import NAMESPACE
from lab.plan import ETCD_CLIENT_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.lab import Lab

CLIENT = "worker-1"
PREFIX = "proof/"
RATE_HZ = 100.0
KEYS = 6
TIMEOUT_S = 2.0
# The last operations may take their timeout; a busy machine its time.
END_TIMEOUT_S = TIMEOUT_S + 10.0


def code_files() -> dict[str, bytes]:
    """Return the program as the files of a package of its own."""
    files = {"chaos/__init__.py": b"", "chaos/proof/__init__.py": b""}
    for module in (workload, process, stores):
        files[module.__name__.replace(".", "/") + ".py"] = Path(str(module.__file__)).read_bytes()
    return files


def etcd_of(lab: Lab) -> dict[str, Any]:
    """Return what the workload must know to ask the members of etcd directly."""
    members = {node.name: node.address for node in lab.plan.with_role("etcd")}
    return {"store": "etcd", "members": members, "port": ETCD_CLIENT_PORT, "prefix": PREFIX}


def kubernetes_of(lab: Lab, worker: str, prefix: str) -> dict[str, Any]:
    """Return what the workload must know to ask for ConfigMaps through a worker's proxy."""
    host, port = lab.plan.frontend(worker)
    store = {"store": "kubernetes", "members": {worker: host}, "port": port, "prefix": prefix}
    return {**store, "namespace": NAMESPACE}


def lines_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was said as lines of the history: of a list one for each key."""
    if "items" not in said:
        return [said]
    return [
        {**said, "key": key, "value": value, "mod_revision": mod_revision}
        for key, (value, mod_revision) in said["items"].items()
    ]


class Clients:
    """Runs the workload from entry to `finish`; `seen` gets each operation as it ends.

    `asked`: which store, and how it is reached; etcd's members where nothing is said.

    `acknowledged` is the highest revision that any client was told.
    """

    def __init__(
        self,
        lab: Lab,
        seed: int,
        seen: Callable[[dict[str, Any]], None],
        rate_hz: float = RATE_HZ,
        worker: str = CLIENT,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        self._lab = lab
        self._seed = seed
        self._rate_hz = rate_hz
        self._seen = seen
        self._agent = lab.agent(worker)
        self._asked = etcd_of(lab) if asked is None else asked
        self._stream: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._count = 0
        self._sent: int | None = None
        # no two of them write the same value, one after the other in one lab either
        self._label = uuid.uuid4().hex[:8]
        self._stop = f"stop.{self._label}"
        self.acknowledged = 0

    def __enter__(self) -> Self:
        config = {
            "pki": "pki",
            "user": "admin",
            "timeout_s": TIMEOUT_S,
            "rate_hz": self._rate_hz,
            "keys": KEYS,
            "label": f"{self._label}.",
            **self._asked,
            "seed": self._seed,
            "stop": self._stop,
        }
        self._agent.put({**code_files(), "workload.json": json.dumps(config).encode()})
        argv = [self._lab.python, "-m", workload.__name__, "workload.json"]
        self._stream = self._agent.stream(argv).channel
        self._thread = threading.Thread(target=self._read, args=(self._stream,), daemon=True)
        self._thread.start()
        return self

    def _read(self, stream: socket.socket) -> None:
        with stream.makefile("rb") as lines:
            for line in lines:
                try:
                    said = json.loads(line)
                except ValueError:
                    continue  # a traceback of dying clients; what they did not say is missed
                if "sent" in said:
                    self._sent = said["sent"]
                    continue
                self._count += said["op"] != "watch"
                self.acknowledged = max(self.acknowledged, said["revision"])
                for one in lines_of(said):
                    self._seen(one)

    def wait_acknowledged(self, revision: int, timeout_s: float) -> None:
        """Wait until a revision above this one was told. Raises ChaosError."""
        until_s = time.monotonic() + timeout_s
        while self.acknowledged <= revision:
            if time.monotonic() > until_s:
                raise ChaosError(f"no client was served within {timeout_s:g} s")
            time.sleep(0.05)

    def finish(self) -> None:
        """Stop sending and wait for what is under way; nothing may be missing. Raises ChaosError.

        An operation that nobody recorded could be a write that nobody can explain.
        """
        self._agent.put({self._stop: b""})
        assert self._thread is not None
        self._thread.join(END_TIMEOUT_S)
        if self._sent is None:
            raise ChaosError(f"the clients did not come to an end within {END_TIMEOUT_S:g} s")
        if self._sent != self._count:
            raise ChaosError(f"{self._sent} operations were sent, {self._count} were recorded")

    def __exit__(self, *_: object) -> None:
        if self._stream is not None and self._thread is not None:
            with contextlib.suppress(OSError):  # its agent is gone, and the clients with it
                self._stream.shutdown(socket.SHUT_RDWR)
            self._thread.join(5)
            self._stream.close()
