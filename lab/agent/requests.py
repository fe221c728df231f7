"""Serves an agent's requests on a Unix socket, several channels at once.

A channel carries one JSON object a line each way: {id, session, op, arguments} is answered by
{id, ok, value} or {id, ok, error}, in the order in which they came.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, Tuple

from lab.agent.acceptor import Acceptor, is_ours, room
from lab.agent.refusal import answer_of
from lab.agent.undos import FAILURES

if TYPE_CHECKING:
    import socket

    from lab.agent.relay import Carry
    from lab.agent.undos import Undos

ENVELOPE = ("id", "session", "op", "arguments")
# Channels at once: more than the port of the kubeconfig takes, whose connections are some of them.
# A channel that carries a connection takes two descriptors.
CHANNELS, CHANNELS_SHARE = 400, 0.35


class RequestServer:
    """Answers requests by name, and notes in `undos` which sessions are alive.

    `raw`: those that turn their channel into raw bytes, which ends with them; they return the value
    of the answer and what carries the bytes.
    """

    def __init__(
        self,
        requests: Mapping[str, Callable[..., Any]],
        raw: Mapping[str, Callable[..., Tuple[Any, Carry]]],
        undos: Undos,
    ) -> None:
        self._requests = requests
        self._raw = raw
        self._undos = undos
        self._numbers = itertools.count(1)

    def serve(self, listener: socket.socket) -> None:
        """Serve this user and root for ever. Raises OSError when the listener is gone."""
        most = room(CHANNELS, CHANNELS_SHARE)
        Acceptor(listener, self._channel, most, allowed=is_ours).serve()

    def _channel(self, connection: socket.socket, _used: Callable[[], None]) -> None:
        number = next(self._numbers)
        carry: Optional[Carry] = None
        try:
            with connection.makefile("rb") as lines:
                for line in lines:
                    # empty where a request follows one that was not sent completely
                    if line.strip():
                        answer, carry = self._answer(number, line)
                        if carry is not None:
                            self._undos.channel_closed(number)  # raw bytes are no heartbeat
                        connection.sendall(json.dumps(answer).encode() + b"\n")
                    if carry is not None:
                        break
        except OSError:
            pass  # the other side is gone
        finally:
            self._undos.channel_closed(number)
            if carry is not None:
                carry(connection)

    def _answer(self, number: int, line: bytes) -> Tuple[Dict[str, Any], Optional[Carry]]:
        """Do a request; return the answer, and the function that carries raw bytes from here on."""
        request, carry = None, None
        try:
            request = json.loads(line)
            if not isinstance(request, dict) or set(request) != set(ENVELOPE):
                raise ValueError(f"a request is an object with {', '.join(ENVELOPE)}")
            session, op, arguments = request["session"], request["op"], request["arguments"]
            if session:
                self._undos.note_request(number, session)
            if op in self._raw:
                value, carry = self._raw[op](**arguments)
            elif op in self._requests:
                value = self._requests[op](**arguments)
            else:
                raise ValueError(f"unknown request {op}")
        except FAILURES as error:
            answer = {"ok": False, "error": answer_of(error)}
        else:
            answer = {"ok": True, "value": value}
        return {"id": request.get("id") if isinstance(request, dict) else None, **answer}, carry
