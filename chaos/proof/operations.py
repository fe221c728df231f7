"""The workload of a proof: started through the client's agent, read in a thread."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chaos.probes import etcd_ops, prober
from lab.plan import ETCD_CLIENT_PORT
from reports.history.ops import Op

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.lab import Lab

PREFIX = "halab/"
# etcd answers a proposal that cannot be committed after 5 s and two election timeouts.
TIMEOUT_S = 4.0
# The packages' own names, so that the one program finds the other on the node.
PACKAGES = ("chaos/__init__.py", "chaos/probes/__init__.py")


class Operations:
    """All operations on a cluster while the block runs; `seen` gets each, in absolute seconds."""

    def __init__(
        self, lab: Lab, client: str, rate_hz: float, keys: int, seen: Callable[[Op], None]
    ) -> None:
        self._agent = lab.agent(client)
        self._config = {
            "members": {node.name: node.address for node in lab.plan.with_role("etcd")},
            "port": ETCD_CLIENT_PORT,
            "pki": "pki",
            "user": "admin",
            "timeout_s": TIMEOUT_S,
            "rate_hz": rate_hz,
            "keys": keys,
            "prefix": PREFIX,
        }
        self._seen = seen
        self._stream: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        files = [Path(prober.__file__), Path(etcd_ops.__file__)]
        programs = {f"chaos/probes/{file.name}": file.read_bytes() for file in files}
        config = {"ops.json": json.dumps(self._config).encode()}
        self._agent.put({**dict.fromkeys(PACKAGES, b""), **programs, **config})
        argv = [sys.executable, "-m", etcd_ops.__name__, "ops.json"]
        self._stream = self._agent.stream(argv).channel
        self._thread = threading.Thread(target=self._read, args=(self._stream,), daemon=True)
        self._thread.start()
        return self

    def _read(self, stream: socket.socket) -> None:
        with stream.makefile("rb") as lines:
            for line in lines:
                try:
                    op = Op(**json.loads(line))
                except (ValueError, TypeError):
                    continue  # a traceback of a dying program; too few operations are noticed
                self._seen(op)

    def __exit__(self, *_: object) -> None:
        if self._stream is None or self._thread is None:
            return
        with contextlib.suppress(OSError):  # its agent is gone, and the program with it
            self._stream.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._stream.close()
