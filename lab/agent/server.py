"""The agent: a Unix socket that serves several channels at once.

A channel carries one JSON object a line each way: {id, session, op, arguments} is answered by
{id, ok, value} or {id, ok, error}, in the order in which they came.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple

from lab.agent.acceptor import Acceptor, is_ours, room
from lab.agent.addresses import addresses
from lab.agent.dial import dial
from lab.agent.disks import Disks
from lab.agent.fault import Host
from lab.agent.injections import Injections
from lab.agent.processes import Processes
from lab.agent.relay import relay
from lab.agent.streams import Streams
from lab.agent.undos import FAILURES, Undos

if TYPE_CHECKING:
    import socket

    from lab.agent.relay import Carry

ENVELOPE = ("id", "session", "op", "arguments")
# Channels at once: more than the port of the kubeconfig takes, whose connections are some of them.
# A channel that carries a connection takes two descriptors.
CHANNELS, CHANNELS_SHARE = 400, 0.35


class Agent:
    """One node's agent. `alone`: every process that it sees belongs to its node."""

    def __init__(self, node: str, directory: str, *, alone: bool = False) -> None:
        self.node = node
        self.directory = directory
        self.boot = uuid.uuid4().hex
        self.processes = Processes(directory)
        self._undos = Undos()
        self._numbers = itertools.count(1)
        disks, streams = Disks(directory), Streams(directory)
        network_inode = None if alone else os.stat("/proc/self/ns/net").st_ino
        injections = Injections(Host(self.processes, disks, network_inode), self._undos)
        self._requests: Dict[str, Callable[..., Any]] = {
            "hello": self._hello,
            "put": self._put,
            "dial": dial,
            "addresses": addresses,
            "exit_code": streams.exit_code,
            "start": self.processes.start,
            "signal": self.processes.signal,
            "components": self.processes.listing,
            "events": self.processes.events,
            "peers": self.processes.peers,
            "make_disk": disks.make,
            "wipe": disks.wipe,
            "prepare": injections.prepare,
            "inject": injections.inject,
            "heal": injections.heal,
            "active": self._undos.active,
        }
        # These turn the channel into raw bytes, and it ends with them.
        self._raw: Dict[str, Callable[..., Any]] = {"relay": relay, "stream": streams.stream}

    def serve(self, listener: socket.socket) -> None:
        """Serve this user and root for ever, and supervise the components.

        Raises OSError when the listener is gone.
        """
        threading.Thread(target=self.processes.supervise, daemon=True).start()
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
            answer = {"ok": False, "error": str(error) or repr(error)}
        else:
            answer = {"ok": True, "value": value}
        return {"id": request.get("id") if isinstance(request, dict) else None, **answer}, carry

    def _hello(self) -> Dict[str, Any]:
        return {"node": self.node, "boot": self.boot, "now_s": time.monotonic()}

    def _put(self, files: Dict[str, str]) -> None:
        # in a container we are root; the owner of the directory may not be, and reads them too
        owner = os.stat(self.directory)
        for path, content in files.items():
            target = os.path.join(self.directory, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as handle:
                os.fchown(fd, owner.st_uid, owner.st_gid)
                handle.write(base64.b64decode(content, validate=True))
