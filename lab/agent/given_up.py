"""What answers in the place of an agent that was given up: every request gets the reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable

from lab.agent.acceptor import Acceptor, is_ours

if TYPE_CHECKING:
    import socket

    from lab.agent.refusal import RefusalError

MOST = 64


def answer_with(listener: socket.socket, reason: RefusalError) -> None:
    """Refuse every request of every channel, in a thread."""

    def refuse(connection: socket.socket, used: Callable[[], None]) -> None:
        with connection.makefile("rb") as lines:
            for line in lines:
                used()
                if line.strip():
                    answer = {"id": _number_of(line), "ok": False, "error": reason.answer}
                    connection.sendall(json.dumps(answer).encode() + b"\n")

    Acceptor(listener, refuse, MOST, allowed=is_ours).start()


def _number_of(line: bytes) -> Any:
    try:
        return json.loads(line)["id"]
    except (ValueError, LookupError, TypeError):
        return None
