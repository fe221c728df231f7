"""HTTPS requests over connections that are kept: a handshake takes as long as five requests."""

from __future__ import annotations

import http.client
import json
import select
from collections import deque
from typing import TYPE_CHECKING, Any

from lab.clients.https import decoded, failed, http_over, refused
from lab.errors import LabError
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.clients.https import HttpsEndpoint


class KeptConnections:
    """Requests to one endpoint, from several threads. No retries.

    A connection is used by one request at a time, and is closed when a request fails on it. Idle
    connections are closed then, too: they lead to the same process, and would fail one by one.
    """

    def __init__(self, endpoint: HttpsEndpoint) -> None:
        self._endpoint = endpoint
        self._idle: deque[http.client.HTTPConnection] = deque()

    def get(self, path: str, timeout_s: float) -> tuple[int, Any]:
        """Return status and decoded JSON (text when it is not JSON). Raises LabError."""
        status, text = self._answer("GET", path, None, timeout_s)
        return status, decoded(text)

    def post(self, path: str, body: Any, timeout_s: float) -> Any:
        """Return the decoded answer. Raises LabError, also for a status other than 200."""
        status, text = self._answer("POST", path, json.dumps(body), timeout_s)
        if status != 200:
            raise LabError(refused("POST", f"{self._endpoint.url}{path}", status, text[:200]))
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            no_json = sentence(
                "answer-no-json",
                "{method} {url}: no JSON: {answer}",
                method="POST",
                url=f"{self._endpoint.url}{path}",
                answer=text[:200],
            )
            raise LabError(no_json) from error

    def _answer(
        self, method: str, path: str, body: str | None, timeout_s: float
    ) -> tuple[int, str]:
        connection = None
        try:
            connection = self._kept() or http_over(self._endpoint.connect(timeout_s))
            connection.sock.settimeout(timeout_s)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            if connection is not None:
                connection.close()
                self.close()
            raise LabError(failed(method, f"{self._endpoint.url}{path}", error)) from error
        except BaseException:  # interrupted: the answer that comes is nobody's
            if connection is not None:
                connection.close()
            raise
        if connection.sock is not None:  # else the server has closed it
            self._idle.append(connection)
        return response.status, text

    def _kept(self) -> http.client.HTTPConnection | None:
        """Return an idle connection that the server has not closed, None if there is none."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            # poll, because select takes no descriptor above 1023; only its end makes it readable
            waiting = select.poll()
            waiting.register(connection.sock, select.POLLIN)
            if not waiting.poll(0):
                return connection
            connection.close()

    def close(self) -> None:
        """Close the idle connections; those in use are closed after their requests."""
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return
