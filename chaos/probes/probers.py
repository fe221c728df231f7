"""The probers of a trial: started through the agents, read in threads, stopped together."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from chaos.node_program import node_argv
from chaos.probes.archive import FILE, packed_prober
from chaos.probes.endpoint import Identity
from chaos.probes.protocol import CpuReport, ProberConfig, mean_cores, read_line
from chaos.probes.requests import PROBES
from chaos.probes.series import CLIENT_TIMEOUT_S, DEADLINE_S, is_good
from reports.history.events import Event
from reports.history.samples import Sample
from reports.history.series_names import series_of_worker
from reports.locale.message import message
from reports.locale.outcomes import error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chaos.probes.series import Series
    from lab.lab import Lab
    from reports.locale.message import Message

WARM_UP_S = 2.0
STOP_TIMEOUT_S = 5.0
# Samples of two workers that end together arrive at most this many seconds apart.
ARRIVAL_SPREAD_S = 5.0
PROBER_CONFIG_FILE = "prober.json"
IDENTITY = Identity("pki/ca.crt", "pki/probe.crt", "pki/probe.key")


def config_of(
    series: Sequence[Series],
    worker: str,
    host: str,
    port: int,
    duration_s: float | None = None,
    closes_idle_s: float = 0.0,
    masters: Mapping[str, str] = MappingProxyType({}),
    name: str = "",
) -> ProberConfig:
    """Return the configuration of the prober on a worker, as ProberConfig describes it."""
    return ProberConfig(
        host=host,
        port=port,
        authority="lab",
        name=name or host,
        identity=IDENTITY,
        client_timeout_s=CLIENT_TIMEOUT_S,
        warm_up_s=WARM_UP_S,
        duration_s=duration_s,
        series=[(s, PROBES[s.probe].request(worker, s.connection)) for s in series],
        closes_idle_s=closes_idle_s,
        masters=dict(masters),
    )


def _close_channel(stream: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the agent is gone, and the prober with it
        stream.shutdown(socket.SHUT_RDWR)


class Probers:
    """All probers of a lab; `on_sample` gets each sample, `on_event` each event of a watch.

    Their times are absolute monotonic seconds. Both are called by a thread of each worker.
    """

    def __init__(
        self,
        lab: Lab,
        series: Sequence[Series],
        on_sample: Callable[[Sample], None],
        on_event: Callable[[Event], None],
    ) -> None:
        self._lab = lab
        self._series = series
        self._on_sample = on_sample
        self._on_event = on_event
        self._samples: list[Sample] = []
        # (worker, master) -> when the first and the last good request began that it served
        self._served: dict[tuple[str, str], tuple[float, float]] = {}
        self._cpu: dict[str, list[CpuReport]] = {}
        self._lock = threading.Lock()
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        program = packed_prober()
        with contextlib.ExitStack() as undo:
            for worker in self._lab.plan.with_role("worker"):
                self._start(worker.name, program, undo)
            self._undo = undo.pop_all()
        return self

    def _start(self, worker: str, program: bytes, undo: contextlib.ExitStack) -> None:
        plan = self._lab.plan
        config = config_of(
            *(self._series, worker, *plan.frontend(worker)),
            closes_idle_s=plan.reaction.closes_idle_s,
            masters=plan.names,
            name=plan.frontend_name(worker),
        )
        agent = self._lab.agent(worker)
        agent.put({FILE: program, PROBER_CONFIG_FILE: config.encoded()})
        command = node_argv(self._lab.python, FILE, PROBER_CONFIG_FILE)
        stream = undo.enter_context(agent.stream(command).channel)
        reader = threading.Thread(target=self._read, args=(stream, worker), daemon=True)
        reader.start()
        undo.callback(reader.join, STOP_TIMEOUT_S)
        undo.callback(_close_channel, stream)

    def _read(self, stream: socket.socket, worker: str) -> None:
        # a channel that breaks is an end like any other: the silence shows as a gap
        with contextlib.suppress(OSError), stream.makefile("rb") as lines:
            for text in lines:
                try:
                    line = read_line(text, worker)
                except ValueError:
                    continue  # a traceback of a failing prober; its silence shows as a gap
                if isinstance(line, Sample):
                    self._keep(line)
                    self._on_sample(line)
                elif isinstance(line, CpuReport):
                    with self._lock:
                        self._cpu.setdefault(worker, []).append(line)
                elif isinstance(line, Event):
                    self._on_event(line)

    def _keep(self, sample: Sample) -> None:
        pair = (sample.worker, sample.master)
        with self._lock:
            self._samples.append(sample)
            if sample.master and is_good(sample):
                first_s, last_s = self._served.get(pair, (sample.started_s, sample.started_s))
                self._served[pair] = (
                    min(first_s, sample.started_s),
                    max(last_s, sample.started_s),
                )

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def cpu_shares(self) -> dict[str, float]:
        """Return how many cores the prober of each worker took on average."""
        with self._lock:
            shares = {worker: mean_cores(reports) for worker, reports in self._cpu.items()}
        return {worker: share for worker, share in shares.items() if share is not None}

    def unserved(self, before_s: float, since_s: float) -> dict[str, list[str]]:
        """Return worker -> masters that served it well before a moment and not since another one.

        Monotonic seconds, of the beginnings of requests through the worker's frontend.
        """
        missing: dict[str, list[str]] = {}
        with self._lock:
            for (worker, master), (first_s, last_s) in self._served.items():
                if first_s < before_s and last_s < since_s:
                    missing.setdefault(worker, []).append(master)
        return missing

    def unclean(self, window_s: float) -> Message | None:
        """Return None when every series of every worker was good in the last window, else evidence.

        The window ends a deadline ago: later probes may have no answer yet.
        """
        until_s = time.monotonic() - DEADLINE_S
        since_s = until_s - window_s
        with self._lock:
            # samples arrive as they end: those before a sample that ended long before the window
            # were not due in it
            recent = itertools.takewhile(
                lambda sample: sample.ended_s > since_s - ARRIVAL_SPREAD_S, reversed(self._samples)
            )
            window = [sample for sample in recent if since_s <= sample.scheduled_s < until_s]
        measured = {(sample.worker, sample.probe, sample.connection) for sample in window}
        for worker in self._lab.plan.with_role("worker"):
            for series in self._series:
                if (worker.name, series.probe, series.connection) not in measured:
                    silent = series_of_worker(series.probe, worker.name, series.connection)
                    return message("series-silent", series=silent)
        for sample in window:
            if not is_good(sample):
                about = series_of_worker(sample.probe, sample.worker, sample.connection)
                error = message("late")
                if sample.error:
                    error = error_text(sample.error, sample.status)
                return message("sample-bad", series=about, error=error)
        return None
