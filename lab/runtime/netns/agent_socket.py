"""The Unix socket of an agent, or of what answers like one, in the directory of its lab."""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING

from lab.clients.channel import no_agent, no_connection
from lab.unix_path import short_path

if TYPE_CHECKING:
    from pathlib import Path

ACCEPT_S = 5
TIMEVAL = struct.Struct("@ll")


def socket_path(directory: Path, node: str) -> Path:
    """Return where the socket of a node's agent is."""
    return directory / "sock" / node


def listen_at(directory: Path, node: str) -> socket.socket:
    """Return the socket of a node's agent, for this user only, whatever the umask. Raises OSError.

    An agent does as its user whatever it is asked.
    """
    path = socket_path(directory, node)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        with short_path(path) as short:
            listener.bind(short)
            os.chmod(short, 0o600)  # noqa: PTH101 (it is no path of ours)
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


def connect_to(directory: Path, node: str) -> socket.socket:
    """Connect to an agent's socket. Raises AgentError, also when it accepts too late."""
    try:
        connection = socket.socket(socket.AF_UNIX)
    except OSError as error:  # no descriptor is left
        raise no_connection(node, error) from error
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(ACCEPT_S, 0))
        with short_path(socket_path(directory, node)) as short:
            connection.connect(short)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TIMEVAL.pack(0, 0))
    except OSError as error:
        connection.close()
        raise no_agent(node, str(error)) from error
    except BaseException:
        connection.close()
        raise
    return connection
