"""A client of a store: its number, and its HTTP/1.1 connection.

Runs on a worker, as the workload does. Standard library only, Python 3.9 up.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl


class Process:
    """A client of a member. `last_revision`: of its watch."""

    def __init__(self, number: int, member: str) -> None:
        self.number = number
        self.member = member
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.last_revision = 0

    async def exchange(self, request: bytes) -> tuple[int, dict[str, Any]]:
        """Send a request and read its answer; return the status and the decoded body."""
        assert self.reader is not None
        assert self.writer is not None
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if headers.get("transfer-encoding") == "chunked":
            body = await self._chunks()
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.drop()
        decoded = json.loads(body or b"{}")
        return int(lines[0].split(" ")[1]), decoded

    async def connect(self, host: str, port: int, context: ssl.SSLContext) -> None:
        """Connect if need be."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(host, port, ssl=context)

    async def _chunks(self) -> bytes:
        body = b""
        while True:
            part = await self.chunk()
            if not part:
                return body
            body += part

    async def chunk(self) -> bytes:
        """Read a chunk; the last one is empty."""
        assert self.reader is not None
        size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    def drop(self) -> None:
        """Close the connection at once."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None
