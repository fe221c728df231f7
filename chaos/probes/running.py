"""The probers of a trial: started through the agents, read in threads, stopped together."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from chaos.probes.series import CLIENT_TIMEOUT_S, DEADLINE_S, request_of
from chaos.probes.shipping import FILE, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.observe import Told
    from chaos.probes.series import Series
    from lab.lab import Lab

WARM_UP_S = 2.0
TLS = {"ca": "pki/ca.crt", "cert": "pki/probe.crt", "key": "pki/probe.key"}


def _nobody(at_s: float, kind: str, **fields: Any) -> None:
    """Hear nothing."""


class Probers:
    """All probers of a lab; `seen` gets each sample, `told` what happens to watches.

    Both carry absolute monotonic seconds.
    """

    def __init__(
        self,
        lab: Lab,
        series: Sequence[Series],
        seen: Callable[[dict[str, Any]], None],
        told: Told = _nobody,
    ) -> None:
        self._lab = lab
        self._series = series
        self._seen = seen
        self._told = told
        self._samples: list[dict[str, Any]] = []
        self._cpu: dict[str, list[tuple[float, float]]] = {}
        self._lock = threading.Lock()
        self._streams: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        program = zipped()
        for worker in self._lab.plan.with_role("worker"):
            host, port = self._lab.plan.frontend(worker.name)
            config = {
                "host": host,
                "port": port,
                "authority": "lab",
                "tls": TLS | {"name": host},
                "client_timeout_s": CLIENT_TIMEOUT_S,
                "warm_up_s": WARM_UP_S,
                "duration_s": None,
                "series": [request_of(one, worker.name) for one in self._series],
            }
            agent = self._lab.agent(worker.name)
            agent.put({FILE: program, "prober.json": json.dumps(config).encode()})
            stream = agent.stream([self._lab.python, FILE, "prober.json"]).channel
            self._streams.append(stream)
            thread = threading.Thread(target=self._read, args=(stream, worker.name), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def _read(self, stream: socket.socket, worker: str) -> None:
        with stream.makefile("rb") as lines:
            for line in lines:
                try:
                    sample = json.loads(line)
                except ValueError:
                    continue  # a traceback of a dying prober; its silence is noticed as a gap
                if "cpu_s" in sample:
                    self._cpu.setdefault(worker, []).append((sample["at_s"], sample["cpu_s"]))
                if "event" in sample:
                    kind, at_s = sample.pop("event"), sample.pop("at_s")
                    self._told(at_s, kind, worker=worker, **sample)
                if "outcome" not in sample:
                    continue
                sample["worker"] = worker
                with self._lock:
                    self._samples.append(sample)
                self._seen(sample)

    def __exit__(self, *_: object) -> None:
        for stream in self._streams:
            with contextlib.suppress(OSError):  # its agent is gone, and the prober with it
                stream.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for stream in self._streams:
            stream.close()

    def samples(self, since_s: float = 0.0, until_s: float = float("inf")) -> list[dict[str, Any]]:
        """Return the finished probes that were scheduled in [since_s, until_s)."""
        with self._lock:
            return [s for s in self._samples if since_s <= s["scheduled_s"] < until_s]

    def cpu_shares(self) -> dict[str, float]:
        """Return how many cores the prober of each worker took on average."""
        shares = {}
        for worker, seen in self._cpu.items():
            (begin_s, first_s), (end_s, last_s) = seen[0], seen[-1]
            if end_s > begin_s:
                shares[worker] = (last_s - first_s) / (end_s - begin_s)
        return shares

    def unclean(self, window_s: float) -> str:
        """Return "" when every series of every worker was good in the last window, else evidence.

        The window ends one deadline ago: younger probes may still be under way.
        """
        now_s = time.monotonic() - DEADLINE_S
        window = self.samples(now_s - window_s, now_s)
        seen = {(s["worker"], s["probe"], s["connection"]) for s in window}
        for worker in self._lab.plan.with_role("worker"):
            for one in self._series:
                if (worker.name, one.probe, one.connection) not in seen:
                    return f"no {one.probe} on {one.connection} connections from {worker.name} yet"
        for sample in window:
            if not is_good(sample):
                kind = f"{sample['probe']} on a {sample['connection']} connection"
                return f"{kind} from {sample['worker']}: {sample['error'] or 'late'}"
        return ""


def is_good(sample: dict[str, Any]) -> bool:
    """Whether a probe was answered well within the deadline."""
    took_s = sample["ended_s"] - sample["started_s"]
    return bool(sample["outcome"] == "ok" and took_s <= DEADLINE_S)
