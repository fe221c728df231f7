"""One connection: TCP, optionally TLS, and HTTP/1.1. Nothing in it blocks.

Steps that take time are generators, which yield whenever they must wait for the server. TLS works
on bytes in memory: an OpenSSL socket needs two system calls a record, and sends the end of the
handshake in a packet of its own.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, List, Optional

from chaos.probes.prober.answer import HEAD_END, MAX_HEAD_BYTES, Head, parse_head
from chaos.probes.prober.loop import ENDED

if TYPE_CHECKING:
    from chaos.probes.prober.loop import Loop

Steps = Generator[None, None, None]
# The largest TLS record: nothing is left inside OpenSSL after a read.
RECEIVE_BYTES = 16384


def _no_wake() -> None:
    """No task waits for this connection."""


class ConnectionTarget:
    """The server, and one TLS context for all connections, without session resumption."""

    def __init__(self, config: Dict[str, Any]) -> None:
        self.host, self.port = config["host"], config["port"]
        self.authority = config["authority"]
        self.family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self.name = ""
        self.context: Optional[ssl.SSLContext] = None
        tls = config["tls"]
        if tls is not None:
            self.name = tls["name"]
            self.context = ssl.create_default_context(cafile=tls["ca"] or None)
            if tls["cert"]:
                self.context.load_cert_chain(tls["cert"], tls["key"] or None)
        self._masters: Dict[str, str] = config["masters"]
        self._names: Dict[bytes, str] = {}

    def master(self, connection: ssl.SSLObject) -> str:
        """Return the node that the server's certificate is of; each certificate is decoded once."""
        encoded = connection.getpeercert(True) or b""
        if encoded not in self._names:
            names = names_in(connection.getpeercert() or {})
            known = [self._masters[name] for name in names if name in self._masters]
            self._names[encoded] = next(iter(known or names), "")
        return self._names[encoded]


def names_in(certificate: Dict[str, Any]) -> List[str]:
    """Return the names of a certificate as `getpeercert` describes it, its subject's first."""
    subject = (pair for part in certificate.get("subject", ()) for pair in part)
    names = [value for key, value in subject if key == "commonName"]
    return names + [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]


class HttpConnection:
    """`wake` is called when the socket changes; `master` is the server's name, "" if unknown."""

    def __init__(self, loop: Loop, endpoint: ConnectionTarget) -> None:
        self._loop = loop
        self._endpoint = endpoint
        self._socket = socket.socket(endpoint.family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._secure: Optional[ssl.SSLObject] = None
        self._received = bytearray()
        # whether there may be bytes to read, and whether the server has closed
        self._readable = self._ended = False
        self.wake: Callable[[], None] = _no_wake
        self.master = ""
        self.client_port = 0
        self.status = 0
        self.closes = False
        self.body = b""

    def open(self) -> Steps:
        """Connect and do the TLS handshake. Raises OSError (ssl.SSLError is one), EOFError.

        The last bytes of the handshake are sent with the first request, or by `flush`.
        """
        plain, endpoint = self._socket, self._endpoint
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        address = (endpoint.host, endpoint.port)
        code = plain.connect_ex(address)
        self._loop.watch(plain.fileno(), self._on_change)
        if code == errno.EINPROGRESS:
            code = plain.connect_ex(address)  # on the same machine it is connected by now
        while code in (errno.EINPROGRESS, errno.EALREADY):
            yield
            code = plain.connect_ex(address)
        if code:
            raise OSError(code, os.strerror(code))
        self.client_port = plain.getsockname()[1]
        if endpoint.context is not None:
            self._secure = endpoint.context.wrap_bio(
                self._incoming, self._outgoing, server_hostname=endpoint.name
            )
            yield from self._handshake(self._secure)
            self.master = endpoint.master(self._secure)

    def _handshake(self, secure: ssl.SSLObject) -> Steps:
        while True:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError:
                yield from self.flush()
                yield from self._fill()
            else:
                return

    def _on_change(self, events: int) -> None:
        self._readable = True
        self._ended = self._ended or bool(events & ENDED)
        self.wake()

    def ask(self, request: bytes) -> Steps:
        """Send a request. Raises OSError."""
        self.status = 0
        self._received.clear()
        if self._secure is None:
            yield from self._send(request)
        else:
            self._secure.write(request)
            yield from self.flush()

    def flush(self) -> Steps:
        """Send the bytes that TLS has ready."""
        if self._outgoing.pending:
            yield from self._send(self._outgoing.read())

    def _send(self, content: bytes) -> Steps:
        unsent = memoryview(content)
        while unsent:
            try:
                unsent = unsent[self._socket.send(unsent) :]
            except BlockingIOError:
                yield

    def head(self) -> Generator[None, None, Head]:
        """Read the head of an answer; informational ones are skipped.

        Raises OSError, EOFError when the server closes, ValueError for other protocols.
        """
        while True:
            received = self._received
            while (end := received.find(HEAD_END)) < 0:
                if len(received) > MAX_HEAD_BYTES:
                    raise ValueError("the head of the answer has no end")
                yield from self._receive()
            head = parse_head(bytes(received[:end]))
            del received[: end + len(HEAD_END)]
            if head.status >= 200:
                self.status, self.closes = head.status, head.closes
                return head

    def exchange(self, request: bytes) -> Steps:
        """Send a request and read its whole answer into `status`, `closes` and `body`."""
        yield from self.ask(request)
        head = yield from self.head()
        if head.chunked:
            self.body = b""
            while chunk := (yield from self.chunk()):
                self.body += chunk
        elif head.length is None:
            yield from self._rest()
        else:
            while len(self._received) < head.length:
                yield from self._receive()
            self.body = bytes(self._received[: head.length])

    def chunk(self) -> Generator[None, None, bytes]:
        """Read one chunk of a chunked body; b"" is the last one."""
        received = self._received
        while (end := received.find(b"\r\n")) < 0:
            yield from self._receive()
        start = end + 2
        stop = start + int(bytes(received[:end]).split(b";")[0], 16)
        while len(received) < stop + 2:
            yield from self._receive()
        content = bytes(received[start:stop])
        del received[: stop + 2]
        return content

    def _rest(self) -> Steps:
        try:
            while True:
                self._received.clear()
                yield from self._receive()
        except EOFError:
            return

    def _receive(self) -> Steps:
        """Receive more bytes. Raises EOFError when the server has closed."""
        secure = self._secure
        if secure is None:
            self._received += yield from self._read()
            return
        if not self._incoming.pending:
            yield from self._fill()
        while True:
            try:
                content = secure.read(RECEIVE_BYTES)
            except ssl.SSLWantReadError:  # no whole record yet, or one without content
                yield from self.flush()
                yield from self._fill()
                continue
            if not content:
                raise EOFError("the server closed TLS")
            self._received += content
            return

    def _fill(self) -> Steps:
        self._incoming.write((yield from self._read()))

    def _read(self) -> Generator[None, None, bytes]:
        while True:
            if not self._readable:
                yield
                continue
            try:
                content = self._socket.recv(RECEIVE_BYTES)
            except BlockingIOError:
                self._readable = False
                continue
            if not content:
                raise EOFError("the server closed the connection")
            # fewer bytes than asked for: nothing is left, and epoll reports what comes (epoll(7))
            self._readable = self._ended or len(content) == RECEIVE_BYTES
            return content

    def abort(self) -> None:
        """Close it at once, without the end of TLS, as Python's own HTTP clients do."""
        self.wake = _no_wake
        self._loop.forget(self._socket.fileno())
        self._socket.close()
