"""Open-loop prober: sends requests on an absolute schedule and prints one JSON line for each.

Runs on a worker, in its network, through its proxy. Standard library only, Python 3.9 up.
Argument: a JSON file {host, port, pki, user, client_timeout_s, series: [{probe, connection,
rate_hz, method, path, body, content_type}]}. Times printed are monotonic seconds.
Once a second it also prints {cpu_s, at_s}: the CPU seconds it has used so far.
No retries: one scheduled probe is one request.
"""

from __future__ import annotations

import asyncio
import collections
import json
import math
import ssl
import sys
import time
from pathlib import Path
from typing import Any, Deque

REPORT_S = 1.0


class Connection:
    """One TLS connection, with the master that answers on it and our own port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        subject = writer.get_extra_info("peercert").get("subject", ())
        names = [value for part in subject for key, value in part if key == "commonName"]
        self.master = names[0] if names else ""
        self.client_port = writer.get_extra_info("sockname")[1]

    async def exchange(self, request: bytes) -> tuple[int, bool]:
        """Send one request and read all of its response; return (status, server closes)."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if headers.get("transfer-encoding") == "chunked":
            await self._read_chunks()
        else:
            await self.reader.readexactly(int(headers.get("content-length", "0")))
        return status, headers.get("connection") == "close"

    async def _read_chunks(self) -> None:
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            await self.reader.readexactly(size + 2)
            if size == 0:
                return

    def abort(self) -> None:
        """Drop the connection at once."""
        self.writer.transport.abort()


class Slot:
    """A place for one connection; a reused one stays in it between probes."""

    def __init__(self) -> None:
        self.connection: Connection | None = None


class Prober:
    """All series of one worker."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        pki = Path(config["pki"])
        self.context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        user = config["user"]
        self.context.load_cert_chain(str(pki / (user + ".crt")), str(pki / (user + ".key")))
        self.timeout_s = config["client_timeout_s"]
        self.number = 0

    async def connect(self) -> Connection:
        """Open one connection through the proxy."""
        reader, writer = await asyncio.open_connection(
            self.config["host"], self.config["port"], ssl=self.context
        )
        return Connection(reader, writer)

    def request(self, series: dict[str, Any]) -> bytes:
        """Build the request; `%d` in a body becomes a number that no other write has."""
        self.number += 1
        body = series.get("body", "").replace("%d", str(self.number)).encode()
        lines = [f"{series['method']} {series['path']} HTTP/1.1", "Host: lab"]
        if body:
            lines += [f"Content-Type: {series['content_type']}", f"Content-Length: {len(body)}"]
        head = "\r\n".join(lines) + "\r\n\r\n"
        return head.encode() + bytes(body)

    async def run_series(self, series: dict[str, Any], start_s: float) -> None:
        """Start every probe of one series at its time, whatever the earlier ones do."""
        slots: Deque[Slot] = collections.deque()
        if series["connection"] == "reused":
            # One more than can hang at a time: a probe that is due just when the oldest one
            # times out finds a connection.
            size = math.ceil(series["rate_hz"] * self.timeout_s) + 1
            slots.extend(Slot() for _ in range(size))
            for slot in slots:
                try:
                    slot.connection = await asyncio.wait_for(self.connect(), self.timeout_s)
                except (OSError, asyncio.TimeoutError, EOFError):
                    continue  # the probe that takes this slot will connect, and be judged for it
        tasks: set[asyncio.Task[None]] = set()
        count = 0
        await asyncio.sleep(max(0.0, start_s - time.monotonic()))
        start_s = max(start_s, time.monotonic())
        while True:
            scheduled_s = start_s + count / series["rate_hz"]
            count += 1
            await asyncio.sleep(max(0.0, scheduled_s - time.monotonic()))
            task = asyncio.ensure_future(self.probe(series, scheduled_s, slots))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def probe(self, series: dict[str, Any], scheduled_s: float, slots: Deque[Slot]) -> None:
        """Send one probe and print what became of it."""
        sample: dict[str, Any] = {
            "probe": series["probe"],
            "connection": series["connection"],
            "scheduled_s": scheduled_s,
            "started_s": time.monotonic(),
            "status": 0,
            "error": "",
            "master": "",
            "client_port": 0,
        }
        reused = series["connection"] == "reused"
        if reused and not slots:
            sample.update(outcome="fail", error="blocked")
        else:
            slot = slots.popleft() if reused else Slot()
            try:
                await asyncio.wait_for(self.send(series, slot, sample, reused), self.timeout_s)
            except asyncio.TimeoutError:
                sample["error"] = "timeout"
            except ConnectionRefusedError:
                sample["error"] = "refused"
            except ssl.SSLError:
                sample["error"] = "tls"
            except (OSError, EOFError, asyncio.LimitOverrunError, ValueError, IndexError):
                sample["error"] = "reset"
            if sample["error"] not in ("", "http") and slot.connection is not None:
                slot.connection.abort()
                slot.connection = None
            if reused:
                slots.append(slot)
        sample["ended_s"] = time.monotonic()
        # A write that was sent and not answered, or answered with a server's error, may have
        # happened.
        if "outcome" not in sample:
            sent = sample.pop("sent", False)
            doubtful = series["probe"] == "write" and sent and not 400 <= sample["status"] < 500
            bad = "unknown" if doubtful else "fail"
            sample["outcome"] = bad if sample["error"] else "ok"
        say(sample)

    async def send(
        self, series: dict[str, Any], slot: Slot, sample: dict[str, Any], reused: bool
    ) -> None:
        """Connect if need be, and exchange one request."""
        if slot.connection is None:
            slot.connection = await self.connect()
        connection = slot.connection
        sample["master"], sample["client_port"] = connection.master, connection.client_port
        sample["sent"] = True
        status, closes = await connection.exchange(self.request(series))
        sample["status"] = status
        if not 200 <= status < 300:
            sample["error"] = "http"
        if closes or not reused:
            connection.writer.close()
            slot.connection = None

    async def report_cpu(self) -> None:
        """Say what the probing itself costs."""
        while True:
            say({"cpu_s": time.process_time(), "at_s": time.monotonic()})
            await asyncio.sleep(REPORT_S)

    async def run(self) -> None:
        """Run every series; phases are spread so that they do not start together."""
        series = self.config["series"]
        start_s = time.monotonic() + self.config["warm_up_s"]
        runs = (self.run_series(one, start_s + 0.013 * index) for index, one in enumerate(series))
        await asyncio.gather(self.report_cpu(), *runs)


def say(line: dict[str, Any]) -> None:
    """Print one JSON line at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(Prober(json.loads(Path(sys.argv[1]).read_text())).run())
