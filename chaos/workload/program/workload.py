"""Open-loop clients of a store: write, read and list few keys, one JSON line for each operation.

Runs on a worker, with process.py and stores.py beside it. Standard library only, Python 3.9 up.
Argument: a JSON file {store, members: {name: host}, port, pki, user, timeout_s, rate_hz, keys,
prefix, label, seed, stop}; values begin with `label`. `store` is etcd, whose members are asked
through their JSON gateways, or kubernetes, whose ConfigMaps are asked for through a worker's proxy,
its only member.
Each operation is sent once, and belongs to a process: a client that does one thing at a time. A
process whose write got no answer is never heard of again; another number goes on. An operation that
is due when all clients of a member wait is left out: one more would open one more connection, as
dear as ten operations, and a store that is late would be later.
Beside them one watch of each member prints what it is told; one that breaks is opened again where
it was. Ends when the file `stop` is there: what is under way is waited for, then {sent} is printed:
how many operations each process sent, watches not counted.
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
# Of each member; as many as are due within a timeout of 2 s at 16 operations a second and member.
CLIENTS = 32


class Workload:
    """All clients of one worker."""

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
        """Return a client that was not there before."""
        self.processes += 1
        return Process(self.processes, member)

    def stop_asked(self) -> bool:
        """Whether the file that ends us is there."""
        return Path(self.config["stop"]).exists()

    async def run(self) -> None:
        """Start every operation at its time, whatever the earlier ones do, until told to stop."""
        members, rate_hz = list(self.config["members"]), self.config["rate_hz"]
        flushing = asyncio.ensure_future(flush())
        due = 0
        for key in self.store.creations():
            await self.operate(members[0], key)
        while self.store.needs_revision and not self.revision and not self.stop_asked():
            # who made none of the keys does not know yet after what to watch
            await self.operate(members[0], kind="list")
        for member in members:
            self.watching.add(asyncio.ensure_future(self.watch(member)))
        start_s = time.monotonic()
        while not self.stop_asked():
            # caught up after a pause too: a schedule that waits hides what happened meanwhile
            while start_s + due / rate_hz <= time.monotonic():
                self.begin(members[due % len(members)])
                due += 1
            await asyncio.sleep(min(POLL_S, 1 / rate_hz))
        await asyncio.gather(*(task for tasks in self.under_way.values() for task in tasks))
        for endless in (flushing, *self.watching):
            endless.cancel()
        say({"sent": self.sent})

    def begin(self, member: str) -> None:
        """Begin one operation, unless all clients of a member wait already."""
        tasks = self.under_way[member]
        if len(tasks) == CLIENTS:
            return
        task = asyncio.ensure_future(self.operate(member))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def operate(self, member: str, creates: str = "", kind: str = "") -> None:
        """Do one operation in one process, of a kind or any, and print what became of it."""
        # the one that was idle last: so that no more connections are open than are needed
        process = self.idle[member].pop() if self.idle[member] else self.new_process(member)
        self.sent[process.number] += 1
        drawn = self.chance.random()
        kind = kind or next(name for name, share in self.store.kinds if drawn < share)
        key = self.config["prefix"] + str(self.chance.randrange(self.config["keys"]))
        write = bool(creates) or kind == "write"
        self.values += 1
        done: dict[str, Any] = {
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
            done["creates"] = True
        work = asyncio.ensure_future(self.ask(process, done))
        await asyncio.wait({work}, timeout=self.config["timeout_s"])
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
            done["error"] = "timeout"
        elif work.exception() is not None:
            done["error"] = repr(work.exception())
        done["complete_s"] = time.monotonic()
        sent, refused = done.pop("sent", False), done.pop("refused", False)
        if sent and write and done["outcome"] != "ok" and not refused:
            done["outcome"] = "unknown"
        self.revision = max(self.revision, done["revision"])
        say(done)
        if done["error"]:
            process.drop()
        if done["outcome"] == "unknown":
            process = self.new_process(member)
        self.idle[member].append(process)

    async def ask(self, process: Process, done: dict[str, Any]) -> None:
        """Connect if need be, send one request, and note what the answer says."""
        await self.connect(process)
        asked = self.store.ask(done)
        done["sent"] = True
        status, answer = await process.exchange(asked)
        self.store.note(done, status, answer)

    async def connect(self, process: Process) -> None:
        """Connect if need be."""
        host = self.config["members"][process.member]
        await process.connect(host, self.config["port"], self.context)

    async def watch(self, member: str) -> None:
        """Print what a watch through a member tells; where it breaks it is opened again."""
        process = self.new_process(member)
        process.last = self.revision
        while True:
            try:
                await self.connect(process)
                await self.follow(process)
            except (OSError, EOFError, ValueError, KeyError, asyncio.LimitOverrunError):
                process.drop()
                await asyncio.sleep(WATCH_AGAIN_S)

    async def follow(self, process: Process) -> None:
        """Open a watch after what it was told last, and print its events until it breaks."""
        assert process.reader is not None
        assert process.writer is not None
        if process.last:
            self.tell(process, "", None, process.last)
        process.writer.write(self.store.watch(process.last))
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
                    if key or not process.last:  # the opening of one that goes on is said already
                        self.tell(process, key, value, revision)
                        process.last = revision

    def tell(self, process: Process, key: str, value: str | None, revision: int) -> None:
        """Print what a watch was told now."""
        now_s = time.monotonic()
        say(
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


def say(line: dict[str, Any]) -> None:
    """Print one JSON line, soon: every write wakes an agent and a thread of the harness."""
    sys.stdout.write(json.dumps(line) + "\n")


async def flush() -> None:
    """Hand on what was printed, again and again."""
    while True:
        await asyncio.sleep(POLL_S)
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(Workload(json.loads(Path(sys.argv[1]).read_text())).run())
