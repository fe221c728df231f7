"""Open-loop clients of etcd: write and read few keys, and print one JSON line for each operation.

Runs on a worker. Standard library only, Python 3.9 up. Argument: a JSON file {members: {name:
host}, port, pki, user, timeout_s, rate_hz, keys, prefix, label, seed, stop}; values begin with
`label`. Each operation goes to one member's JSON gateway, is sent once, and belongs to a process: a
client that does one thing at a time. A process whose write got no answer is never heard of again;
another number goes on. Ends when the file `stop` is there: what is under way is waited for, then
{sent} is printed.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import ssl
import sys
import time
from pathlib import Path
from typing import Any

POLL_S = 0.05


def encode(text: str) -> str:
    """Return text as etcd's JSON gateway wants bytes."""
    return base64.b64encode(text.encode()).decode()


class Process:
    """One client of one member, with its connection and its number."""

    def __init__(self, number: int, member: str) -> None:
        self.number = number
        self.member = member
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def exchange(self, request: bytes) -> tuple[int, dict[str, Any]]:
        """Send one request and read its answer; return the status and the decoded body."""
        assert self.reader is not None
        assert self.writer is not None
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if headers.get("transfer-encoding") == "chunked":
            body = await self._chunks()
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.drop()
        decoded = json.loads(body or b"{}")
        return int(lines[0].split(" ")[1]), decoded

    async def _chunks(self) -> bytes:
        assert self.reader is not None
        body = b""
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            body += (await self.reader.readexactly(size + 2))[:-2]
            if size == 0:
                return body

    def drop(self) -> None:
        """Drop the connection at once."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None


class Workload:
    """All clients of one worker."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        pki = Path(config["pki"])
        self.context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        user = config["user"]
        self.context.load_cert_chain(str(pki / (user + ".crt")), str(pki / (user + ".key")))
        self.chance = random.Random(config["seed"])
        self.idle: dict[str, list[Process]] = {member: [] for member in config["members"]}
        self.processes = 0
        self.values = 0

    def new_process(self, member: str) -> Process:
        """Return a client that was not there before."""
        self.processes += 1
        return Process(self.processes, member)

    def told_to_stop(self) -> bool:
        """Whether the file that ends us is there."""
        return Path(self.config["stop"]).exists()

    async def run(self) -> None:
        """Start every operation at its time, whatever the earlier ones do, until told to stop."""
        members, rate_hz = list(self.config["members"]), self.config["rate_hz"]
        sent = 0
        tasks: set[asyncio.Task[None]] = set()
        start_s = time.monotonic()
        while not self.told_to_stop():
            # caught up after a pause too: a schedule that waits hides what happened meanwhile
            while start_s + sent / rate_hz <= time.monotonic():
                member = members[sent % len(members)]
                task = asyncio.ensure_future(self.operate(member))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                sent += 1
            await asyncio.sleep(min(POLL_S, 1 / rate_hz))
        if tasks:
            await asyncio.wait(set(tasks))
        say({"sent": sent})

    async def operate(self, member: str) -> None:
        """Do one operation in one process, and print what became of it."""
        # the one that was idle last: so that no more connections are open than are needed
        process = self.idle[member].pop() if self.idle[member] else self.new_process(member)
        write = self.chance.random() < 0.5
        key = self.config["prefix"] + str(self.chance.randrange(self.config["keys"]))
        self.values += 1
        done: dict[str, Any] = {
            "process": process.number,
            "op": "write" if write else "read",
            "key": key,
            "value": self.config["label"] + str(self.values) if write else None,
            "via": member,
            "stale": False,
            "revision": 0,
            "mod_revision": 0,
            "outcome": "fail",
            "error": "",
            "invoke_s": time.monotonic(),
        }
        work = asyncio.ensure_future(self.ask(process, done))
        await asyncio.wait({work}, timeout=self.config["timeout_s"])
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
            done["error"] = "timeout"
        elif work.exception() is not None:
            done["error"] = repr(work.exception())
        done["complete_s"] = time.monotonic()
        if done.pop("sent", False) and done["outcome"] != "ok" and write:
            done["outcome"] = "unknown"
        say(done)
        if done["error"]:
            process.drop()
        if done["outcome"] == "unknown":
            process = self.new_process(member)
        self.idle[member].append(process)

    async def ask(self, process: Process, done: dict[str, Any]) -> None:
        """Connect if need be, send one request, and note what the answer says."""
        if process.writer is None:
            process.reader, process.writer = await asyncio.open_connection(
                self.config["members"][process.member], self.config["port"], ssl=self.context
            )
        path, body = "/v3/kv/range", {"key": encode(done["key"])}
        if done["op"] == "write":
            path, body = "/v3/kv/put", {**body, "value": encode(done["value"])}
        data = json.dumps(body).encode()
        head = "POST " + path + " HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\n"
        done["sent"] = True
        request = head.encode() + b"Content-Length: %d\r\n\r\n" % len(data) + data
        status, answer = await process.exchange(request)
        if status != 200:
            done["error"] = str(status) + " " + str(answer.get("message", ""))
            return
        done["revision"] = int(answer["header"]["revision"])
        if done["op"] == "write":
            done["mod_revision"] = done["revision"]
        elif answer.get("kvs"):
            found = answer["kvs"][0]
            done["mod_revision"] = int(found["mod_revision"])
            done["value"] = base64.b64decode(found["value"]).decode()
        done["outcome"] = "ok"


def say(line: dict[str, Any]) -> None:
    """Print one JSON line at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(Workload(json.loads(Path(sys.argv[1]).read_text())).run())
