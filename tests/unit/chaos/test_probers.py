"""The probers of a fake lab: their lines reach the caller, and they end together."""

from __future__ import annotations

import json
import socket
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from made_samples import sample

from chaos.probes import probers as probers_module
from chaos.probes.probers import Probers
from chaos.probes.protocol import CpuReport, read_line
from chaos.probes.series import Series
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError
from lab.readiness import wait_until
from lab.spec import LabSpec
from reports.history.events import WatchEnd
from reports.locale.catalogue import text_of

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
        assert argv == [sys.executable, "-I", "-S", "prober.pyz", "prober.json"]
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
        assert [series["probe"] for series in config["series"]] == ["read", "watch"]
        assert f"heartbeat-{worker}" in config["series"][1]["watch_path"]


def test_probers_that_were_started_are_ended_when_another_cannot_be(lab):
    lab.broken.add("worker-2")
    with (
        pytest.raises(AgentError, match="worker-2 is gone"),
        Probers(lab, SERIES, [].append, [].append),
    ):
        pass
    assert ended(lab.printers["worker-1"])


@pytest.fixture
def two_probers(monkeypatch):
    """Probers of two workers, one series, none of them started; it is second 100."""
    monkeypatch.setattr(probers_module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    assert time.monotonic() != 100.0
    lab = SimpleNamespace(plan=plan_lab(LabSpec(workers=2)))
    made = Probers(lab, (Series("read", "new", 10),), [].append, [].append)
    made._samples += [sample(98.0), sample(98.0, worker="worker-2")]
    return made


def test_a_master_is_missed_where_it_served_before_and_not_since(two_probers):
    served = [
        *(
            (worker, "master-1", at_s)
            for worker in ("worker-1", "worker-2")
            for at_s in (1.0, 20.0)
        ),
        *(("worker-1", "master-2", 1.0), ("worker-2", "master-2", 1.5), ("worker-1", "", 1.0)),
        ("worker-2", "master-2", 20.0),
        ("worker-1", "backup", 12.0),
    ]
    for worker, master, at_s in served:
        two_probers._keep(replace(sample(at_s, worker), master=master))
    bad = {"took_s": 3.0}, {"outcome": "fail", "error": "http"}
    for how in bad:
        two_probers._keep(replace(sample(21.0, "worker-1", **how), master="master-2"))
    assert two_probers.unserved(10.0, 15.0) == {"worker-1": ["master-2"]}
    assert two_probers.unserved(10.0, 1.0) == {}
    assert two_probers.unserved(1.0, 15.0) == {}


def test_probes_that_were_all_good_are_clean(two_probers):
    assert two_probers.unclean(3.0) is None


@pytest.mark.parametrize(
    ("more", "evidence"),
    [
        pytest.param(
            sample(97.0, outcome="fail", error="refused"),
            "read on new connections from worker-1: refused",
            id="failed",
        ),
        pytest.param(
            sample(97.0, worker="worker-2", took_s=1.5),
            "read on new connections from worker-2: answered too late",
            id="late",
        ),
        pytest.param(
            sample(96.0, outcome="fail", error="refused"),
            "read on new connections from worker-1: refused",
            id="as the window begins",
        ),
        pytest.param(sample(99.0, outcome="fail", error="refused"), None, id="as it ends"),
        pytest.param(sample(95.9, outcome="fail", error="refused"), None, id="before the window"),
        pytest.param(sample(99.1, outcome="fail", error="refused"), None, id="after the window"),
    ],
)
def test_a_bad_probe_counts_while_it_is_in_the_window(two_probers, more, evidence):
    two_probers._samples.append(more)
    unclean = two_probers.unclean(3.0)
    assert (unclean and text_of(unclean, "en")) == evidence


def test_no_more_than_a_window_can_need_is_looked_at(two_probers):
    looked = []
    window = [*two_probers._samples]

    class Seen(list):
        def __reversed__(self):
            for looked_at in super().__reversed__():
                looked.append(looked_at)
                yield looked_at

    two_probers._samples = Seen([sample(at_s / 10) for at_s in range(500)] + window)
    assert two_probers.unclean(3.0) is None
    assert len(looked) == len(window) + 1


def test_a_series_that_is_silent_is_not_clean(two_probers):
    del two_probers._samples[1]
    evidence = text_of(two_probers.unclean(3.0), "en")
    assert evidence == "no probe yet: read on new connections from worker-2"


def test_the_share_of_a_core_is_an_average_and_one_report_is_none(two_probers):
    reports = [CpuReport(10.0, 1.0), CpuReport(11.0, 1.9), CpuReport(14.0, 2.0)]
    two_probers._cpu |= {"worker-1": reports, "worker-2": reports[:1]}
    assert two_probers.cpu_shares() == {"worker-1": pytest.approx(0.25)}
