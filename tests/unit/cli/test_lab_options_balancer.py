"""--lb and --lb-config: whose balancer a lab gets, and what is said of a file that does not fit."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from chaos.run import suite as running
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
    assert [(spec.lb, spec.lb_config) for spec in asked] == [("nginx", GOOD), ("vip", "")]


COMMANDS = {"up": ["up"], "run": ["run", "balancers", "--dry-run"]}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize(
    ("text", "lb", "problem"),
    [
        pytest.param(FOUR, "nginx", "line 3: server 4 has no counterpart", id="four servers"),
        pytest.param(GOOD, "external", "line 1: stream stands in no section", id="wrong program"),
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
        assert (experiment["lab"]["lb"], experiment["lab"]["lb_config"]) == ("nginx", GOOD)
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
        assert reason.startswith(f"missing: {', '.join(missing)}; `make")
