"""Servers and probers side by side, in a network namespace of their own.

Run as a program inside it: python -m chaos.selftest.known_outages.lanes FOLDER. Reads
FOLDER/planned.json, a list of spans for each lane; writes FOLDER/samples.jsonl and
FOLDER/spans.json, in monotonic seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.errors import ChaosError
from chaos.probes.endpoint import Identity
from chaos.probes.protocol import ProberConfig, read_line
from chaos.probes.requests import Request
from chaos.probes.series import Series
from chaos.selftest.known_outages import server
from chaos.selftest.known_outages.spans import CLIENT_TIMEOUT_S, QUIET_S, RATE_HZ, SLOW_S, Span
from lab.certificates import Authority
from lab.environment import tools_environment
from reports.history.samples import Sample
from reports.locale.message import message, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_PORT = 8000
# All programs have started, and every pool is open, before the first span may begin.
START_S = 6.0
# What a machine that is too busy may take beyond what was planned.
SPARE_S = 20.0
RULES = """
add table inet truth
add set inet truth dropped { type inet_service; }
add chain inet truth in { type filter hook input priority 0; }
add rule inet truth in tcp dport @dropped drop
add rule inet truth in tcp sport @dropped drop
"""
MODES = ("new", "reused")
# -P: whatever files the current folder holds
PYTHON = (sys.executable, "-P", "-m")


def measured(folder: Path, lanes: Sequence[Sequence[Span]]) -> tuple[list[Sample], list[Span]]:
    """Measure the spans, each lane on a server of its own; return all samples and the true spans.

    Raises ChaosError when it could not be done or took too long.
    """
    planned = [[span.as_dict() for span in lane] for lane in lanes]
    (folder / "planned.json").write_text(json.dumps(planned))
    argv = ["unshare", "--net", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        argv += ["--user", "--map-root-user"]
    argv += [*PYTHON, "chaos.selftest.known_outages.lanes", str(folder)]
    last_s = max(span.ended_s for lane in lanes for span in lane)
    try:
        subprocess.run(
            argv,
            check=True,
            stderr=subprocess.PIPE,
            text=True,
            timeout=START_S + last_s + QUIET_S + SPARE_S,
            env=tools_environment(),
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        raise ChaosError(verbatim(lines[-1] if lines else str(error))) from error
    except subprocess.TimeoutExpired as error:
        raise ChaosError(message("selftest-took-too-long", timeout_s=error.timeout)) from error
    lines = (folder / "samples.jsonl").read_text().splitlines()
    spans = json.loads((folder / "spans.json").read_text())
    return [Sample(**json.loads(line)) for line in lines], [Span(**span) for span in spans]


class Filter:
    """A program that is ready to change the packet filter, so that firing takes no start-up."""

    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._nft = subprocess.Popen(["nft", "-f", "-"], stdin=subprocess.PIPE, text=True)

    def fire(self, at_s: float) -> tuple[float, float]:
        """Change it at a moment; return the moments before and after."""
        time.sleep(max(0.0, at_s - time.monotonic()))
        before_s = time.monotonic()
        self._nft.communicate(self._rule)
        if self._nft.returncode != 0:
            raise SystemExit(f"nft refused {self._rule}")
        return before_s, time.monotonic()


class Lane:
    """A server, a prober, and spans in monotonic seconds."""

    def __init__(self, folder: Path, number: int, planned: Sequence[Span]) -> None:
        self.name = planned[0].lane
        self._port = FIRST_PORT + number
        self._folder = folder
        self._planned = planned
        self.spans: list[Span] = []
        self.samples: list[Sample] = []
        self._server = self._started(server.__name__, self._server_config())
        self._line_of_server()  # ready
        config = folder / f"{self.name}.json"
        config.write_bytes(self._prober_config().encoded())
        self._prober = self._started("chaos.probes.prober", str(config))

    def _started(self, module: str, argument: str) -> subprocess.Popen[str]:
        return subprocess.Popen([*PYTHON, module, argument], stdout=subprocess.PIPE, text=True)

    def _line_of_server(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline()

    def _server_config(self) -> str:
        spans = [[span.kind, span.begin_s, span.end_s] for span in self._planned]
        config = {"port": self._port, "pki": str(self._folder), "slow_s": SLOW_S, "spans": spans}
        return json.dumps(config)

    def _prober_config(self) -> ProberConfig:
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

    def start(self) -> threading.Thread:
        """Start all that reads and switches; return the thread that ends when all is over."""
        switching = [threading.Thread(target=act) for act in (self._follow, self._drop)]

        def end() -> None:
            """End the prober when all spans are over and good requests followed."""
            for thread in switching:
                thread.join()
            time.sleep(QUIET_S)
            self._prober.terminate()

        reading = threading.Thread(target=self._read)
        for thread in (*switching, reading, threading.Thread(target=end)):
            thread.start()
        return reading

    def _follow(self) -> None:
        """Take down when the server was switched."""
        for planned in self._planned:
            kind, *moments = json.loads(self._line_of_server())
            if kind != "drop":
                self.spans.append(Span(planned.lane, kind, *moments))

    def _read(self) -> None:
        assert self._prober.stdout is not None
        for text in self._prober.stdout:
            line = read_line(text, self.name)
            if isinstance(line, Sample):
                self.samples.append(line)
        self._server.kill()

    def _drop(self) -> None:
        """Fire the packet filter's spans."""
        element = f"element inet truth dropped {{ {self._port} }}"
        for span in self._planned:
            if span.kind != "drop":
                continue
            time.sleep(max(0.0, span.begin_s - QUIET_S / 2 - time.monotonic()))
            begin, end = Filter(f"add {element}"), Filter(f"delete {element}")
            begun = begin.fire(span.begin_s)
            ended = end.fire(begun[1] + span.end_s - span.begin_s)
            self.spans.append(
                replace(span, begin_s=begun[0], began_s=begun[1], end_s=ended[0], ended_s=ended[1])
            )


def main(folder: Path) -> None:
    """Measure every lane at the same time."""
    # as a lab's processes; in a user namespace nobody may
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
    authority = Authority.made("truth")
    (folder / "ca.crt").write_bytes(authority.certificate)
    for name in ("server", "probe"):
        pair = authority.issue(name, names=("127.0.0.1",))
        (folder / f"{name}.crt").write_bytes(pair.certificate)
        (folder / f"{name}.key").write_bytes(pair.key)
    start_s = time.monotonic() + START_S
    planned = json.loads((folder / "planned.json").read_text())
    lanes = [
        Lane(folder, number, [Span(**span).later(start_s) for span in spans])
        for number, spans in enumerate(planned)
    ]
    for thread in [lane.start() for lane in lanes]:
        thread.join()
    with (folder / "samples.jsonl").open("w") as file:
        file.writelines(
            json.dumps(asdict(sample)) + "\n" for lane in lanes for sample in lane.samples
        )
    spans = [span.as_dict() for lane in lanes for span in lane.spans]
    (folder / "spans.json").write_text(json.dumps(spans))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
