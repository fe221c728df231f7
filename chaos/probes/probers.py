"""The probers of a trial: started through the agents, read in threads, stopped together."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from typing import TYPE_CHECKING, Self

from chaos.probes.archive import FILE, zipped
from chaos.probes.endpoint import Identity
from chaos.probes.protocol import CpuReport, ProberConfig, mean_cores, read_line
from chaos.probes.requests import PROBES
from chaos.probes.series import CLIENT_TIMEOUT_S, DEADLINE_S, is_good
from reports.history.events import Event
from reports.history.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.probes.series import Series
    from lab.lab import Lab

WARM_UP_S = 2.0
STOP_TIMEOUT_S = 5.0
# So much later than others that ended with it may a sample reach us.
ON_ITS_WAY_S = 5.0
CONFIG = "prober.json"
IDENTITY = Identity("pki/ca.crt", "pki/probe.crt", "pki/probe.key")


def config_of(
    series: Sequence[Series], worker: str, host: str, port: int, duration_s: float | None = None
) -> ProberConfig:
    """Return what the prober of a lab's worker is told."""
    return ProberConfig(
        host=host,
        port=port,
        authority="lab",
        name=host,
        identity=IDENTITY,
        client_timeout_s=CLIENT_TIMEOUT_S,
        warm_up_s=WARM_UP_S,
        duration_s=duration_s,
        series=[(one, PROBES[one.probe].request(worker, one.connection)) for one in series],
    )


def _end(stream: socket.socket) -> None:
    with contextlib.suppress(OSError):  # its agent is gone, and the prober with it
        stream.shutdown(socket.SHUT_RDWR)


class Probers:
    """All probers of a lab; `sample` gets each sample, `event` what happens to watches.

    Both carry absolute monotonic seconds, and come from a thread a worker.
    """

    def __init__(
        self,
        lab: Lab,
        series: Sequence[Series],
        sample: Callable[[Sample], None],
        event: Callable[[Event], None],
    ) -> None:
        self._lab = lab
        self._series = series
        self._sample = sample
        self._event = event
        self._samples: list[Sample] = []
        self._cpu: dict[str, list[CpuReport]] = {}
        self._lock = threading.Lock()
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        program = zipped()
        with contextlib.ExitStack() as undo:
            for worker in self._lab.plan.with_role("worker"):
                self._start(worker.name, program, undo)
            self._undo = undo.pop_all()
        return self

    def _start(self, worker: str, program: bytes, undo: contextlib.ExitStack) -> None:
        config = config_of(self._series, worker, *self._lab.plan.frontend(worker))
        agent = self._lab.agent(worker)
        agent.put({FILE: program, CONFIG: config.encoded()})
        stream = undo.enter_context(agent.stream([self._lab.python, FILE, CONFIG]).channel)
        reader = threading.Thread(target=self._read, args=(stream, worker), daemon=True)
        reader.start()
        undo.callback(reader.join, STOP_TIMEOUT_S)
        undo.callback(_end, stream)

    def _read(self, stream: socket.socket, worker: str) -> None:
        with stream.makefile("rb") as lines:
            for text in lines:
                try:
                    line = read_line(text, worker)
                except ValueError:
                    continue  # a traceback of a dying prober; its silence is noticed as a gap
                if isinstance(line, Sample):
                    with self._lock:
                        self._samples.append(line)
                    self._sample(line)
                elif isinstance(line, CpuReport):
                    with self._lock:
                        self._cpu.setdefault(worker, []).append(line)
                elif isinstance(line, Event):
                    self._event(line)

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def cpu_shares(self) -> dict[str, float]:
        """Return how many cores the prober of each worker took on average."""
        with self._lock:
            shares = {worker: mean_cores(reports) for worker, reports in self._cpu.items()}
        return {worker: share for worker, share in shares.items() if share is not None}

    def unclean(self, window_s: float) -> str:
        """Return "" when every series of every worker was good in the last window, else evidence.

        The window ends one deadline ago: younger probes may still be under way.
        """
        until_s = time.monotonic() - DEADLINE_S
        since_s = until_s - window_s
        with self._lock:
            # they came as they ended: those that ended long before the window were not due in it
            late = itertools.takewhile(
                lambda one: one.ended_s > since_s - ON_ITS_WAY_S, reversed(self._samples)
            )
            window = [one for one in late if since_s <= one.scheduled_s < until_s]
        there = {(one.worker, one.probe, one.connection) for one in window}
        for worker in self._lab.plan.with_role("worker"):
            for one in self._series:
                if (worker.name, one.probe, one.connection) not in there:
                    return f"no {one.probe} on {one.connection} connections from {worker.name} yet"
        for sample in window:
            if not is_good(sample):
                kind = f"{sample.probe} on a {sample.connection} connection"
                return f"{kind} from {sample.worker}: {sample.error or 'late'}"
        return ""
