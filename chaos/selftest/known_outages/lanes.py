"""Servers and probers side by side, in a network namespace of their own.

Run as a program inside it: python -m tests.truth.lanes FOLDER SEED LANES COUNT. Writes
FOLDER/samples.jsonl and FOLDER/spans.json; times are absolute monotonic seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

from chaos.probes.endpoint import Identity
from chaos.probes.protocol import ProberConfig, read_line
from chaos.probes.requests import Request
from chaos.probes.series import Series
from lab.pki import Authority
from lab.runtime.netns.runtime import search_path
from reports.history.samples import Sample
from tests.truth.spans import CLIENT_TIMEOUT_S, QUIET_S, RATE_HZ, SLOW_S, Span, draw

FIRST_PORT = 8000
# All programs have started, and every pool is open, before the first span begins.
START_S = 6.0
RULES = """
add table inet truth
add set inet truth dropped { type inet_service; }
add chain inet truth in { type filter hook input priority 0; }
add rule inet truth in tcp dport @dropped drop
add rule inet truth in tcp sport @dropped drop
"""
MODES = ("new", "reused")


def measured(folder: Path, seed: str, lanes: int, count: int) -> tuple[list[Sample], list[Span]]:
    """Measure `count` spans on each of `lanes` servers; return all samples and the true spans."""
    argv = ["unshare", "--net", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        argv += ["--user", "--map-root-user"]
    argv += [sys.executable, "-m", __name__, str(folder), seed, str(lanes), str(count)]
    subprocess.run(argv, check=True, env={**os.environ, "PATH": search_path()})
    lines = (folder / "samples.jsonl").read_text().splitlines()
    spans = json.loads((folder / "spans.json").read_text())
    return [Sample(**json.loads(line)) for line in lines], [Span(**one) for one in spans]


class Filter:
    """A program that is ready to change the packet filter, so that firing takes no start-up."""

    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._nft = subprocess.Popen(["nft", "-f", "-"], stdin=subprocess.PIPE, text=True)

    def fire(self, at_s: float) -> tuple[float, float]:
        """Change it at a moment; return when it was asked to, and when it had."""
        time.sleep(max(0.0, at_s - time.monotonic()))
        before_s = time.monotonic()
        self._nft.communicate(self._rule)
        if self._nft.returncode != 0:
            raise SystemExit(f"nft refused {self._rule}")
        return before_s, time.monotonic()


class Lane:
    """One server, one prober, one list of spans."""

    def __init__(self, folder: Path, number: int, spans: list[Span]) -> None:
        self.name = f"lane-{number}"
        self._port = FIRST_PORT + number
        self._folder = folder
        self._planned = spans
        self._switching: list[threading.Thread] = []
        self.spans: list[Span] = []
        self.samples: list[Sample] = []

    def start(self) -> threading.Thread:
        """Start both, and whoever reads them; return the thread that ends when all is over."""
        spans = [[one.kind, one.begin_s, one.end_s] for one in self._planned]
        config = {"port": self._port, "pki": str(self._folder), "spans": spans}
        server = Path(__file__).with_name("server.py")
        self._server = subprocess.Popen(
            [sys.executable, str(server), json.dumps(config), str(SLOW_S)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._server.stdout.readline()
        path = self._folder / f"{self.name}.json"
        path.write_bytes(self._probing().encoded())
        self._prober = subprocess.Popen(
            [sys.executable, "-m", "chaos.probes.prober", str(path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._switching = [
            threading.Thread(target=self._follow),
            threading.Thread(target=self._drop),
        ]
        reading = threading.Thread(target=self._read)
        for thread in (*self._switching, reading, threading.Thread(target=self._end)):
            thread.start()
        return reading

    def _probing(self) -> ProberConfig:
        files = (str(self._folder / file) for file in ("ca.crt", "probe.crt", "probe.key"))
        return ProberConfig(
            host="127.0.0.1",
            port=self._port,
            authority="truth",
            name="127.0.0.1",
            identity=Identity(*files),
            client_timeout_s=CLIENT_TIMEOUT_S,
            warm_up_s=START_S / 2,
            duration_s=None,
            series=[(Series("read", mode, RATE_HZ), Request("/")) for mode in MODES],
        )

    def _follow(self) -> None:
        """Take down when the server was switched."""
        for planned in self._planned:
            kind, begin_s, began_s, end_s, ended_s = json.loads(self._server.stdout.readline())
            if kind != "drop":
                self.spans.append(Span(planned.lane, kind, begin_s, began_s, end_s, ended_s))

    def _end(self) -> None:
        """End the prober when all spans are over and good requests followed."""
        for thread in self._switching:
            thread.join()
        time.sleep(QUIET_S)
        self._prober.terminate()

    def _read(self) -> None:
        for text in self._prober.stdout:
            line = read_line(text, self.name)
            if isinstance(line, Sample):
                self.samples.append(line)
        self._server.kill()

    def _drop(self) -> None:
        """Fire the packet filter's spans."""
        element = f"element inet truth dropped {{ {self._port} }}"
        for one in (one for one in self._planned if one.kind == "drop"):
            time.sleep(max(0.0, one.begin_s - QUIET_S / 2 - time.monotonic()))
            begin, end = Filter(f"add {element}"), Filter(f"delete {element}")
            begun = begin.fire(one.begin_s)
            ended = end.fire(begun[1] + one.end_s - one.begin_s)
            self.spans.append(
                replace(one, begin_s=begun[0], began_s=begun[1], end_s=ended[0], ended_s=ended[1])
            )


def main(folder: Path, seed: str, lanes: int, count: int) -> None:
    """Measure every lane at the same time."""
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -20)  # as a lab's processes
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
    authority = Authority("truth")
    (folder / "ca.crt").write_bytes(authority.certificate)
    for name in ("server", "probe"):
        pair = authority.issue(name, names=("127.0.0.1",))
        (folder / f"{name}.crt").write_bytes(pair.certificate)
        (folder / f"{name}.key").write_bytes(pair.key)
    start_s = time.monotonic() + START_S
    planned = [draw(seed, f"lane-{number}", count, start_s) for number in range(lanes)]
    made = [Lane(folder, number, spans) for number, spans in enumerate(planned)]
    for thread in [lane.start() for lane in made]:
        thread.join()
    with (folder / "samples.jsonl").open("w") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for lane in made for one in lane.samples)
    spans = [one.as_dict() for lane in made for one in lane.spans]
    (folder / "spans.json").write_text(json.dumps(spans))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
