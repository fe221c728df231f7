"""One HTTPS request through an agent's relay. No retries."""

from __future__ import annotations

import http.client
import json
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from lab.clients.agent import AgentClient


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, seen from which node, and as whom."""

    agent: AgentClient
    host: str
    port: int
    pki: Path
    user: str

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        timeout_s: float = 5.0,
        content_type: str = "application/json",
    ) -> tuple[int, Any]:
        """Return status and decoded JSON (text when it is not JSON). Raises LabError."""
        with self._response(method, path, body, timeout_s, content_type) as response:
            text = response.read().decode(errors="replace")
        try:
            return response.status, json.loads(text)
        except json.JSONDecodeError:
            return response.status, text

    def lines(self, method: str, path: str, body: Any, timeout_s: float) -> Iterator[bytes]:
        """Yield the lines of an answer that may have no end. Raises LabError."""
        with self._response(method, path, body, timeout_s, "application/json") as response:
            while line := response.readline():
                yield line

    @contextmanager
    def _response(
        self, method: str, path: str, body: Any, timeout_s: float, content_type: str
    ) -> Iterator[http.client.HTTPResponse]:
        context = ssl.create_default_context(cafile=str(self.pki / "ca.crt"))
        context.load_cert_chain(self.pki / f"{self.user}.crt", self.pki / f"{self.user}.key")
        data = None if body is None else json.dumps(body).encode()
        try:
            with self.agent.relay(self.host, self.port) as raw:
                raw.settimeout(timeout_s)
                with context.wrap_socket(raw, server_hostname=self.host) as secure:
                    yield _exchange(secure, method, path, data, content_type)
        except (OSError, http.client.HTTPException) as error:
            place = f"{self.host}:{self.port}"
            raise LabError(f"{method} https://{place}{path}: {error!r}") from error


def _exchange(
    secure: socket.socket, method: str, path: str, data: bytes | None, content_type: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("lab")
    connection.sock = secure
    connection.request(method, path, data, {"Content-Type": content_type, "Connection": "close"})
    return connection.getresponse()
