"""The probers of a lab: what they print reaches who asked, and they end together. A fake lab."""

from __future__ import annotations

import json
import socket
import sys
from types import SimpleNamespace

import pytest

from chaos.probes.probers import Probers
from chaos.probes.protocol import read_line
from chaos.probes.series import Series
from lab.components import plan_lab
from lab.errors import AgentError
from lab.readiness import wait_until
from lab.spec import LabSpec
from reports.history.events import WatchEnd

READ = {"probe": "read", "connection": "new", "outcome": "ok", "status": 200, "error": ""}
READ |= {"scheduled_s": 1.0, "started_s": 1.0, "ended_s": 1.1, "master": "master-1"}
READ = json.dumps(READ | {"client_port": 40000}).encode() + b"\n"


class Agents:
    """A lab of two workers; what its probers print is written into the sockets of `printers`."""

    def __init__(self):
        self.plan = plan_lab(LabSpec(workers=2))
        self.python = sys.executable
        self.broken = set()
        self.printers = {}
        self.put = {}

    def agent(self, worker):
        return SimpleNamespace(
            put=lambda files: self.put.update({worker: files}),
            stream=lambda argv: self.stream(worker, argv),
        )

    def stream(self, worker, argv):
        if worker in self.broken:
            raise AgentError(f"{worker} is gone")
        assert argv == [sys.executable, "prober.pyz", "prober.json"]
        ours, self.printers[worker] = socket.socketpair()
        return SimpleNamespace(channel=ours)


@pytest.fixture
def lab():
    made = Agents()
    yield made
    for printer in made.printers.values():
        printer.close()


def ended(printer):
    """Whether the other end was closed."""
    printer.settimeout(5)
    return printer.recv(1) == b""


SERIES = (Series("read", "new", 10), Series("watch", "reused", 5))


def test_what_is_printed_reaches_who_asked_and_a_traceback_nobody(lab):
    samples, events = [], []
    with Probers(lab, SERIES, samples.append, events.append) as probers:
        lab.printers["worker-1"].sendall(b"Traceback:\n" + READ)
        lab.printers["worker-2"].sendall(
            b'{"event": "watch_end", "at_s": 2.0, "error": "timeout"}\n'
            b'{"cpu_s": 1.0, "at_s": 2.0}\n{"cpu_s": 1.5, "at_s": 4.0}\n' + READ
        )
        wait_until("two samples", lambda: "" if len(samples) == 2 else "fewer", 5)
        assert probers.cpu_shares() == {"worker-2": 0.25}
    assert set(samples) == {read_line(READ, "worker-1"), read_line(READ, "worker-2")}
    assert events == [WatchEnd(2.0, "worker-2", "timeout")]
    assert all(ended(printer) for printer in lab.printers.values())


def test_each_worker_is_asked_at_its_own_frontend_with_objects_of_its_own(lab):
    with Probers(lab, SERIES, [].append, [].append):
        pass
    for worker, files in lab.put.items():
        config = json.loads(files["prober.json"])
        assert (config["host"], config["port"]) == lab.plan.frontend(worker)
        assert config["tls"]["name"] == config["host"]
        assert [one["probe"] for one in config["series"]] == ["read", "watch"]
        assert f"heartbeat-{worker}" in config["series"][1]["watch_path"]


def test_probers_that_were_started_are_ended_when_another_cannot_be(lab):
    lab.broken.add("worker-2")
    with (
        pytest.raises(AgentError, match="worker-2 is gone"),
        Probers(lab, SERIES, [].append, [].append),
    ):
        pass
    assert ended(lab.printers["worker-1"])
