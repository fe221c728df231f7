"""One connection: TCP, TLS over it where asked, HTTP/1.1 over both. Nothing in it blocks.

What takes time is a generator, which yields whenever it must wait for the other side. TLS works
on bytes in memory, for a socket of OpenSSL's own costs two system calls a record, and sends the
end of a handshake apart from the request.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, Optional

from chaos.probes.prober.answer import HEAD_END, MAX_HEAD_BYTES, Head, parse_head
from chaos.probes.prober.loop import ENDED

if TYPE_CHECKING:
    from chaos.probes.prober.loop import Loop

Steps = Generator[None, None, None]
# As much as a record of TLS holds at most: nothing is left inside OpenSSL.
RECEIVE_BYTES = 16384


def _nothing() -> None:
    """Nobody waits for this connection."""


class ConnectionTarget:
    """Where connections lead. One TLS context for all, without resumption: new is new."""

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
        self._names: Dict[bytes, str] = {}

    def common_name(self, connection: ssl.SSLObject) -> str:
        """Return who the other side is; each certificate is decoded once."""
        encoded = connection.getpeercert(True) or b""
        if encoded not in self._names:
            decoded: Any = connection.getpeercert() or {}
            subject = (pair for part in decoded.get("subject", ()) for pair in part)
            self._names[encoded] = next(
                (value for key, value in subject if key == "commonName"), ""
            )
        return self._names[encoded]


class Connection:
    """`wake` is called when the socket changed; `master` is who answers, "" if unknown."""

    def __init__(self, loop: Loop, endpoint: ConnectionTarget) -> None:
        self._loop = loop
        self._endpoint = endpoint
        self._socket = socket.socket(endpoint.family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._secure: Optional[ssl.SSLObject] = None
        self._received = bytearray()
        # whether there may be something to read, and whether the other side has ended
        self._readable = self._ended = False
        self.wake: Callable[[], None] = _nothing
        self.master = ""
        self.client_port = 0
        self.status = 0
        self.closes = False
        self.body = b""

    def open(self) -> Steps:
        """Connect and shake hands. Raises OSError (ssl.SSLError is one), EOFError.

        The last word of the handshake waits for the first request, or for `flush`.
        """
        plain, endpoint = self._socket, self._endpoint
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        address = (endpoint.host, endpoint.port)
        code = plain.connect_ex(address)
        self._loop.watch(plain.fileno(), self._stir)
        if code == errno.EINPROGRESS:
            code = plain.connect_ex(address)  # on one machine it is done by now
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
            yield from self._shake_hands(self._secure)
            self.master = endpoint.common_name(self._secure)

    def _shake_hands(self, secure: ssl.SSLObject) -> Steps:
        while True:
            try:
                secure.do_handshake()
            except ssl.SSLWantReadError:
                yield from self.flush()
                yield from self._fill()
            else:
                return

    def _stir(self, events: int) -> None:
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
        """Send what TLS has to say."""
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
        """Read the head of an answer; informational ones are passed over.

        Raises OSError, EOFError when the other side ends, ValueError for what is no HTTP.
        """
        while True:
            received = self._received
            while (end := received.find(HEAD_END)) < 0:
                if len(received) > MAX_HEAD_BYTES:
                    raise ValueError("an answer without an end of its head")
                yield from self._receive()
            head = parse_head(bytes(received[:end]))
            del received[: end + len(HEAD_END)]
            if head.status >= 200:
                self.status, self.closes = head.status, head.closes
                return head

    def exchange(self, request: bytes) -> Steps:
        """Send one request and read all of its answer: `status`, `closes` and `body`."""
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
        found = bytes(received[start:stop])
        del received[: stop + 2]
        return found

    def _rest(self) -> Steps:
        try:
            while True:
                self._received.clear()
                yield from self._receive()
        except EOFError:
            return

    def _receive(self) -> Steps:
        """Add to what was received. Raises EOFError when the other side has ended."""
        secure = self._secure
        if secure is None:
            self._received += yield from self._read()
            return
        if not self._incoming.pending:
            yield from self._fill()
        while True:
            try:
                found = secure.read(RECEIVE_BYTES)
            except ssl.SSLWantReadError:  # no whole record yet, or one of TLS's own
                yield from self.flush()
                yield from self._fill()
                continue
            if not found:
                raise EOFError("the other side said goodbye")
            self._received += found
            return

    def _fill(self) -> Steps:
        self._incoming.write((yield from self._read()))

    def _read(self) -> Generator[None, None, bytes]:
        while True:
            if not self._readable:
                yield
                continue
            try:
                found = self._socket.recv(RECEIVE_BYTES)
            except BlockingIOError:
                self._readable = False
                continue
            if not found:
                raise EOFError("the other side ended the connection")
            # less than there was room for: no more is there, and what comes is told (epoll(7))
            self._readable = self._ended or len(found) == RECEIVE_BYTES
            return found

    def abort(self) -> None:
        """Close it at once, without TLS's goodbye, as Python's own HTTP clients do."""
        self.wake = _nothing
        self._loop.forget(self._socket.fileno())
        self._socket.close()
