"""`halab probe`: any endpoint, measured into a run directory. A plain server of the test's own."""

from __future__ import annotations

import csv
import http.server
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from chaos.cli.live_view import Follower
from chaos.errors import InputError
from chaos.probes.endpoint import parse_url
from chaos.probes.series import Series
from lab.certificates import Authority
from reports.history.samples import Sample


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200 if self.path != "/503" else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "secure"),
    [
        ("https://lb.example.com", "lb.example.com", 443, "/", True),
        ("http://10.0.0.5", "10.0.0.5", 80, "/", False),
        ("https://10.0.0.5:6443/readyz?verbose", "10.0.0.5", 6443, "/readyz?verbose", True),
        ("https://[::1]:6443/livez", "::1", 6443, "/livez", True),
        ("HTTPS://LB:1/#part", "lb", 1, "/", True),
    ],
)
def test_a_url_says_where_requests_go(url, host, port, path, secure):
    endpoint = parse_url(url)
    assert (endpoint.host, endpoint.port, endpoint.path, endpoint.secure) == (
        host,
        port,
        path,
        secure,
    )


@pytest.mark.parametrize(
    "url",
    [
        *("", "lb", "lb:6443", "ftp://lb", "https://", "https:///livez", "https://lb:x"),
        *("https://lb:0", "https://lb:70000", "https://[::1", "https://u:p@lb", "https://lb/ä"),
        "https://lb/a b",
    ],
)
def test_a_url_that_is_none_is_refused_with_an_example(url):
    with pytest.raises(InputError, match="for example https://"):
        parse_url(url)


WRONG = {
    "no rate": (["--rate", "0"], "--rate 0"),
    "a rate that no prober keeps": (["--rate", "1000"], "at most 100"),
    "a deadline before the request": (["--deadline", "-1"], "--deadline -1"),
    "no time at all": (["--duration", "0"], "--duration 0"),
    "an endless number": (["--duration", "nan"], "--duration nan"),
    "an authority that is not there": (
        ["--ca", "nosuch.crt"],
        "--ca: cannot read nosuch.crt: No such file",
    ),
    "an authority that is a folder": (["--ca", "."], "--ca: cannot read .: Is a directory"),
    "an endless authority": (["--ca", "/dev/zero"], "--ca: cannot read /dev/zero: it has more"),
    "an authority that is none": (["--ca", "text"], "--ca text holds no certificate"),
    "a certificate that is not there": (
        ["--cert", "nosuch.crt"],
        "--cert: cannot read nosuch.crt: No such",
    ),
    "a key that is not there": (
        ["--cert", "a.crt", "--key", "no"],
        "--key: cannot read no: No such file",
    ),
    "a key of another": (["--cert", "a.crt", "--key", "b.key"], "not a certificate and its key"),
    "a key without a certificate": (["--key", "b.key"], "--key needs --cert"),
    "a directory that is used": (["--out", "full"], "exists already"),
    "a file for a directory": (["--out", "text"], "exists already"),
}


@pytest.fixture(scope="module")
def pairs():
    authority = Authority.made("ca")
    return authority.issue("a"), authority.issue("b")


@pytest.mark.parametrize(("argv", "problem"), WRONG.values(), ids=WRONG.keys())
def test_bad_input_is_one_message_and_nothing_is_written(halab, pairs, argv, problem):
    Path("text").write_text("no certificate")
    Path("full").mkdir()
    Path("full/file").touch()
    Path("a.crt").write_bytes(pairs[0].certificate)
    Path("b.key").write_bytes(pairs[1].key)
    before = sorted(Path().rglob("*"))
    ended = halab("probe", "--url", "https://127.0.0.1:1", *argv)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("halab: ")
    assert problem in ended.err
    assert len(ended.err.splitlines()) == 1
    assert sorted(Path().rglob("*")) == before


def test_certificates_are_for_https(halab, url):
    ended = halab("probe", "--url", url, "--ca", "x")
    assert (ended.code, ended.out) == (2, "")
    assert "are for https" in ended.err


def test_a_name_that_nobody_knows_is_refused(halab):
    ended = halab("probe", "--url", "https://nosuch.invalid")
    assert (ended.code, ended.out) == (2, "")
    assert "nosuch.invalid" in ended.err


# ten requests on each connection
BRIEF = ("--rate", "20", "--duration", "0.5")


def test_an_endpoint_that_answers_is_measured_into_the_directory_itself(halab, url):
    ended = halab("probe", "--url", f"{url}/livez", *BRIEF, "--out", "run", "--live")
    assert ended.code == 0, ended.err
    assert "availability on new connections: 100.000 % (10 of 10)" in ended.out
    assert f"All 20 requests to {url}/livez were good." in ended.out
    assert "outage on" not in ended.out
    assert halab("analyze", "run", "--json").code == 0
    assert halab("report", "run").code == 0
    assert url in Path("run/report/index.html").read_text()


def test_json_is_the_only_thing_on_standard_output(halab, url):
    ended = halab("probe", "--url", url, "--duration", "0.5", "--connection", "new", "--json")
    answer = json.loads(ended.out)
    assert ended.code == 0
    assert [(verdict["id"], verdict["verdict"]) for verdict in answer["verdicts"]] == [
        ("new-answered", "holds")
    ]
    assert Path(answer["run"]).parent == Path("runs")
    assert answer["figures"][0]["availability_min"] == 1.0


@pytest.mark.parametrize("path", ["/503", None], ids=["a wrong answer", "nobody there"])
def test_an_endpoint_that_never_answers_is_violated_and_its_outage_is_not_over(halab, url, path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        where = url + path if path else f"http://127.0.0.1:{nobody.getsockname()[1]}"
        ended = halab("probe", "--url", where, *BRIEF, "--out", "run")
    assert ended.code == 1
    assert "availability on reused connections: 0.000 % (0 of 10)" in ended.out
    assert "not over yet" in ended.out
    with Path("run/report/tables/outages.csv").open() as file:
        outages = list(csv.DictReader(file))
    assert [(row["censored"], row["upper_s"]) for row in outages] == [("True", "inf")] * 2


def test_an_interrupt_keeps_what_was_measured(url, tmp_path):
    argv = ["-c", "from chaos.cli.app import main; main()", "probe", "--url", url, "--out", "run"]
    with subprocess.Popen(
        [sys.executable, *argv], cwd=tmp_path, text=True, stdout=-1, stderr=-1
    ) as process:
        for line in process.stderr:
            if line.startswith("run directory"):
                break
        samples = tmp_path / "run/trials/0000/samples.jsonl"
        while not samples.exists() or samples.stat().st_size < 2000:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "availability on new connections: 100.000 %" in out
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "complete"


def taken(*outcomes, error="refused"):
    follower = Follower([Series("read", "new", 10)], 1.0, "en")
    for number, outcome in enumerate(outcomes):
        started_s = number / 2
        failed = outcome == "fail"
        follower.take(
            Sample(
                probe="read",
                worker="this-host",
                connection="new",
                scheduled_s=started_s,
                started_s=started_s,
                ended_s=started_s + (2.0 if outcome == "late" else 0.01),
                outcome="fail" if failed else "ok",
                status=0 if failed else 200,
                error=error if failed else "",
                master="",
                client_port=40000,
            )
        )
    screen = io.StringIO()
    Console(width=120, file=screen).print(follower)
    return screen.getvalue()


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        pytest.param([], "–", id="nothing yet"),
        pytest.param(["ok"] * 4, "██", id="two good seconds"),
        pytest.param(["ok", "ok", "fail", "fail"], "█▁", id="a bad second"),
        pytest.param(["ok", "fail", "ok", "ok"], "▄█", id="half a good second"),
        pytest.param(["fail"], "refused", id="what is wrong now"),
        pytest.param(["late"], "late", id="late is bad"),
        pytest.param(["ok"] * 3 + ["fail"], "75.00 %", id="the share of good ones"),
    ],
)
def test_the_table_that_follows_shows(outcomes, shown):
    assert shown in taken(*outcomes)
