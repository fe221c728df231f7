"""An HTTPS server with client certificates that is out of order exactly when it was planned.

Argument: JSON {port, pki, slow_s, spans: [[kind, begin_s, end_s], ...]} in monotonic seconds.
Prints `ready`, and for each span one JSON line with the moments at which it was switched. `drop`
is the packet filter's: nothing is done here.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
ANSWER = "HTTP/1.1 {} X\r\nContent-Length: 2\r\n\r\nok"
# until it is killed
FOREVER_S = 1000


class Server:
    """A server whose `mode` is the kind of outage that it is in, "" for none."""

    def __init__(self, port: int, pki: str, slow_s: float) -> None:
        self._port = port
        self._slow_s = slow_s
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=f"{pki}/ca.crt")
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.load_cert_chain(f"{pki}/server.crt", f"{pki}/server.key")
        self._mode = ""
        self._released = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._listener = self._listen()

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self._port), backlog=1000)
        listener.setblocking(False)
        self._loop.add_reader(listener, self._accept, listener)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            if self._mode == "reset":
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                accepted.close()
                continue
            accepted.setblocking(False)
            # else an answer waits 40 ms for the client to acknowledge the end of the handshake
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self._loop.create_task(self._serve(accepted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, accepted: socket.socket) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: protocol, accepted, ssl=self._context
            )
        except OSError:
            accepted.close()
            return
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                if not await self._answer(transport, accepted):
                    break
        except (OSError, EOFError):
            pass
        finally:
            transport.close()

    async def _answer(self, transport: asyncio.Transport, accepted: socket.socket) -> bool:
        status = 200
        if self._mode == "reset":
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            transport.abort()
            return False
        if self._mode == "hang":
            await self._released.wait()
        elif self._mode == "slow":
            await asyncio.sleep(self._slow_s)
        elif self._mode == "5xx":
            status = 503
        transport.write(ANSWER.format(status).encode())
        return True

    def begin(self, kind: str) -> None:
        """Begin an outage."""
        self._mode = kind
        self._released.clear()
        if kind == "closed":
            self._loop.remove_reader(self._listener)
            self._listener.close()

    def end(self, kind: str) -> None:
        """End it."""
        self._mode = ""
        self._released.set()
        if kind == "closed":
            self._listener = self._listen()


async def switch(act: Callable[[str], None], kind: str, at_s: float) -> tuple[float, float]:
    """Begin or end an outage at a moment; return the moments before and after."""
    await asyncio.sleep(max(0.0, at_s - time.monotonic()))
    before_s = time.monotonic()
    act(kind)
    return before_s, time.monotonic()


async def main() -> None:
    """Serve, and be out of order as planned."""
    config = json.loads(sys.argv[1])
    server = Server(config["port"], config["pki"], config["slow_s"])
    print("ready", flush=True)
    for kind, begin_s, end_s in config["spans"]:
        begun = await switch(server.begin, kind, begin_s)
        # with the length that was asked for, even when it began late
        ended = await switch(server.end, kind, begun[1] + end_s - begin_s)
        print(json.dumps([kind, *begun, *ended]), flush=True)
    await asyncio.sleep(FOREVER_S)


if __name__ == "__main__":
    asyncio.run(main())
