"""HTTPS requests over connections that are kept: a handshake costs five times a request."""

from __future__ import annotations

import http.client
import json
import select
from collections import deque
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from lab.clients.https import Endpoint


class KeptConnections:
    """Posts to one endpoint, from several threads. No retries.

    A connection is used by one request at a time, and goes with the first that fails on it. The
    idle ones go with it: they lead to the same process, and a request each would be lost on them.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._idle: deque[http.client.HTTPConnection] = deque()

    def post(self, path: str, body: Any, timeout_s: float) -> Any:
        """Return the decoded answer. Raises LabError, also for a status other than 200."""
        place = f"{self._endpoint.host}:{self._endpoint.port}{path}"
        try:
            connection = self._kept() or self._open(timeout_s)
        except OSError as error:
            raise LabError(f"POST {place}: {error!r}") from error
        try:
            connection.sock.settimeout(timeout_s)
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.close()
            raise LabError(f"POST {place}: {error!r}") from error
        if connection.sock is not None:  # else the server has closed it
            self._idle.append(connection)
        if response.status != 200:
            raise LabError(f"POST {place}: {response.status} {text[:200]}")
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise LabError(f"POST {place}: no JSON: {text[:200]}") from error

    def _kept(self) -> http.client.HTTPConnection | None:
        """Return an idle connection, none that the server has closed meanwhile."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            # poll, for select knows no descriptor above 1023; what is idle has nothing to say
            waiting = select.poll()
            waiting.register(connection.sock, select.POLLIN)
            if not waiting.poll(0):
                return connection
            connection.close()

    def _open(self, timeout_s: float) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._endpoint.host)
        connection.sock = self._endpoint.connect(timeout_s)
        return connection

    def close(self) -> None:
        """Close what is idle; what is in use ends with its request."""
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return
