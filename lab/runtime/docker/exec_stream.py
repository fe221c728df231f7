"""The host's end of a trunk: one `docker exec` for each node carries all channels of a process."""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING

from lab.agent.mux import CHUNK_BYTES, Mux
from lab.clients.channel import no_agent, no_connection
from lab.runtime.docker.connection import hijacked, sdk_errors
from lab.runtime.docker.containers import AGENT, PYTHON
from lab.sentence import sentence

if TYPE_CHECKING:
    import socket

    import docker

# The engine's header of a piece of output: the stream, three zeros, the length.
WRAP = struct.Struct(">BxxxI")
STANDARD_ERROR = 2
KEPT_BYTES = 2000


def unwrap(buffer: bytearray) -> tuple[bytes, bytes]:
    """Take all complete pieces out of the buffer; return standard output and standard error."""
    streams: dict[bool, bytes] = {False: b"", True: b""}
    while len(buffer) >= WRAP.size:
        stream, length = WRAP.unpack_from(buffer)
        if len(buffer) < WRAP.size + length:
            break
        streams[stream == STANDARD_ERROR] += bytes(buffer[WRAP.size : WRAP.size + length])
        del buffer[: WRAP.size + length]
    return streams[False], streams[True]


class Trunk(Mux):
    """Channels into one node.

    The inner end writes nothing before we have written: bytes that come together with the headers
    of the engine's answer would be lost.
    """

    def __init__(self, client: docker.APIClient, container: str, node: str) -> None:
        with sdk_errors(sentence("entering-node", "entering {node}", node=node)):
            execution = client.exec_create(container, [*PYTHON, AGENT, "trunk"], stdin=True)
            self._connection = hijacked(client.exec_start(execution["Id"], socket=True))
        self._connection.setblocking(False)
        self._wrapped = bytearray()
        self._errors = b""
        self.node = node
        fd = self._connection.fileno()
        super().__init__(fd, fd, self._read_trunk)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._connection:
            self.serve()

    def _read_trunk(self) -> bytes | None:
        data = self._connection.recv(CHUNK_BYTES)
        if not data:
            return None
        self._wrapped += data
        out, error = unwrap(self._wrapped)
        self._errors = (self._errors + error)[-KEPT_BYTES:]
        return out

    def channel(self) -> socket.socket:
        """Open a channel. Raises AgentError when the trunk is gone, or no descriptor is left."""
        try:
            opened = self.open()
        except OSError as error:
            raise no_connection(self.node, error) from error
        if opened is None:
            errors = self._errors.decode(errors="replace").strip()
            raise no_agent(self.node, errors or sentence("trunk-ended", "its trunk ended"))
        return opened

    @property
    def broken(self) -> bool:
        """Whether the trunk has ended."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """End the trunk, and wait for its end."""
        self.stop()
        self._thread.join(5)
