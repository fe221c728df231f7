"""HTTPS requests through an agent's relay, each on a connection of its own. No retries."""

from __future__ import annotations

import functools
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import LabError
from lab.sentence import sentence

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab.sentence import Sentence


def decoded(text: str) -> Any:
    """Return the value of a JSON text, or the text itself when it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def failed(method: str, url: str, error: Exception) -> Sentence:
    """Return the sentence of a request that got no answer."""
    return sentence(
        "request-failed", "{method} {url}: {error}", method=method, url=url, error=repr(error)
    )


def refused(method: str, url: str, status: int, answer: Any) -> Sentence:
    """Return the sentence of an answer with another status than was wanted."""
    return sentence(
        "request-refused",
        "{method} {url}: {status} {answer}",
        method=method,
        url=url,
        status=status,
        answer=str(answer),
    )


def http_over(secure: socket.socket) -> http.client.HTTPConnection:
    """Return an HTTP connection over a connection that is open."""
    connection = http.client.HTTPConnection("lab")
    connection.sock = secure
    return connection


@dataclass(frozen=True)
class HttpsEndpoint:
    """A server, as a node sees it, and the user who asks it.

    `relay`: opens a TCP connection to a host and port inside the node's network.
    `name`: that of the server in its certificate, "" where it is the host.
    """

    relay: Callable[[str, int], socket.socket]
    host: str
    port: int
    pki: Path
    user: str
    name: str = ""

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        timeout_s: float = 5.0,
        content_type: str = "application/json",
    ) -> tuple[int, Any]:
        """Return status and decoded JSON (text when it is not JSON). Raises LabError."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with self.connect(timeout_s) as secure:
                response = _ask(secure, method, path, data, content_type)
                text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise LabError(failed(method, f"{self.url}{path}", error)) from error
        return response.status, decoded(text)

    def lines(self, path: str, body: Any, timeout_s: float) -> Iterator[bytes]:
        """Post, and yield the lines of an endless answer. Raises LabError."""
        data = json.dumps(body).encode()
        try:
            with self.connect(timeout_s) as secure:
                response = _ask(secure, "POST", path, data, "application/json")
                while line := response.readline():
                    yield line
        except (OSError, http.client.HTTPException) as error:
            raise LabError(failed("POST", f"{self.url}{path}", error)) from error

    @property
    def url(self) -> str:
        """The address, for messages."""
        return f"https://{self.host}:{self.port}"

    def connect(self, timeout_s: float) -> ssl.SSLSocket:
        """Open a connection and shake hands. Raises LabError, OSError."""
        issued_ns = (self.pki / f"{self.user}.crt").stat().st_mtime_ns
        context = _context(self.pki, self.user, issued_ns)
        raw = self.relay(self.host, self.port)
        try:
            raw.settimeout(timeout_s)
            return context.wrap_socket(raw, server_hostname=self.name or self.host)
        except BaseException:
            raw.close()
            raise


@functools.lru_cache(maxsize=64)
def _context(pki: Path, user: str, issued_ns: int) -> ssl.SSLContext:
    """Return a user's context; reading its files takes longer than a handshake.

    `issued_ns` distinguishes certificates that were written to the same path one after the other.
    """
    assert issued_ns
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / f"{user}.crt", pki / f"{user}.key")
    return context


def _ask(
    secure: socket.socket, method: str, path: str, data: bytes | None, content_type: str
) -> http.client.HTTPResponse:
    connection = http_over(secure)
    connection.request(method, path, data, {"Content-Type": content_type, "Connection": "close"})
    return connection.getresponse()
