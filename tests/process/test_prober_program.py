"""The prober against a server of the test's own, both in processes of their own."""

from __future__ import annotations

import collections
import json
import math
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from chaos.probes.archive import FILE, packed_prober
from chaos.probes.prober.connection import ConnectionTarget
from chaos.probes.prober.loop import Loop
from chaos.probes.prober.output import flush
from chaos.probes.prober.requests import Client, RequestSeries, Slot
from lab.certificates import Authority

# What the server does with a request is in its path. It writes down every request it got.
SERVER = """
import asyncio, ssl, sys

async def answer(reader, writer):
    while True:
        head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode()
        lines = head.split("\\r\\n")
        headers = dict(line.lower().split(": ") for line in lines[1:] if line)
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        print(lines[0], body, sep="|", file=log, flush=True)
        path = lines[0].split()[1]
        if path == "/hang":
            await asyncio.sleep(1000)
        if path == "/drop":
            return
        if path == "/chunked":
            chunks = "".join(f"{size:x}\\r\\n{'x' * size}\\r\\n" for size in (1, 300, 0))
            more = "Transfer-Encoding: chunked\\r\\n"
            writer.write(f"HTTP/1.1 200 OK\\r\\n{more}\\r\\n{chunks}".encode())
        elif path == "/nonsense":
            writer.write(b"this is nonsense\\r\\n\\r\\n")
        elif path == "/word":
            writer.write(b"nonsense\\r\\n\\r\\n")
        elif path == "/empty":
            writer.write(b"\\r\\n\\r\\n")
        else:
            status = int(path[1:]) if path[1:].isdigit() else 200
            more = "Connection: close\\r\\n" if path == "/close" else ""
            writer.write(f"HTTP/1.1 {status} X\\r\\n{more}Content-Length: 2\\r\\n\\r\\nok".encode())
            if path == "/close":
                return

async def connected(reader, writer):
    try:
        await answer(reader, writer)
    except (OSError, EOFError):
        pass
    finally:
        writer.close()

async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile="pki/ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain("pki/server.crt", "pki/server.key")
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(1000)

log = open("requests", "w")
asyncio.run(main())
"""

# A server without TLS, whose connections end with each answer. One has no length.
PLAIN = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        if self.path != "/endless":
            self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    do_PATCH = do_GET
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""

# A server that accepts (the kernel does) and never speaks.
MUTE = """
import socket, time
listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
print(listener.getsockname()[1], flush=True)
time.sleep(1000)
"""

# A port where nobody listens.
NOBODY = """
import socket, time
closed = socket.socket()
closed.bind(("127.0.0.1", 0))
print(closed.getsockname()[1], flush=True)
time.sleep(1000)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A directory as a worker has it, and the certificate of the one master in it."""
    directory = tmp_path_factory.mktemp("worker")
    authority = Authority.made("ca")
    (directory / "pki").mkdir()
    (directory / FILE).write_bytes(packed_prober())
    (directory / "pki" / "ca.crt").write_bytes(authority.certificate)
    for name, common_name in (("server", "master-2"), ("probe", "halab-probe")):
        pair = authority.issue(common_name, names=("127.0.0.1",))
        (directory / "pki" / f"{name}.crt").write_bytes(pair.certificate)
        (directory / "pki" / f"{name}.key").write_bytes(pair.key)
    return directory


def running(home, code):
    """Run a server; yield its port."""
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=home) as process:
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture(scope="module")
def server(home):
    yield from running(home, SERVER)


@pytest.fixture(scope="module")
def plain(home):
    yield from running(home, PLAIN)


@pytest.fixture(scope="module")
def mute(home):
    yield from running(home, MUTE)


@pytest.fixture(scope="module")
def nobody(home):
    yield from running(home, NOBODY)


def series(path, probe="read", connection="new", rate_hz=20.0):
    described = {"probe": probe, "connection": connection, "rate_hz": rate_hz, "path": path}
    if probe == "write":
        return {**described, "method": "PATCH", "body": '{"n": %d}', "content_type": "x/y"}
    return {**described, "method": "GET"}


def config(port, *several, timeout_s=0.5, warm_up_s=0.02, pki="pki", **more):
    files = {"ca": f"{pki}/ca.crt", "cert": f"{pki}/probe.crt", "key": f"{pki}/probe.key"}
    return {
        "host": "127.0.0.1",
        "port": port,
        "authority": "lab",
        "tls": {"name": "127.0.0.1", **files},
        "client_timeout_s": timeout_s,
        "warm_up_s": warm_up_s,
        "duration_s": None,
        "closes_idle_s": 0.0,
        "masters": {},
        "series": list(several),
        **more,
    }


@pytest.fixture
def probe(home):
    """Run the prober until it has printed `count` samples of every series, and CPU reports."""

    def run(port, *several, count=3, cpu_count=0, **options):
        (home / "prober.json").write_text(json.dumps(config(port, *several, **options)))
        argv = [sys.executable, FILE, "prober.json"]
        output = SimpleNamespace(samples=[], cpu=[])
        missing = collections.Counter(
            {(entry["probe"], entry["connection"]): count for entry in several}
        )
        with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=home) as process:
            for line in process.stdout:
                entry = json.loads(line)
                if "cpu_s" in entry:
                    output.cpu.append(entry)
                elif "outcome" in entry:
                    output.samples.append(entry)
                    missing[entry["probe"], entry["connection"]] -= 1
                if max(missing.values()) <= 0 and len(output.cpu) >= cpu_count:
                    break
            process.kill()
        output.samples.sort(key=lambda sample: sample["scheduled_s"])
        return output

    return run


def outcomes_of(output):
    return {(sample["outcome"], sample["error"], sample["status"]) for sample in output.samples}


def every_series(path):
    """Return reads and writes, on new and on reused connections."""
    return [series(path, kind, on) for kind in ("read", "write") for on in ("new", "reused")]


@pytest.mark.parametrize("path", ["/ok", "/chunked", "/close"])
def test_a_request_that_is_answered_is_ok(probe, server, path):
    assert outcomes_of(probe(server, *every_series(path))) == {("ok", "", 200)}


def test_a_sample_says_what_was_sent_when_and_who_answered(probe, server):
    before_s = time.monotonic()
    for sample in probe(server, series("/ok", "write", "reused")).samples:
        assert (sample["probe"], sample["connection"]) == ("write", "reused")
        assert sample["master"] == "master-2", "from the server's certificate"
        assert sample["client_port"] > 0
        assert before_s < sample["scheduled_s"] <= sample["started_s"] <= sample["ended_s"]
        assert sample["ended_s"] < time.monotonic()
        assert set(sample) == SAMPLE


SAMPLE = {
    "probe",
    "connection",
    "scheduled_s",
    "started_s",
    "ended_s",
    "status",
    "error",
    "master",
    "client_port",
    "outcome",
}


def assert_absolute(samples, rate_hz):
    """Every probe is a whole number of periods after the first, and none was left out."""
    begun_s = samples[0]["scheduled_s"]
    for number, sample in enumerate(samples):
        assert sample["scheduled_s"] == pytest.approx(begun_s + number / rate_hz, abs=1e-6)


@pytest.mark.parametrize("rate_hz", [35.0, 50.0])
def test_the_schedule_is_absolute(probe, server, rate_hz):
    output = probe(server, series("/ok", rate_hz=rate_hz), count=12)
    # the last ones may still be under way when younger ones are printed
    assert_absolute(output.samples[:8], rate_hz)


@pytest.mark.parametrize("connection", ["new", "reused"])
def test_a_server_that_hangs_does_not_lower_the_rate(probe, server, connection):
    hanging = series("/hang", connection=connection, rate_hz=50)
    output = probe(server, hanging, count=30, timeout_s=0.3)
    asked = [sample for sample in output.samples if sample["error"] != "blocked"]
    assert len(asked) >= 20
    # samples that wait for their timeout are printed after younger ones; look at the sure part
    assert_absolute(output.samples[:15], 50)
    late_s = sorted(sample["started_s"] - sample["scheduled_s"] for sample in output.samples)
    assert late_s[len(late_s) // 2] < 0.2


@pytest.mark.parametrize(
    ("path", "error", "status", "write"),
    [
        pytest.param("/hang", "timeout", 0, "unknown", id="it hangs"),
        pytest.param("/500", "http", 500, "unknown", id="500"),
        pytest.param("/404", "http", 404, "fail", id="404"),
        pytest.param("/429", "http", 429, "fail", id="429"),
        pytest.param("/302", "http", 302, "unknown", id="302"),
        pytest.param("/drop", "reset", 0, "unknown", id="it drops the connection"),
        pytest.param("/nonsense", "reset", 0, "unknown", id="an answer that is no HTTP"),
        pytest.param("/word", "reset", 0, "unknown", id="an answer of one word"),
        pytest.param("/empty", "reset", 0, "unknown", id="an answer without a word"),
    ],
)
def test_what_a_server_does_is_told_apart_and_a_write_may_have_happened(
    probe, server, path, error, status, write
):
    output = probe(server, *every_series(path))
    # on a busy machine a probe may be due before the oldest one that hangs was given up
    sent = [sample for sample in output.samples if sample["error"] != "blocked"]
    assert {(sample["probe"], sample["connection"], sample["outcome"]) for sample in sent} == {
        ("read", "new", "fail"),
        ("read", "reused", "fail"),
        ("write", "new", write),
        ("write", "reused", write),
    }
    assert {(sample["error"], sample["status"]) for sample in sent} == {(error, status)}


def test_nobody_there_is_refused_and_a_write_has_surely_not_happened(probe, nobody):
    output = probe(nobody, *every_series("/ok"))
    assert outcomes_of(output) == {("fail", "refused", 0)}
    assert {(sample["master"], sample["client_port"]) for sample in output.samples} == {("", 0)}


def test_a_handshake_without_answer_is_a_timeout_and_nothing_was_sent(probe, mute):
    output = probe(mute, series("/ok"), series("/ok", "write"), timeout_s=0.4)
    assert outcomes_of(output) == {("fail", "timeout", 0)}
    for sample in output.samples:
        assert sample["ended_s"] - sample["started_s"] == pytest.approx(0.4, abs=0.3)


def test_a_stranger_is_not_trusted(probe, server, home, tmp_path):
    for name in ("probe.crt", "probe.key"):
        (tmp_path / name).write_bytes((home / "pki" / name).read_bytes())
    (tmp_path / "ca.crt").write_bytes(Authority.made("another").certificate)
    output = probe(server, series("/ok"), pki=tmp_path)
    assert outcomes_of(output) == {("fail", "tls", 0)}


def test_new_connections_are_all_new(probe, server):
    output = probe(server, series("/ok", rate_hz=50), count=10)
    ports = [sample["client_port"] for sample in output.samples]
    assert len(set(ports)) == 10


def test_reused_connections_are_at_most_the_pool(probe, server):
    # 20 a second for 0.2 s: 4 connections may hang, and one is free
    reusing = series("/ok", connection="reused", rate_hz=20)
    ports = [
        sample["client_port"] for sample in probe(server, reusing, count=11, timeout_s=0.2).samples
    ]
    assert len(set(ports)) == 5
    assert ports[:5] == ports[5:10], "they take turns"


def test_a_reused_connection_that_the_server_ends_is_replaced(probe, server):
    output = probe(server, series("/close", connection="reused"), count=8, timeout_s=0.1)
    assert outcomes_of(output) == {("ok", "", 200)}
    assert len({sample["client_port"] for sample in output.samples}) == 8


def test_a_reused_connection_that_hung_is_replaced(probe, server):
    # 20 a second for 0.2 s: the sixth probe on takes a place where one has hung
    output = probe(server, series("/hang", connection="reused"), count=9, timeout_s=0.2)
    ports = [sample["client_port"] for sample in output.samples if sample["error"] == "timeout"]
    assert len(set(ports)) == len(ports) > 5


@pytest.fixture
def one_series(home, capfd):
    """Make a series with so many places, and do with it what a test wants, until all is over."""

    def run(port, described, places, act, timeout_s=0.3):
        loop = Loop()
        endpoint = ConnectionTarget(config(port, pki=home / "pki"))
        series = RequestSeries(Client(loop, endpoint, timeout_s, lambda: 1), described)
        series.slots = collections.deque(Slot() for _ in range(places))
        act(loop, series)
        loop.run()
        flush()
        for slot in series.slots:
            slot.drop()
        return series, [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    return run


def test_a_probe_is_blocked_when_every_connection_of_the_pool_hangs(server, one_series):
    def three_at_once(loop, series):
        now_s = time.monotonic()
        for _ in range(3):
            series.probe(now_s)
        loop.call_at(now_s + 0.6, loop.stop)

    hanging = series("/hang", connection="reused")
    made, samples = one_series(server, hanging, 2, three_at_once)
    assert len(made.slots) == 2, "both places are given back"
    assert [(sample["outcome"], sample["error"]) for sample in samples] == [
        ("fail", "blocked"),
        ("fail", "timeout"),
        ("fail", "timeout"),
    ]
    assert samples[0]["ended_s"] - samples[0]["started_s"] < 0.2


@pytest.mark.parametrize("path", ["/word", "/empty", "/nonsense", "/drop"])
def test_a_place_is_given_back_after_an_answer_that_is_none_and_serves_again(
    server, one_series, path
):
    def bad_then_good(loop, made):
        made.probe(time.monotonic())
        loop.call_at(time.monotonic() + 0.4, lambda: good(loop, made))

    def good(loop, made):
        assert len(made.slots) == 1
        made._bare = made._bare.replace(path.encode(), b"/ok")
        made.probe(time.monotonic())
        loop.call_at(time.monotonic() + 0.4, loop.stop)

    made, samples = one_series(server, series(path, connection="reused"), 1, bad_then_good)
    assert len(made.slots) == 1
    assert [(sample["outcome"], sample["error"]) for sample in samples] == [
        ("fail", "reset"),
        ("ok", ""),
    ]


def test_a_moment_that_was_cancelled_does_not_come():
    loop, came = Loop(), []
    now_s = time.monotonic()
    first = loop.call_at(now_s + 0.02, lambda: came.append("first"))
    second = loop.call_at(now_s + 0.04, lambda: came.append("second"))
    loop.call_at(now_s + 0.04, loop.stop)
    first.cancel()
    second.cancel()
    loop.run()
    assert came == []


def test_every_write_carries_a_number_that_no_other_has(probe, server, home):
    probe(server, series("/numbered", "write"), series("/numbered", "write", "reused"), count=5)
    bodies = [
        line.split("|")[1]
        for line in (home / "requests").read_text().splitlines()
        if line.startswith("PATCH /numbered ")
    ]
    assert len(bodies) >= 10
    assert len({json.loads(body)["n"] for body in bodies}) == len(bodies)


def test_one_scheduled_probe_is_one_request(probe, server, home):
    output = probe(server, series("/504"), count=math.inf, duration_s=0.5)
    requests = (home / "requests").read_text().count("GET /504 ")
    assert 5 <= len(output.samples) == requests, "no retries"


def test_probes_that_end_together_are_printed_together_and_none_is_kept_for_long(home, server):
    (home / "prober.json").write_text(json.dumps(config(server, series("/ok", rate_hz=100))))
    argv = [sys.executable, FILE, "prober.json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=home, bufsize=0) as process:
        parts = []
        while len(parts) < 12:
            part = process.stdout.read(65536).decode()
            parts.append((time.monotonic(), part))
        process.kill()
    printed = [(at_s, json.loads(line)) for at_s, part in parts for line in part.splitlines()]
    waited_s = [at_s - line["ended_s"] for at_s, line in printed if "outcome" in line]
    assert len(waited_s) > 2 * len(parts)
    assert max(waited_s) < 1.0


def test_series_run_beside_each_other_and_not_in_step(probe, server):
    output = probe(server, series("/ok"), series("/hang", "livez"), timeout_s=0.3)
    by_probe = {
        kind: [sample["scheduled_s"] for sample in output.samples if sample["probe"] == kind]
        for kind in ("read", "livez")
    }
    assert len(by_probe["read"]) > len(by_probe["livez"]), "the one does not wait for the other"
    assert by_probe["livez"][0] > by_probe["read"][0], "the one begins after the other"


def test_the_first_probe_comes_after_the_warm_up(probe, server):
    output = probe(server, series("/ok"), count=1, cpu_count=1, warm_up_s=0.3)
    assert output.samples[0]["scheduled_s"] - output.cpu[0]["at_s"] > 0.2


def test_the_cpu_that_the_probing_takes_is_printed(probe, server):
    first, second = probe(server, series("/ok", rate_hz=50), cpu_count=2).cpu[:2]
    assert set(first) == {"cpu_s", "at_s"}
    assert 0 < first["cpu_s"] < second["cpu_s"]
    assert second["at_s"] - first["at_s"] == pytest.approx(1.0, abs=0.5)


def ended(home, port, *several, **options):
    """Run the prober until it ends by itself; return its samples."""
    (home / "prober.json").write_text(json.dumps(config(port, *several, **options)))
    done = subprocess.run(
        [sys.executable, FILE, "prober.json"], cwd=home, check=True, capture_output=True, timeout=20
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [sample for sample in lines if "outcome" in sample]


@pytest.mark.parametrize("path", ["/ok", "/hang"])
def test_a_prober_with_a_duration_sends_so_many_probes_and_waits_for_all_of_them(
    home, server, path
):
    samples = ended(home, server, series(path, rate_hz=20), duration_s=0.5, timeout_s=0.3)
    assert len(samples) == 10


@pytest.mark.parametrize("path", ["/ok", "/endless"])
def test_without_tls_it_speaks_plain_http(home, plain, path):
    samples = ended(home, plain, *every_series(path), tls=None, duration_s=0.3, timeout_s=0.5)
    assert {(sample["error"], sample["status"], sample["master"]) for sample in samples} == {
        ("", 200, "")
    }


def test_a_prober_that_nobody_reads_ends(home, server):
    (home / "prober.json").write_text(json.dumps(config(server, series("/ok"))))
    with subprocess.Popen(
        [sys.executable, FILE, "prober.json"], cwd=home, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(5) == 0


def test_a_prober_that_is_told_to_end_waits_for_what_is_under_way(home, server):
    (home / "prober.json").write_text(json.dumps(config(server, series("/hang"), timeout_s=0.4)))
    with subprocess.Popen(
        [sys.executable, FILE, "prober.json"], cwd=home, stdout=subprocess.PIPE
    ) as process:
        lines = [json.loads(process.stdout.readline()) for _ in range(5)]
        process.terminate()
        lines += map(json.loads, process.stdout)
    samples = [sample for sample in lines if "outcome" in sample]
    assert process.returncode == 0
    assert_absolute(samples, 20)
    assert {sample["error"] for sample in samples} == {"timeout"}
