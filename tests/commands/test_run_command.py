"""`halab run`: what is refused before anything starts, and how what was measured ends."""

from __future__ import annotations

import errno
import json
import os
import shlex
from pathlib import Path

import pytest
from judged_runs import HOLDS, UNKNOWN, VIOLATED, add_trial, open_made
from suite_files import suite_file

from chaos.experiment.loader import SHIPPED, load_suite
from chaos.experiment.plan import implied
from chaos.run import suite as running
from lab.errors import CleanupError, LabError
from lab.runtime.docker.driver import DockerDriver
from lab.runtime.netns.driver import NetnsDriver


@pytest.fixture
def measured(monkeypatch):
    """What is measured instead: suite name -> texts of its trials, then perhaps an error."""
    steps = {}

    def open_suite(name, _, order):
        assert order.trials == 1
        return open_made(order.runs_dir / name, name=name)

    class Measured:
        def __init__(self, _, writer, __):
            self.writer = writer

        def run(self):
            for number, step in enumerate(steps[self.writer.record.name]):
                if isinstance(step, BaseException):
                    raise step
                add_trial(self.writer, step, experiment=f"fault-{number}")

    monkeypatch.setattr(running, "open_suite", open_suite)
    monkeypatch.setattr(running, "SuiteRun", Measured)
    return steps


@pytest.fixture
def nothing_starts(monkeypatch, home):
    """Fail when a run is opened; afterwards there is no run and no state."""

    def refuse(*_):
        raise AssertionError("a run would have been opened")

    monkeypatch.setattr(running, "open_suite", refuse)
    yield
    assert not Path("runs").exists()
    assert not home.exists()


MISTAKES = {
    "no YAML": ("name: mine", "name: [mine", "is no valid YAML"),
    "a list": ("\nname: mine", "\n- mine\n#", "is no valid YAML"),
    "an unknown key": ("hypothesis: Requests", "hope: Requests", "experiments.0.hope: Extra"),
    "an unknown parameter": ("for_s: 5", "for_s: 5, colour: red", "unknown parameter colour"),
    "an unknown fault": ("fault: hang", "fault: hug", "unknown fault 'hug'; there are"),
    "an unknown target": ("etcd:leader", "etcd:lead", "kill-leader: step kill"),
    "an id twice": ("hang-master", "kill-leader", "kill-leader is given 2 times"),
    "an impossible lab": ("etcd: 3", "etcd: 30", "lab.etcd"),
    "an impossible lab of its own": ("masters: 3", "masters: 30", "experiments.1.lab.masters"),
    "a formula of unknown names": ("value: 1}", "value: 2 * nosuch}", "nosuch"),
    "no worker": ("workers: 1", "workers: 0", "lab.workers"),
    "the old format": (
        'steps:\n      - {fault: kill, target: "etcd:leader", for_s: 5}',
        'fault: {kind: kill, target: "etcd:leader"}\n    hold_s: 5',
        "- {fault: kill, target: 'etcd:leader', for_s: 5}",
    ),
}


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(("old", "new", "named"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_a_suite_is_named_with_the_file(halab, tmp_path, old, new, named):
    path = suite_file(tmp_path, "mine", old, new)
    ended = halab("run", path)
    assert ended.code == 2
    assert ended.err.startswith("halab: ")
    assert str(path) in ended.err
    assert named in ended.err


REFUSED = {
    "a missing file": (["nosuch.yaml"], "cannot read nosuch.yaml"),
    "a folder": (["."], "cannot read ."),
    "an unknown suite": (["nosuch"], "cannot read nosuch"),
    "one of two is missing": (["ha-report", "nosuch"], "cannot read nosuch"),
    "an unknown experiment": (
        ["ha-report", "--only", "kill-etcd-leader", "--only", "nosuch"],
        "no experiment nosuch in ha-report; it has kill-etcd-leader,",
    ),
    "a rate that is none": (["ha-report", "--rate", "fast"], "--rate fast: wanted PROBE"),
    "a rate of 0": (["ha-report", "--rate", "read=0"], "--rate read=0: wanted"),
    "a rate above all": (["ha-report", "--rate", "read=101"], "at most 100 Hz"),
    "a rate of no series": (["ha-report", "--rate", "delete=1"], "no such series; there are"),
    "no trial": (["ha-report", "--trials", "0"], "--trials"),
    "half a trial": (["ha-report", "--trials", "0.5"], "--trials"),
}


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(("argv", "named"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["for real", "dry"])
def test_what_cannot_be_run_is_refused_before_anything_starts(halab, argv, named, dry):
    ended = halab("run", *argv, *dry)
    assert ended.code == 2
    assert named in ended.err
    assert ended.out == ""


@pytest.mark.usefixtures("nothing_starts")
def test_a_dry_run_is_a_line_a_lab_an_experiment_a_step_and_a_demand(halab):
    ended = halab("run", "ha-report", "--dry-run")
    lines = (ended.out + ended.err).splitlines()
    experiments = load_suite(SHIPPED / "ha-report.yaml").experiments
    demands = sum(len([*each.expect, *implied(each)]) for each in experiments)
    assert ended.code == 0
    assert lines[0] == "ha-report: etcd 3, masters 3, workers 2, balancer nginx"
    assert len(lines) == 1 + 2 * len(experiments) + demands
    assert lines[1:4] == [
        "kill-etcd-leader: The etcd leader is killed, under 40 operations a second",
        "  kill: at 0 s: kill etcd:leader, for 10 s",
        "  leader-kill-writes: expected: longest outage in s; write on new connections ≤ 3.5",
    ]
    assert not list(Path().iterdir())


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(("runtime", "value"), [("netns", "1"), ("kind", "2")])
def test_a_dry_run_shows_what_is_demanded_on_a_runtime(halab, runtime, value):
    ended = halab("run", "ha-report", "--dry-run", "--runtime", runtime)
    [line] = [each for each in ended.out.splitlines() if "follower-kill-writes" in each]
    assert line.endswith(f"write on new connections ≤ {value}")


@pytest.mark.usefixtures("nothing_starts")
def test_a_dry_run_shows_a_lab_of_its_own_and_what_options_make_of_it(halab, tmp_path):
    ended = halab("run", suite_file(tmp_path, "mine"), "--dry-run", "--lb", "haproxy")
    labs = [line for line in ended.out.splitlines() if line.startswith("mine: ")]
    assert labs == [
        "mine: etcd 3, masters 2, workers 1, balancer haproxy",
        "mine: etcd 3, masters 3, workers 1, balancer haproxy",
    ]


@pytest.mark.usefixtures("nothing_starts")
def test_a_dry_run_of_a_proof_is_a_line_a_step_and_a_demand(halab):
    ended = halab("run", "proofs/power-loss", "--dry-run")
    title = "A member that lost power reads its log and rejoins"
    assert ended.code == 0
    assert [line for line in ended.out.splitlines() if ": expected: " not in line] == [
        "power-loss: etcd 3, masters 0, workers 1",
        f"power-loss: {title}, under 100 operations a second",
        "  power-off: at 0 s: power-off etcd:follower, for 4 s",
        "  power-off-2: after power-off: power-off etcd:all, for 2 s",
    ]


@pytest.mark.usefixtures("nothing_starts")
def test_a_dry_run_shows_what_a_seed_draws(halab):
    first = halab("run", "random", "--dry-run")
    again = halab("run", "random", "--dry-run", "--seed", 0)
    other = halab("run", "random", "--dry-run", "--seed", 1)
    assert first == again
    assert len(first.out.splitlines()) > 20
    assert first.out != other.out


@pytest.mark.usefixtures("nothing_starts")
@pytest.mark.parametrize(
    "options", [["--rate", "read=5"], ["--lb", "nginx"]], ids=lambda options: options[0]
)
def test_what_is_about_masters_is_refused_where_there_are_none(halab, options):
    ended = halab("run", "proofs/power-loss", *options)
    assert ended.code == 2
    assert "there are none in power-loss" in ended.err


@pytest.mark.usefixtures("nothing_starts")
def test_a_real_loss_of_power_is_refused_to_an_ordinary_user(halab, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(NetnsDriver, "unavailable", lambda *_: "")
    ended = halab("run", "proofs/power-loss")
    assert ended.code == 2
    assert "only root may make loop devices" in ended.err
    assert "disk: directory" in ended.err


@pytest.mark.usefixtures("nothing_starts")
def test_a_real_loss_of_power_is_refused_to_containers(halab, monkeypatch):
    monkeypatch.setattr(DockerDriver, "unavailable", lambda *_: "")
    ended = halab("run", "ha-report", "proofs/power-loss", "--runtime", "docker")
    assert ended.code == 2
    assert "cannot be had with --runtime docker: a container without the rights" in ended.err


@pytest.mark.usefixtures("nothing_starts")
def test_a_shipped_suite_may_be_named_instead_of_its_path(halab):
    by_name = halab("run", "ha-report", "--dry-run")
    by_path = halab("run", SHIPPED / "ha-report.yaml", "--dry-run")
    assert by_name == by_path


@pytest.mark.usefixtures("nothing_starts")
def test_a_dry_run_shows_only_what_was_chosen(halab):
    ended = halab("run", "ha-report", "--dry-run", "--only", "hang-apiserver")
    assert (ended.out + ended.err).splitlines() == [
        "ha-report: etcd 3, masters 3, workers 2, balancer nginx",
        "hang-apiserver: A kube-apiserver hangs (SIGSTOP)",
        "  hang: at 0 s: hang master:any, for 10 s",
        (
            "  hang-reads-new: expected: share of successful requests; read on new connections; "
            "during hang ≥ 0.666667"
        ),
        (
            "  hang-reads-reused: expected: share of successful requests; "
            "read on reused connections; during hang ≤ 0.99"
        ),
    ]


ENDS = {
    "it holds": ([HOLDS], 0),
    "one is violated": ([UNKNOWN, VIOLATED], 1),
    "no trial": ([], 5),
    "the lab failed after a trial": ([VIOLATED, LabError("the lab is gone")], 3),
    "an interrupt in the second trial": ([HOLDS, KeyboardInterrupt()], 130),
    "an interrupt in the first trial": ([KeyboardInterrupt()], 130),
    "the lab failed before a trial": ([LabError("the lab is gone")], 3),
    "the lab could not be removed": ([HOLDS, CleanupError("process 7 is left")], 4),
    "the disk is full": ([HOLDS, OSError(errno.ENOSPC, "No space left on device")], 3),
}


@pytest.mark.parametrize(("steps", "code"), ENDS.values(), ids=ENDS.keys())
def test_a_run_is_judged_by_what_was_measured_however_it_ended(
    halab, tmp_path, measured, steps, code
):
    measured["mine"] = steps
    ended = halab("run", suite_file(tmp_path, "mine"))
    texts = [step for step in steps if isinstance(step, str)]
    assert ended.code == code
    assert ended.err.startswith("run directory: runs/mine\n")
    assert ended.out.count(" e1: ") == len(texts)
    assert Path("runs/mine/report/index.html").exists() == bool(texts or not steps)
    errors = [f"halab: {step}" for step in steps if isinstance(step, Exception)]
    assert ended.err.splitlines()[1:] == errors


def test_the_worst_of_several_suites_is_the_code(halab, tmp_path, measured):
    measured |= {"one": [HOLDS], "two": [UNKNOWN]}
    ended = halab("run", *(suite_file(tmp_path, name) for name in measured))
    assert ended.code == 5
    assert len(list(Path("runs").glob("*/report/index.html"))) == 2


def test_a_run_as_json_is_one_object_on_standard_output(halab, tmp_path, measured):
    measured["mine"] = [VIOLATED]
    ended = halab("run", suite_file(tmp_path, "mine"), "--json", "--runs-dir", "elsewhere")
    answer = json.loads(ended.out)
    assert ended.code == 1
    assert answer["run"] == "elsewhere/mine"
    assert [verdict["verdict"] for verdict in answer["verdicts"]] == ["violated"]


def test_a_full_disk_ends_in_3_before_a_lab_is_made(halab, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "runs/x/run.json.tmp")

    monkeypatch.setattr(running, "open_suite", full)
    ended = halab("run", "ha-report")
    assert ended.code == 3
    assert ended.err == "halab: [Errno 28] No space left on device: 'runs/x/run.json.tmp'\n"


def test_a_runs_directory_that_cannot_be_made_ends_in_3(halab, opened):
    Path("file").write_text("not a folder")
    ended = halab("run", "ha-report", "--runs-dir", "file/runs", "--trials", 2)
    assert ended.code == 3
    assert "file/runs" in ended.err
    assert opened == []


def test_a_run_records_what_was_asked_for_and_how_to_repeat_it(halab, tmp_path, opened):
    path = suite_file(tmp_path, "mine").rename(tmp_path / "my suite.yaml")
    argv = ["--trials", "2", "--seed", "7", "--only", "hang-master", "--rate", "read:new=50"]
    assert halab("run", path, *argv).code == 5
    (writer,) = opened
    record = json.loads((writer.directory / "run.json").read_text())
    [experiment] = record["experiments"]
    rates = {(each["probe"], each["connection"]): each["rate_hz"] for each in experiment["series"]}
    runtime = ["--runtime", "netns"]
    assert shlex.split(record["command"]) == [
        "halab",
        "run",
        str(path),
        *argv[:4],
        *runtime,
        *argv[4:],
    ]
    assert (record["name"], record["seed"], record["status"]) == ("mine", 7, "interrupted")
    assert (rates["read", "new"], rates["read", "reused"]) == (50, 10)
    assert (experiment["id"], experiment["workers"]) == ("hang-master", ["worker-1"])
    assert [trial["number"] for trial in record["trials"]] == [0, 1]


def test_every_suite_is_refused_before_the_first_is_run(halab, tmp_path, opened, monkeypatch):
    monkeypatch.setattr(
        "lab.runtime.netns.driver.NetnsDriver.lacking", lambda _: {"processes": "no kernel"}
    )
    monkeypatch.setattr("lab.runtime.netns.driver.NetnsDriver.unavailable", lambda *_: "")
    first = suite_file(tmp_path, "first", "fault: kill", "fault: isolate")
    second = suite_file(tmp_path, "second")
    only = ["--only", "kill-leader", "--runtime", "netns"]
    ended = halab("run", first, second, *only)
    assert (ended.code, ended.out) == (2, "")
    assert "no kernel" in ended.err
    assert opened == []
