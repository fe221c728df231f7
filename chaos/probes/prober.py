"""Open-loop prober: sends requests on an absolute schedule and prints one JSON line for each.

Runs on a worker, in its network, through its proxy. Standard library only, Python 3.9 up.
Argument: a JSON file {host, port, pki, user, client_timeout_s, series: [{probe, connection,
rate_hz, method, path, body, content_type}]}. Times printed are monotonic seconds.
No retries: one scheduled probe is one request.
"""

import asyncio
import collections
import json
import os
import ssl
import sys
import time


class Connection:
    """One TLS connection, with the master that answers on it and our own port."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        subject = writer.get_extra_info("peercert").get("subject", ())
        names = [value for part in subject for key, value in part if key == "commonName"]
        self.master = names[0] if names else ""
        self.client_port = writer.get_extra_info("sockname")[1]

    async def exchange(self, request):
        """Send one request and read its whole response; return the HTTP status."""
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

    async def _read_chunks(self):
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            await self.reader.readexactly(size + 2)
            if size == 0:
                return

    def abort(self):
        """Drop the connection at once."""
        self.writer.transport.abort()


class Prober:
    """All series of one worker."""

    def __init__(self, config):
        self.config = config
        pki = config["pki"]
        self.context = ssl.create_default_context(cafile=os.path.join(pki, "ca.crt"))
        user = os.path.join(pki, config["user"])
        self.context.load_cert_chain(user + ".crt", user + ".key")
        self.timeout_s = config["client_timeout_s"]
        self.number = 0

    async def connect(self):
        """Open one connection through the proxy."""
        reader, writer = await asyncio.open_connection(
            self.config["host"], self.config["port"], ssl=self.context
        )
        return Connection(reader, writer)

    def request(self, series):
        """Build the request; `%d` in a body becomes a number that no other write has."""
        self.number += 1
        body = series.get("body", "").replace("%d", str(self.number)).encode()
        lines = ["%s %s HTTP/1.1" % (series["method"], series["path"]), "Host: lab"]
        if body:
            lines += ["Content-Type: " + series["content_type"], "Content-Length: %d" % len(body)]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def run_series(self, series, start_s):
        """Start every probe of one series at its time, whatever the earlier ones do."""
        slots = collections.deque()
        if series["connection"] == "reused":
            size = max(1, int(series["rate_hz"] * self.timeout_s + 0.999))
            slots.extend({"connection": None} for _ in range(size))
            for slot in slots:
                try:
                    slot["connection"] = await asyncio.wait_for(self.connect(), self.timeout_s)
                except (OSError, asyncio.TimeoutError, EOFError):
                    continue  # the probe that takes this slot will connect, and be judged for it
        tasks = set()
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

    async def probe(self, series, scheduled_s, slots):
        """Send one probe and print what became of it."""
        sample = {
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
            slot = slots.popleft() if reused else {"connection": None}
            try:
                await asyncio.wait_for(self.send(series, slot, sample, reused), self.timeout_s)
            except asyncio.TimeoutError:
                sample["error"] = "timeout"
            except ConnectionRefusedError:
                sample["error"] = "refused"
            except ssl.SSLError:
                sample["error"] = "tls"
            except (OSError, EOFError, asyncio.LimitOverrunError, ValueError):
                sample["error"] = "reset"
            if sample["error"] not in ("", "http") and slot["connection"] is not None:
                slot["connection"].abort()
                slot["connection"] = None
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
        sys.stdout.write(json.dumps(sample) + "\n")
        sys.stdout.flush()

    async def send(self, series, slot, sample, reused):
        """Connect if need be, and exchange one request."""
        if slot["connection"] is None:
            slot["connection"] = await self.connect()
        connection = slot["connection"]
        sample["master"], sample["client_port"] = connection.master, connection.client_port
        sample["sent"] = True
        status, closes = await connection.exchange(self.request(series))
        sample["status"] = status
        if not 200 <= status < 300:
            sample["error"] = "http"
        if closes or not reused:
            connection.writer.close()
            slot["connection"] = None

    async def run(self):
        """Run every series; phases are spread so that they do not start together."""
        series = self.config["series"]
        start_s = time.monotonic() + self.config["warm_up_s"]
        await asyncio.gather(
            *(self.run_series(one, start_s + 0.013 * index) for index, one in enumerate(series))
        )


if __name__ == "__main__":
    with open(sys.argv[1]) as handle:
        loaded = json.load(handle)
    asyncio.run(Prober(loaded).run())
