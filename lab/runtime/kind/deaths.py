"""Which side containers have ended, as the daemon tells it.

A command that was started by `docker exec` may seem to run for ever when its container has died:
the daemon (seen with 20.10) does not always end its connection then.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import docker
import requests

from lab.runtime.docker.connection import connect, sdk_errors
from lab.runtime.kind.names import LAB, NODE
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Deaths:
    """Calls `died` with the node of each side container of a lab that ends."""

    def __init__(self, directory: Path, died: Callable[[str], None]) -> None:
        self._filters = {"event": "die", "label": f"{LAB}={directory}"}
        self._died = died
        self._stream: Any = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Watch from here on; do nothing where that is so already. Raises LabError."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            client = connect()
            with sdk_errors(sentence("kind-watching", "watching the agents")):
                self._stream = client.events(filters=self._filters, decode=True)
            self._thread = threading.Thread(target=self._run, args=(client, self._stream))
            self._thread.daemon = True
            self._thread.start()

    def _run(self, client: docker.APIClient, stream: Any) -> None:
        with (
            contextlib.closing(client),
            # the daemon has ended, or we have closed the stream
            contextlib.suppress(
                docker.errors.DockerException,
                docker.errors.StreamParseError,
                requests.RequestException,
                OSError,
            ),
        ):
            for event in stream:
                self._died(event["Actor"]["Attributes"].get(NODE, ""))

    def close(self) -> None:
        """Watch no more."""
        with self._lock:
            stream, thread = self._stream, self._thread
            self._stream = self._thread = None
        if stream is not None and thread is not None:
            with contextlib.suppress(OSError, AttributeError):
                stream.close()
            thread.join(5)
