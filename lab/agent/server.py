"""The agent's door: a Unix socket that serves several channels at once.

A channel carries one JSON object a line each way. `relay` and `stream` turn it into raw
bytes: a TCP connection into the node's network, or the output of a process that ends with it.
"""

from __future__ import annotations

import base64
import contextlib
import inspect
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import threading
import time
import uuid
from typing import IO, Any, Callable

from lab.agent.addresses import addresses
from lab.agent.disks import Disks
from lab.agent.faults import Faults
from lab.agent.processes import Processes

# What a request that is wrong, or cannot be done, may end in.
REFUSALS = (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError)


def dial(host: str, port: int, tls: bool, timeout_s: float) -> str:
    """Say what an outside observer sees.

    refused, timeout (nobody answers at all), unreachable, silent (accepted, and then nothing),
    reset, or answered.
    """
    try:
        connection = socket.create_connection((host, port), timeout_s)
    except ConnectionRefusedError:
        return "refused"
    except socket.timeout:
        return "timeout"
    except OSError:
        return "unreachable"
    with connection:
        return _shake_hands(connection) if tls else "answered"


def _shake_hands(connection: socket.socket) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_socket(connection).close()
    except socket.timeout:
        return "silent"
    except ssl.SSLEOFError:
        return "reset"  # closed without a word, as nginx does when it has no master to give
    except ssl.SSLError:
        return "answered"  # it speaks TLS, and wants a certificate that we do not show
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


def copy_until_either_ends(output: IO[bytes], connection: socket.socket) -> None:
    """Copy a process's output to its reader until the one or the other is gone."""
    while True:
        ready = select.select([output.fileno(), connection.fileno()], [], [])[0]
        if output.fileno() in ready:
            chunk = output.read(65536)
            if not chunk:
                return
            connection.sendall(chunk)
        elif not connection.recv(1):
            return


def await_end(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    """Wait for a process that has closed its output, as long as its reader is there."""
    while process.poll() is None and not select.select([connection], [], [], 0.01)[0]:
        pass


class Agent:
    """One node's agent. `alone`: every process that it sees is of its node."""

    def __init__(self, node: str, directory: str, *, alone: bool = False) -> None:
        self.node = node
        self.directory = directory
        self.boot = uuid.uuid4().hex
        self.processes = Processes(directory)
        self.disks = Disks(directory)
        network_inode = None if alone else os.stat("/proc/self/ns/net").st_ino
        self.faults = Faults(self.processes, self.disks, network_inode)
        self._channels = 0
        self._exit_codes: dict[int, int] = {}

    def serve(self, listener: socket.socket) -> None:
        """Serve for ever, and supervise the components."""
        threading.Thread(target=self.processes.supervise, daemon=True).start()
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
                try:
                    op = request.pop("op")
                    if op in RAW:
                        raw = inspect.signature(RAW[op]).bind(self, connection, **request)
                    else:
                        value = self._do(op, number, request)
                except REFUSALS as error:
                    answer: dict[str, Any] = {"ok": False, "error": str(error) or repr(error)}
                else:
                    if op in RAW:
                        self.faults.closed(number)
                        RAW[op](*raw.args)
                        return
                    answer = {"ok": True, "value": value}
                connection.sendall(json.dumps(answer).encode() + b"\n")
        except (OSError, ValueError):
            return  # the other side is gone or does not speak our language
        finally:
            self.faults.closed(number)
            lines.close()
            connection.close()

    def _do(self, op: str, channel: int, request: dict[str, Any]) -> Any:
        if op == "hello":
            return {"node": self.node, "boot": self.boot, "now_s": time.monotonic()}
        if op == "put":
            return self._put(**request)
        if op == "dial":
            return dial(**request)
        if op == "inject":
            owner = channel if request.pop("owner") == "channel" else None
            return self.faults.inject(channel=owner, **request)
        actions: dict[str, Callable[..., Any]] = {
            "start": self.processes.start,
            "signal": self.processes.signal,
            "list": self.processes.listing,
            "events": self.processes.events,
            "make_disk": self.disks.make,
            "wipe": self.disks.wipe,
            "prepare_cut": self.faults.prepare_cut,
            "heal": self.faults.heal,
            "active": self.faults.active,
            "addresses": addresses,
            "exit_code": self._exit_code,
        }
        if op not in actions:
            raise ValueError("unknown request " + op)
        return actions[op](**request)

    def _put(self, files: dict[str, str]) -> None:
        # in a container we are root; whose directory it is may not be, and reads them too
        owner = os.stat(self.directory)
        for path, content in files.items():
            target = os.path.join(self.directory, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as handle:
                os.fchown(fd, owner.st_uid, owner.st_gid)
                handle.write(base64.b64decode(content, validate=True))

    def relay(self, connection: socket.socket, host: str, port: int) -> None:
        """Carry a TCP connection into the node's network."""
        try:
            target = socket.create_connection((host, port), 5)
        except REFUSALS as error:
            connection.sendall(json.dumps({"ok": False, "error": str(error)}).encode() + b"\n")
            return
        target.settimeout(None)
        connection.sendall(b'{"ok": true}\n')
        with target:
            pump(connection, target)

    def stream(self, connection: socket.socket, argv: list[str]) -> None:
        """Run a process that ends with its reader, and carry its output."""
        reading, writing = os.pipe()
        with open(reading, "rb", buffering=0) as output:
            try:
                process = subprocess.Popen(
                    argv,
                    cwd=self.directory,
                    stdin=subprocess.DEVNULL,
                    stdout=writing,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except REFUSALS as error:
                connection.sendall(json.dumps({"ok": False, "error": str(error)}).encode() + b"\n")
                return
            finally:
                os.close(writing)
            connection.sendall(json.dumps({"ok": True, "value": process.pid}).encode() + b"\n")
            try:
                copy_until_either_ends(output, connection)
                await_end(process, connection)
            finally:
                # its children too, should they have outlived it
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                self._exit_codes[process.pid] = process.wait()

    def _exit_code(self, pid: int) -> int:
        """Return how a streamed process ended, as a shell tells it; each is told once."""
        code = self._exit_codes.pop(pid)
        return code if code >= 0 else 128 - code


# These turn the channel into raw bytes, and it ends with them.
RAW: dict[str, Callable[..., None]] = {"relay": Agent.relay, "stream": Agent.stream}
