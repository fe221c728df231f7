"""What a probe costs, beside vegeta: the same apiserver, the same certificate, by turns.

Both speak HTTP/1.1 with mutual TLS to one apiserver from one worker's network. CPU is user and
system time of the process; of the prober, from the first to the last report of the schedule (its
pool of rate x timeout + 1 connections is opened once, before), of vegeta of all its life.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from chaos.probes.archive import FILE, packed_prober
from chaos.probes.probers import IDENTITY, config_of
from chaos.probes.protocol import CpuReport, ProbeSchedule, read_line
from chaos.probes.requests import PROBES
from chaos.probes.series import Series
from lab.binaries.build import build_binaries
from lab.binaries.versions import Module
from lab.nodes import APISERVER_PORT
from reports.history.samples import Sample

if TYPE_CHECKING:
    from lab.lab import Lab

HERE = Path(__file__).parent
VEGETA = Module("vegeta", "12.13.0", {"vegeta": "github.com/tsenart/vegeta/v12"}, "")
RATE_HZ, LENGTH_S, ROUNDS = 100, 10, 3
WORKERS, WORKERS_RATE_HZ = 50, 5
NODE, MASTER = "worker-1", "master-1"
PATH = PROBES["read"].request(NODE, "new").path
TIMED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], input=sys.stdin.read(), text=True, capture_output=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "out": done.stdout, "err": done.stderr}))
"""


def built_vegeta() -> Path:
    """Return vegeta, built once from the pinned module."""
    path = HERE / ".bin" / "vegeta"
    if not path.exists():
        build_binaries(VEGETA, ["vegeta"], path.parent, print, sources=HERE)
    return path.resolve()


def _printed(lab: Lab, argv: list[str]) -> list[bytes]:
    with lab.agent(NODE).stream(argv).channel.makefile("rb") as output:
        return list(output)


def _put(lab: Lab, name: str, series: list[Series], length_s: float) -> None:
    """Put the prober and its configuration on the node."""
    host = lab.plan.node(MASTER).address
    config = config_of(series, NODE, host, APISERVER_PORT, length_s)
    lab.agent(NODE).put({FILE: packed_prober(), name: config.encoded()})


@dataclass(frozen=True)
class Cost:
    """What a prober took between its first report in the schedule and its last one.

    `ended`: how many probes ended there; `samples`: all of them.
    """

    cpu_s: float
    length_s: float
    ended: int
    samples: list[Sample]


def _cost(lab: Lab, name: str) -> Cost:
    """Run the prober that was put there, to its end."""
    lines = [read_line(text, NODE) for text in _printed(lab, [sys.executable, FILE, name])]
    (begin_s,) = (one.at_s for one in lines if isinstance(one, ProbeSchedule) and not one.ended)
    reports = [one for one in lines if isinstance(one, CpuReport) and one.at_s >= begin_s]
    first, last = reports[0], reports[-1]
    samples = [one for one in lines if isinstance(one, Sample)]
    ended = sum(first.at_s <= one.ended_s <= last.at_s for one in samples)
    return Cost(last.cpu_s - first.cpu_s, last.at_s - first.at_s, ended, samples)


def _ours_ms(lab: Lab, mode: str) -> tuple[float, int]:
    """Return the CPU ms a probe, and how many were not good."""
    _put(lab, "cost.json", [Series("read", mode, RATE_HZ)], LENGTH_S)
    cost = _cost(lab, "cost.json")
    return 1000 * cost.cpu_s / cost.ended, sum(one.outcome != "ok" for one in cost.samples)


def _vegeta_ms(lab: Lab, mode: str) -> tuple[float, int]:
    """Return the same of vegeta."""
    target = f"GET https://{lab.plan.node(MASTER).address}:{APISERVER_PORT}{PATH}"
    lab.agent(NODE).put({"targets": f"{target}\n".encode(), "results": b""})
    argv = [str(built_vegeta()), "attack", "-targets=targets", "-output=results", "-http2=false"]
    argv += [f"-rate={RATE_HZ}", f"-duration={LENGTH_S}s", f"-keepalive={mode == 'reused'}".lower()]
    argv += [f"-root-certs={IDENTITY.ca}", f"-cert={IDENTITY.cert}", f"-key={IDENTITY.key}"]
    (done,) = map(json.loads, _printed(lab, [sys.executable, "-c", TIMED, *argv]))
    report = [str(built_vegeta()), "report", "-type=json", "results"]
    (shown,) = map(json.loads, _printed(lab, [sys.executable, "-c", TIMED, *report]))
    results = json.loads(shown["out"])
    bad = results["requests"] - results["status_codes"].get("200", 0)
    return 1000 * done["cpu_s"] / results["requests"], bad


def beside_vegeta(lab: Lab) -> Table:
    """Probe one apiserver by turns, on new and on reused connections."""
    table = Table(
        *("connections", "round", "prober ms", "vegeta ms", "ratio", "bad"),
        title=f"CPU a request at {RATE_HZ} Hz, {LENGTH_S} s each, mutual TLS",
    )
    for mode, wanted in (("new", 1.0), ("reused", 0.7)):
        ratios = []
        for number in range(ROUNDS):
            (ours, our_bad), (theirs, their_bad) = _ours_ms(lab, mode), _vegeta_ms(lab, mode)
            ratios.append(ours / theirs)
            cells = (f"{ours:.2f}", f"{theirs:.2f}", f"{ratios[-1]:.2f}")
            table.add_row(mode, str(number + 1), *cells, f"{our_bad}, {their_bad}")
        middle = statistics.median(ratios)
        table.add_row(mode, "median", "", f"wanted ≤ {wanted:g}", f"{middle:.2f}", "")
    return table


def many_workers(lab: Lab) -> Table:
    """Run as many probers as a large lab has workers, two reused series each."""
    series = [Series(probe, "reused", WORKERS_RATE_HZ) for probe in ("read", "livez")]
    found: list[Cost] = []

    def run(number: int) -> None:
        found.append(_cost(lab, f"many-{number}.json"))

    for number in range(WORKERS):
        _put(lab, f"many-{number}.json", series, LENGTH_S * 2)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cores = sum(one.cpu_s / one.length_s for one in found)
    samples = [one for cost in found for one in cost.samples]
    late_ms = sorted(1000 * (one.started_s - one.scheduled_s) for one in samples)
    table = Table(
        "what",
        "value",
        title=f"{WORKERS} probers of two reused series at {WORKERS_RATE_HZ} Hz",
    )
    table.add_row("cores, wanted ≤ 0.5", f"{cores:.3f}")
    table.add_row("probes", str(len(samples)))
    table.add_row("lateness p99, ms, wanted < 10", f"{late_ms[int(0.99 * len(late_ms))]:.1f}")
    table.add_row("lateness max, ms", f"{late_ms[-1]:.1f}")
    return table
