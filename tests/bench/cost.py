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
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from chaos.probes.running import TLS
from chaos.probes.series import CLIENT_TIMEOUT_S, CONFIGMAPS
from chaos.probes.shipping import FILE, zipped
from lab.binaries.build import build
from lab.binaries.versions import Module
from lab.plan import APISERVER_PORT

if TYPE_CHECKING:
    from lab.lab import Lab

HERE = Path(__file__).parent
VEGETA = Module("vegeta", "12.13.0", {"vegeta": "github.com/tsenart/vegeta/v12"}, "")
RATE_HZ, LENGTH_S, ROUNDS = 100, 10, 3
WORKERS, WORKERS_RATE_HZ = 50, 5
NODE, MASTER = "worker-1", "master-1"
PATH = f"{CONFIGMAPS}/probe"
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
        build(VEGETA, ["vegeta"], path.parent, print, sources=HERE)
    return path.resolve()


def _lines(lab: Lab, argv: list[str]) -> list[dict]:
    with lab.agent(NODE).stream(argv).channel.makefile("rb") as output:
        return [json.loads(line) for line in output]


def _put(lab: Lab, name: str, series: list[dict], length_s: float) -> None:
    """Put the prober and its configuration on the node."""
    host = lab.plan.node(MASTER).address
    config = {
        "host": host,
        "port": APISERVER_PORT,
        "authority": "lab",
        "tls": TLS | {"name": host},
        "client_timeout_s": CLIENT_TIMEOUT_S,
        "warm_up_s": 2.0,
        "duration_s": length_s,
        "series": [{"method": "GET", "path": PATH, **one} for one in series],
    }
    lab.agent(NODE).put({FILE: zipped(), name: json.dumps(config).encode()})


def _used(lines: list[dict]) -> tuple[float, float, int]:
    """Return the CPU seconds between two reports, the seconds, and how many probes ended there."""
    (begin_s,) = (one["begin_s"] for one in lines if "begin_s" in one)
    reports = [one for one in lines if "cpu_s" in one and one["at_s"] >= begin_s]
    first, last = reports[0], reports[-1]
    ended = sum(first["at_s"] <= one.get("ended_s", 0.0) <= last["at_s"] for one in lines)
    return last["cpu_s"] - first["cpu_s"], last["at_s"] - first["at_s"], ended


def _ours_ms(lab: Lab, mode: str) -> tuple[float, int]:
    """Return the CPU ms a probe, and how many were not good."""
    series = [{"probe": "read", "connection": mode, "rate_hz": RATE_HZ}]
    _put(lab, "cost.json", series, LENGTH_S)
    lines = _lines(lab, [sys.executable, FILE, "cost.json"])
    used_s, _, ended = _used(lines)
    bad = sum(one.get("outcome", "ok") != "ok" for one in lines)
    return 1000 * used_s / ended, bad


def _vegeta_ms(lab: Lab, mode: str) -> tuple[float, int]:
    """Return the same of vegeta."""
    target = f"GET https://{lab.plan.node(MASTER).address}:{APISERVER_PORT}{PATH}"
    lab.agent(NODE).put({"targets": f"{target}\n".encode(), "results": b""})
    argv = [str(built_vegeta()), "attack", "-targets=targets", "-output=results", "-http2=false"]
    argv += [f"-rate={RATE_HZ}", f"-duration={LENGTH_S}s", f"-keepalive={mode == 'reused'}".lower()]
    argv += [f"-root-certs={TLS['ca']}", f"-cert={TLS['cert']}", f"-key={TLS['key']}"]
    (done,) = _lines(lab, [sys.executable, "-c", TIMED, *argv])
    report = [str(built_vegeta()), "report", "-type=json", "results"]
    (said,) = _lines(lab, [sys.executable, "-c", TIMED, *report])
    results = json.loads(said["out"])
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
    series = [
        {"probe": probe, "connection": "reused", "rate_hz": WORKERS_RATE_HZ}
        for probe in ("read", "livez")
    ]
    found: list[list[dict]] = []

    def run(number: int) -> None:
        found.append(_lines(lab, [sys.executable, FILE, f"many-{number}.json"]))

    for number in range(WORKERS):
        _put(lab, f"many-{number}.json", series, LENGTH_S * 2)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cores = sum(used_s / during_s for used_s, during_s, _ in map(_used, found))
    samples = [one for lines in found for one in lines if "outcome" in one]
    late_ms = sorted(1000 * (one["started_s"] - one["scheduled_s"]) for one in samples)
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
