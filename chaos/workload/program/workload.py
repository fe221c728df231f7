"""Open-loop clients of a store: write, read and list few keys, one JSON line for each operation.

Runs on a worker, with process.py and stores.py beside it. Standard library only, Python 3.9 up.

Argument: a JSON file {store, members: {name: host}, port, pki, user, timeout_s, rate_hz, keys,
prefix, label, seed, stop}; values begin with `label`. `store`: etcd, through the JSON gateways of
its members, or kubernetes, ConfigMaps through a worker's proxy, which is the only member.

Each operation is sent once, and belongs to a process: a client that does one thing at a time. After
a write without an answer its process ends; a new number continues. An operation that is due while
all clients of a member wait is skipped: a new connection costs as much as ten operations, and would
make a slow store slower.

A watch of each member prints every event; one that breaks is opened again at its last revision.

The program ends when the file `stop` exists: it waits for open operations, then prints {sent}: how
many operations each process sent; of a watch, how many lines it printed.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from chaos.workload.program.process import Process
from chaos.workload.program.stores import STORES

POLL_S = 0.05
WATCH_AGAIN_S = 0.2
# Of each member: those that are due within a timeout of 2 s at 16 operations a second and member.
CLIENTS = 32


class Workload:
    """All clients on a worker."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        pki = Path(config["pki"])
        self.context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        user = config["user"]
        self.context.load_cert_chain(str(pki / (user + ".crt")), str(pki / (user + ".key")))
        self.chance = random.Random(config["seed"])
        self.store = STORES[config["store"]](config)
        self.watching: set[asyncio.Task[None]] = set()
        self.revision = 0
        self.idle: dict[str, list[Process]] = {member: [] for member in config["members"]}
        self.under_way: dict[str, set[asyncio.Task[None]]] = {m: set() for m in config["members"]}
        self.processes = 0
        self.values = 0
        self.sent: Counter[int] = Counter()

    def new_process(self, member: str) -> Process:
        """Return a new client."""
        self.processes += 1
        return Process(self.processes, member)

    def stop_asked(self) -> bool:
        """Whether the file `stop` exists."""
        return Path(self.config["stop"]).exists()

    async def run(self) -> None:
        """Start every operation at its time, whatever earlier ones do, until `stop` exists."""
        members, rate_hz = list(self.config["members"]), self.config["rate_hz"]
        flushing = asyncio.ensure_future(flush())
        due = 0
        for key in self.store.creations():
            await self.operate(members[0], key)
        while self.store.needs_revision and not self.revision and not self.stop_asked():
            # without an own write the revision to watch from is not known yet
            await self.operate(members[0], kind="list")
        for member in members:
            self.watching.add(asyncio.ensure_future(self.watch(member)))
        start_s = time.monotonic()
        while not self.stop_asked():
            # operations due during a pause are sent after it: a schedule that waits hides outages
            while start_s + due / rate_hz <= time.monotonic():
                self.begin(members[due % len(members)])
                due += 1
            await asyncio.sleep(min(POLL_S, 1 / rate_hz))
        await asyncio.gather(*(task for tasks in self.under_way.values() for task in tasks))
        for endless in (flushing, *self.watching):
            endless.cancel()
        print_line({"sent": self.sent})

    def begin(self, member: str) -> None:
        """Begin an operation, unless all clients of a member wait."""
        tasks = self.under_way[member]
        if len(tasks) == CLIENTS:
            return
        task = asyncio.ensure_future(self.operate(member))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def operate(self, member: str, creates: str = "", kind: str = "") -> None:
        """Do an operation of a kind, or of a random kind, and print its outcome."""
        # the process that was idle last: so that no more connections are open than are needed
        process = self.idle[member].pop() if self.idle[member] else self.new_process(member)
        self.sent[process.number] += 1
        drawn = self.chance.random()
        kind = kind or next(name for name, share in self.store.kinds if drawn < share)
        key = self.config["prefix"] + str(self.chance.randrange(self.config["keys"]))
        write = bool(creates) or kind == "write"
        self.values += 1
        operation: dict[str, Any] = {
            "process": process.number,
            "op": "write" if write else "list" if kind == "stale" else kind,
            "key": creates or key,
            "value": self.config["label"] + str(self.values) if write else None,
            "via": member,
            "stale": not write and kind == "stale",
            "revision": 0,
            "mod_revision": 0,
            "outcome": "fail",
            "error": "",
            "invoke_s": time.monotonic(),
        }
        if creates:
            operation["creates"] = True
        work = asyncio.ensure_future(self.ask(process, operation))
        await asyncio.wait({work}, timeout=self.config["timeout_s"])
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
            operation["error"] = "timeout"
        elif work.exception() is not None:
            operation["error"] = repr(work.exception())
        operation["complete_s"] = time.monotonic()
        sent, refused = operation.pop("sent", False), operation.pop("refused", False)
        if sent and write and operation["outcome"] != "ok" and not refused:
            operation["outcome"] = "unknown"
        self.revision = max(self.revision, operation["revision"])
        print_line(operation)
        if operation["error"]:
            process.drop()
        if operation["outcome"] == "unknown":
            process = self.new_process(member)
        self.idle[member].append(process)

    async def ask(self, process: Process, operation: dict[str, Any]) -> None:
        """Connect if need be, send the request, and write the answer into the operation."""
        await self.connect(process)
        request = self.store.request_of(operation)
        operation["sent"] = True
        status, answer = await process.exchange(request)
        self.store.record_answer(operation, status, answer)

    async def connect(self, process: Process) -> None:
        """Connect if need be."""
        host = self.config["members"][process.member]
        await process.connect(host, self.config["port"], self.context)

    async def watch(self, member: str) -> None:
        """Print the events of a watch through a member; open it again when it breaks."""
        process = self.new_process(member)
        process.last_revision = self.revision
        while True:
            try:
                await self.connect(process)
                await self.follow(process)
            except (OSError, EOFError, ValueError, KeyError, asyncio.LimitOverrunError):
                process.drop()
                await asyncio.sleep(WATCH_AGAIN_S)

    async def follow(self, process: Process) -> None:
        """Open a watch after its last revision, and print its events until it breaks."""
        assert process.reader is not None
        assert process.writer is not None
        if process.last_revision:
            self.deliver(process, "", None, process.last_revision)
        process.writer.write(self.store.watch(process.last_revision))
        head = await process.reader.readuntil(b"\r\n\r\n")
        if int(head.split(b" ")[1]) != 200:
            raise ValueError(head)
        rest = b""
        while True:
            part = await process.chunk()
            if not part:
                raise EOFError
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                for key, value, revision in self.store.events(json.loads(line)):
                    # the begin of a watch that continues is printed above
                    if key or not process.last_revision:
                        self.deliver(process, key, value, revision)
                        process.last_revision = revision

    def deliver(self, process: Process, key: str, value: str | None, revision: int) -> None:
        """Print an event of a watch, delivered now, or its opening."""
        self.sent[process.number] += 1
        now_s = time.monotonic()
        print_line(
            {
                "process": process.number,
                "op": "watch",
                "key": key,
                "value": value,
                "via": process.member,
                "stale": False,
                "revision": revision,
                "mod_revision": revision if key else 0,
                "outcome": "ok",
                "invoke_s": now_s,
                "complete_s": now_s,
            }
        )


def print_line(line: dict[str, Any]) -> None:
    """Print a JSON line with the next flush: every write wakes an agent and a thread of halab."""
    sys.stdout.write(json.dumps(line) + "\n")


async def flush() -> None:
    """Flush the printed lines periodically."""
    while True:
        await asyncio.sleep(POLL_S)
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(Workload(json.loads(Path(sys.argv[1]).read_text())).run())
