"""An HTTPS server with client certificates that is out of order exactly when it was told to be.

Argument: JSON {port, pki, spans: [[kind, begin_s, end_s], ...]} in monotonic seconds. Prints
`ready`, and for each span one JSON line with the moments at which it was switched. `drop` is the
packet filter's: nothing is done here.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import sys
import time

SLOW_S = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
ANSWER = "HTTP/1.1 {} X\r\nContent-Length: 2\r\n\r\nok"


class Server:
    def __init__(self, config):
        self.port = config["port"]
        pki = config["pki"]
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=f"{pki}/ca.crt")
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.load_cert_chain(f"{pki}/server.crt", f"{pki}/server.key")
        self.mode = ""
        self.released = asyncio.Event()
        self.tasks = set()
        self.loop = asyncio.get_running_loop()

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=1000)
        self.listener.setblocking(False)
        self.loop.add_reader(self.listener, self.accept)

    def accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            if self.mode == "reset":
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                accepted.close()
                continue
            accepted.setblocking(False)
            # else an answer waits 40 ms for the client to acknowledge the end of the handshake
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = self.loop.create_task(self.serve(accepted))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def serve(self, accepted):
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await self.loop.connect_accepted_socket(
                lambda: protocol, accepted, ssl=self.context
            )
        except OSError:
            accepted.close()
            return
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                if not await self.answer(transport, accepted):
                    break
        except (OSError, EOFError):
            pass
        finally:
            transport.close()

    async def answer(self, transport, accepted):
        status = 200
        if self.mode == "reset":
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            transport.abort()
            return False
        if self.mode == "hang":
            await self.released.wait()
        elif self.mode == "slow":
            await asyncio.sleep(SLOW_S)
        elif self.mode == "5xx":
            status = 503
        transport.write(ANSWER.format(status).encode())
        return True

    def begin(self, kind):
        self.mode = kind
        self.released.clear()
        if kind == "closed":
            self.loop.remove_reader(self.listener)
            self.listener.close()

    def end(self, kind):
        self.mode = ""
        self.released.set()
        if kind == "closed":
            self.listen()

    async def switch(self, act, kind, at_s):
        await asyncio.sleep(max(0.0, at_s - time.monotonic()))
        before_s = time.monotonic()
        act(kind)
        return before_s, time.monotonic()


async def main():
    config = json.loads(sys.argv[1])
    server = Server(config)
    server.listen()
    print("ready", flush=True)
    for kind, begin_s, end_s in config["spans"]:
        begun = await server.switch(server.begin, kind, begin_s)
        # with the length that was asked for, even when it began late
        ended = await server.switch(server.end, kind, begun[1] + end_s - begin_s)
        print(json.dumps([kind, *begun, *ended]), flush=True)
    await asyncio.sleep(1000)


if __name__ == "__main__":
    asyncio.run(main())
