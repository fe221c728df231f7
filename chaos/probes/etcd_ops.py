"""Open-loop writes and linearizable reads of a few keys, at each etcd member.

Runs on a client's node, as the prober does, and uses its connections. Standard library only,
Python 3.9 up. Argument: a JSON file {members: {name: host}, port, pki, user, timeout_s, rate_hz,
keys, prefix}; every member gets `rate_hz` writes and as many reads a second. One JSON line an
operation: process, op, key, value, invoke_s, complete_s, outcome, revision, version, member, error;
`revision` is the store's that answered, `version` the one at which the key that was read changed.
A process has one operation under way; one whose write got no answer is never heard of again.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import itertools
import json
import ssl
import sys
import time
from pathlib import Path
from typing import Any, Deque

from chaos.probes.prober import Connection, say

MAX_PROCESSES = 64


class Process:
    """A logical client: a number, and the connection that it holds."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.connection: Connection | None = None

    def drop(self) -> None:
        """Give the connection up."""
        if self.connection is not None:
            self.connection.abort()
            self.connection = None


class Workload:
    """All operations of one run of the program."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        pki, user = Path(config["pki"]), config["user"]
        self.context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self.context.load_cert_chain(str(pki / (user + ".crt")), str(pki / (user + ".key")))
        self.numbers = itertools.count()
        self.values = itertools.count(1)

    async def run(self) -> None:
        """Offer reads and writes to every member, for ever."""
        start_s = time.monotonic() + 0.2
        members = self.config["members"].items()
        offers = [(name, host, op) for name, host in members for op in ("write", "read")]
        await asyncio.gather(
            *(
                self.offer(*one, start_s + number / len(offers) / self.config["rate_hz"])
                for number, one in enumerate(offers)
            )
        )

    async def offer(self, member: str, host: str, op: str, start_s: float) -> None:
        """Start an operation at each of its times; a member that answers none gets no more than
        MAX_PROCESSES at a time."""
        idle: Deque[Process] = collections.deque()
        tasks: set[asyncio.Task[None]] = set()
        for turn in itertools.count():
            await asyncio.sleep(
                max(0.0, start_s + turn / self.config["rate_hz"] - time.monotonic())
            )
            if len(tasks) < MAX_PROCESSES:
                process = idle.popleft() if idle else Process(next(self.numbers))
                task = asyncio.ensure_future(self.operate(process, idle, member, host, op))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    async def operate(
        self, process: Process, idle: Deque[Process], member: str, host: str, op: str
    ) -> None:
        """Do one operation and print it."""
        number = next(self.values)
        line: dict[str, Any] = {
            "process": process.number,
            "op": op,
            "key": f"{self.config['prefix']}{number % self.config['keys']}",
            "value": f"{self.config['prefix']}v{number}" if op == "write" else None,
            "invoke_s": time.monotonic(),
            "outcome": "fail",
            "revision": 0,
            "version": 0,
            "member": member,
            "error": "",
        }
        try:
            await asyncio.wait_for(self.ask(process, host, line), self.config["timeout_s"])
        except asyncio.TimeoutError:
            line["error"] = "timeout"
        except ConnectionRefusedError:
            line["error"] = "refused"
        except (OSError, EOFError, ValueError, LookupError, asyncio.LimitOverrunError) as error:
            line["error"] = type(error).__name__
        sent = line.pop("sent", False)
        if line["error"]:
            process.drop()
            if op == "write" and sent:
                line["outcome"] = "unknown"
                process = Process(next(self.numbers))
        line["complete_s"] = time.monotonic()
        idle.append(process)
        say(line)

    async def ask(self, process: Process, host: str, line: dict[str, Any]) -> None:
        """Send one request and note what is answered."""
        if process.connection is None:
            reader, writer = await asyncio.open_connection(
                host, self.config["port"], ssl=self.context
            )
            process.connection = Connection(reader, writer)
        body = {"key": encode(line["key"])}
        if line["op"] == "write":
            body["value"] = encode(line["value"])
        line["sent"] = True
        request = post("put" if line["op"] == "write" else "range", body)
        status, closes, raw = await process.connection.exchange(request)
        if closes:
            process.drop()
        if status != 200:
            line["error"] = f"http {status}"
            return
        answer = json.loads(raw)
        line["revision"] = int(answer["header"]["revision"])
        for pair in answer.get("kvs", []):
            line["value"] = base64.b64decode(pair["value"]).decode()
            line["version"] = int(pair["mod_revision"])
        line["outcome"] = "ok"


def encode(text: str) -> str:
    """Return text as the gateway wants bytes."""
    return base64.b64encode(text.encode()).decode()


def post(path: str, body: dict[str, str]) -> bytes:
    """Return a request to the key-value service."""
    data = json.dumps(body).encode()
    head = f"POST /v3/kv/{path} HTTP/1.1\r\nHost: lab\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


if __name__ == "__main__":
    asyncio.run(Workload(json.loads(Path(sys.argv[1]).read_text())).run())
