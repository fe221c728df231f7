"""--lb and --lb-config: whose balancer a lab gets, and what is said of a file that does not fit."""

from __future__ import annotations

import json
import os
import shlex
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from chaos.run import suite as running
from lab.balancers import program_check
from lab.balancers.fitting import Problem
from lab.components.lab_plan import plan_lab
from lab.lab import Lab
from lab.runtime.drivers import DRIVERS
from lab.runtime.netns import driver
from lab.spec import LabSpec

GOOD = "stream {\n upstream m { server a:1; }\n server { listen 1; proxy_pass m; }\n}\n"
SIZES = "balancers: etcd 3, masters 3, workers 2"
FOUR = GOOD.replace("server a:1;", "server a:1; server b:1; server c:1;\nserver d:1;")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my.conf"
    path.write_text(GOOD)
    return path


@pytest.fixture
def asked(monkeypatch):
    """The specs of labs that would have been made."""
    specs = []

    def up(spec, **_):
        specs.append(spec)
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(Lab, "up", up)
    return specs


def test_up_takes_the_mode_and_the_text_of_the_file(halab, asked, file):
    assert halab("up", "--lb", "nginx", "--lb-config", file).code == 0
    assert halab("up", "--lb", "vip").code == 0
    assert [(spec.lb, bool(spec.lb_config)) for spec in asked] == [("nginx", True), ("vip", False)]
    assert "proxy_pass m;" in asked[0].lb_config.text


COMMANDS = {"up": ["up"], "run": ["run", "balancers", "--dry-run"]}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize(
    ("text", "lb", "problem"),
    [
        pytest.param(FOUR, "nginx", "line 3: server 4 has no counterpart", id="four servers"),
        pytest.param(GOOD, "external", "line 1: this is a file of nginx", id="wrong program"),
        pytest.param(GOOD, "none", "there is no balancer to configure", id="no balancer"),
        pytest.param(" \n", "nginx", "is empty", id="empty"),
    ],
)
def test_a_file_that_does_not_fit_is_named_with_its_line(halab, file, command, text, lb, problem):
    file.write_text(text)
    ended = halab(*command, "--lb", lb, "--lb-config", file)
    assert (ended.code, ended.out) == (2, "")
    assert str(file) in ended.err
    assert problem in ended.err


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--lb-config", "nosuch.conf"], "cannot read nosuch.conf"),
        (["--lb", "envoy"], "envoy"),
    ],
)
def test_what_cannot_be_read_or_is_unknown_is_bad_input(halab, command, options, problem):
    ended = halab(*command, *options)
    assert (ended.code, ended.out) == (2, "")
    assert problem in ended.err


@pytest.mark.parametrize("lb", ["nginx", "haproxy", "external", "vip", "none"])
def test_the_shipped_suite_makes_sense_in_every_mode(halab, lb):
    ended = halab("run", "balancers", "--lb", lb, "--dry-run")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == f"{SIZES}, balancer {lb}"


def test_a_dry_run_says_that_the_file_is_the_users(halab, file):
    ended = halab("run", "balancers", "--lb-config", file, "--dry-run")
    assert ended.out.splitlines()[0] == f"{SIZES}, balancer nginx with a file of your own"


SECRETS = """\
frontend pages
  mode http
  bind :1
  stats auth admin:S3CRET
listen api
  mode tcp
  bind :6443
  option httpchk
  http-check send meth GET uri /readyz hdr Authorization "Bearer S3CRET"
  server a 10.0.0.1:6443 check check-ssl verify none
"""


@pytest.mark.parametrize("command", ["run", "claims"])
def test_no_secret_of_a_file_reaches_a_record_or_the_console(halab, file, opened, command):
    file.write_text(SECRETS)
    options = ["--lb", "haproxy", "--lb-config", file]
    if command == "run":
        halab("run", "balancers", *options)
        assert len(opened) == 1
    ended = halab(
        command, *{"run": ["balancers"], "claims": ["--only", "A2"]}[command], *options, "--dry-run"
    )
    assert ended.code == 0
    assert "S3CRET" not in ended.out + ended.err
    assert not [path for path in Path("runs").rglob("*") if _holds(path, b"S3CRET")]


def _holds(path, secret):
    return path.is_file() and secret in path.read_bytes()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_differs_from_the_file_is_in_the_report_and_on_the_console(halab, file, opened, lang):
    file.write_text("user root;\n" + GOOD.replace("listen 1;", "listen 1; proxy_timeout 3s;"))
    wanted = {
        "en": ("left out: user (line 1)", "nothing was sent for 3 s", "to master-2, master-3"),
        "zh": ("未采用：user（第 1 行）", "3 秒内没有流量的连接", "master-2, master-3 不会收到"),
    }[lang]
    options = ["run", "balancers", "--lb-config", file, "--lang", lang]
    dry, ended = halab(*options, "--dry-run"), halab(*options)
    [record] = [json.loads((w.directory / "run.json").read_text()) for w in opened]
    keys = [it["key"] for it in record["experiments"][0]["balancer_file_remarks"]]
    assert keys[0] == "lb-file-dropped"
    [page] = Path("runs").glob("*/report/index.html")
    [text] = Path("runs").glob("*/report/*.md")
    for words in wanted:
        for place in (dry.out, ended.err, page.read_text(), text.read_text()):
            assert words in place


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_what_the_program_itself_refuses_is_refused_before_a_lab(halab, file, monkeypatch, command):
    monkeypatch.setattr(
        program_check, "program_problems", lambda *_: [Problem(4, "nginx refuses x: no")]
    )
    monkeypatch.setattr(program_check, "why_unchecked", lambda _: "")
    ended = halab(*command, "--lb-config", file)
    assert (ended.code, ended.out) == (2, "")
    assert f"{file}:\n  line 4: nginx refuses x: no" in ended.err


UNCHECKED = {
    "no program": ([], "nginx not found", "nginx itself did not check it: nginx not found"),
    "a program in the image": (["--runtime", "docker"], "", "docker has it in its image"),
}


@pytest.mark.parametrize(("options", "missing", "wanted"), UNCHECKED.values(), ids=UNCHECKED)
def test_what_no_program_could_check_is_said(halab, file, monkeypatch, options, missing, wanted):
    monkeypatch.setattr(program_check, "why_unchecked", lambda _: missing)
    ended = halab("run", "balancers", "--dry-run", "--lb-config", file, *options)
    assert ended.code == 0
    assert wanted in ended.out


def test_all_problems_of_a_file_are_reported_once_each(halab, file):
    file.write_text(FOUR.replace("listen 1;", "listen 1 proxy_protocol;\n proxy_timeout soon;"))
    ended = halab("run", "balancers", "ha-report", "--lb-config", file, "--dry-run")
    lines = [line.split(":")[1].strip() for line in ended.err.splitlines() if "line" in line]
    assert lines == ["line 3", "line 4", "line 5"]


def test_of_a_pipe_the_text_is_read_once(halab, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text(GOOD), daemon=True)
    writer.start()
    assert halab("run", "balancers", "--lb-config", path, "--dry-run").code == 0
    writer.join(5)


def test_the_server_of_a_file_can_be_named(halab, file):
    both = GOOD.replace(
        "server { listen 1;", "server { listen 2; proxy_pass b:1; } server { listen 1;"
    )
    file.write_text(both)
    options = ["run", "balancers", "--lb-config", file, "--dry-run"]
    assert halab(*options).code == 2
    ended = halab(*options, "--lb-server", "m")
    assert ended.code == 0
    assert "is taken for the apiservers'" in ended.out


def test_a_run_records_the_balancer_and_how_to_repeat_it(halab, file, monkeypatch):
    writers = []

    class Opened:
        def __init__(self, _planned, writer, *_):
            writers.append(writer)

        def run(self):
            """Measure nothing."""

    monkeypatch.setattr(running, "SuiteRun", Opened)
    options = ["--lb", "nginx", "--lb-config", str(file)]
    halab("run", "balancers", *options)
    record = json.loads((Path(writers[0].directory) / "run.json").read_text())
    for experiment in record["experiments"]:
        assert experiment["lab"]["lb"] == "nginx"
        assert experiment["lab"]["lb_config"] == LabSpec(lb_config=GOOD).lb_config.model_dump(
            mode="json"
        )
    words = shlex.split(record["command"])
    assert [words[words.index(option) + 1] for option in options[::2]] == options[1::2]
    assert record["versions"]["nginx"][0].isdigit()


@pytest.mark.parametrize(
    ("lb", "missing"),
    [("nginx", []), ("none", []), ("haproxy", ["haproxy"]), ("vip", ["haproxy", "keepalived"])],
)
def test_a_program_is_missed_only_where_the_mode_needs_it(monkeypatch, lb, missing):
    def which(name, path):
        assert path
        return None if name in ("haproxy", "keepalived") else f"/usr/sbin/{name}"

    monkeypatch.setattr(driver.shutil, "which", which)
    programs = plan_lab(LabSpec(lb=lb)).system_programs
    assert driver.missing_tools(programs) == missing
    if missing:
        reason = DRIVERS["netns"].unavailable(programs)
        assert str(reason).startswith(f"missing: {', '.join(missing)}; `make")
