"""The agent's door: a Unix socket that serves several channels at once.

A channel carries one JSON object a line each way. `relay` and `stream` turn it into raw
bytes: a TCP connection into the node's network, or the output of a process that ends with it.
"""

import base64
import json
import os
import select
import socket
import ssl
import subprocess
import threading
import time
import uuid
from typing import Any, Dict

from lab.agent.faults import Faults
from lab.agent.processes import Processes


def dial(host: str, port: int, tls: bool, timeout_s: float) -> str:
    """Say what an outside observer sees: refused, timeout, unreachable, silent or answered."""
    try:
        connection = socket.create_connection((host, port), timeout_s)
    except ConnectionRefusedError:
        return "refused"
    except socket.timeout:
        return "timeout"
    except OSError:
        return "unreachable"
    with connection:
        if not tls:
            return "answered"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            context.wrap_socket(connection).close()
        except socket.timeout:
            return "silent"
        except ssl.SSLError:
            return "answered"
        except OSError:
            return "reset"
        return "answered"


def pump(left: socket.socket, right: socket.socket) -> None:
    """Copy bytes both ways until both sides have ended."""
    ways = {left: right, right: left}
    while ways:
        for source in select.select(list(ways), [], [])[0]:
            target = ways[source]
            try:
                chunk = source.recv(65536)
                if chunk:
                    target.sendall(chunk)
                    continue
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return
            del ways[source]


class Agent:
    """One node's agent."""

    def __init__(self, node: str, directory: str) -> None:
        self.node = node
        self.directory = directory
        self.boot = uuid.uuid4().hex
        self.processes = Processes(directory)
        self.faults = Faults(self.processes)
        self._channels = 0

    def serve(self, listener: socket.socket) -> None:
        """Serve for ever."""
        while True:
            connection, _ = listener.accept()
            self._channels += 1
            threading.Thread(
                target=self._channel, args=(connection, self._channels), daemon=True
            ).start()

    def _channel(self, connection: socket.socket, number: int) -> None:
        lines = connection.makefile("rb")
        try:
            for line in lines:
                self.faults.heard(number)
                request = json.loads(line)
                op = request.pop("op")
                if op in ("relay", "stream"):
                    self.faults.closed(number)
                    getattr(self, "_" + op)(connection, **request)
                    return
                try:
                    answer: Dict[str, Any] = {"ok": True, "value": self._do(op, number, request)}
                except (OSError, ValueError, KeyError, TypeError) as error:
                    answer = {"ok": False, "error": str(error) or repr(error)}
                connection.sendall(json.dumps(answer).encode() + b"\n")
        except (OSError, ValueError):
            return  # the other side is gone or does not speak our language
        finally:
            self.faults.closed(number)
            lines.close()
            connection.close()

    def _do(self, op: str, channel: int, request: Dict[str, Any]) -> Any:
        if op == "hello":
            return {"node": self.node, "boot": self.boot, "now_s": time.monotonic()}
        if op == "put":
            return self._put(**request)
        if op == "dial":
            return dial(**request)
        if op == "inject":
            owner = channel if request.pop("owner") == "channel" else None
            return self.faults.inject(channel=owner, **request)
        actions = {
            "start": self.processes.start,
            "signal": self.processes.signal,
            "list": self.processes.listing,
            "prepare_cut": self.faults.prepare_cut,
            "heal": self.faults.heal,
            "active": self.faults.active,
        }
        if op not in actions:
            raise ValueError("unknown request " + op)
        return actions[op](**request)

    def _put(self, files: Dict[str, str]) -> None:
        for path, content in files.items():
            target = os.path.join(self.directory, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as handle:
                handle.write(base64.b64decode(content))

    def _relay(self, connection: socket.socket, host: str, port: int) -> None:
        try:
            target = socket.create_connection((host, port), 5)
        except OSError as error:
            connection.sendall(json.dumps({"ok": False, "error": str(error)}).encode() + b"\n")
            return
        target.settimeout(None)
        connection.sendall(b'{"ok": true}\n')
        with target:
            pump(connection, target)

    def _stream(self, connection: socket.socket, argv: list) -> None:
        process = subprocess.Popen(
            argv,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=connection.fileno(),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        connection.sendall(b'{"ok": true}\n')
        try:
            while process.poll() is None:
                if select.select([connection], [], [], 0.05)[0] and not connection.recv(1):
                    return
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)
            process.wait()
