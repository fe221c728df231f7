"""`halab run`: what is refused before anything starts, and how what was measured ends."""

from __future__ import annotations

import errno
import json
import shlex
from pathlib import Path

import pytest
from judged_runs import HOLDS, UNKNOWN, VIOLATED, add_trial, open_made, suite_file

from chaos import campaign
from chaos.experiment.loader import SHIPPED
from lab.errors import CleanupError, LabError


@pytest.fixture
def measured(monkeypatch):
    """What is measured instead: suite name -> texts of its trials, then perhaps an error."""
    steps = {}

    def open_run(suite, _, runs_dir, *__):
        return open_made(runs_dir / suite.name, name=suite.name)

    class Measured:
        def __init__(self, suite, writer, *_):
            self.suite, self.writer = suite, writer

        def run(self, trials):
            assert trials == 1
            for step in steps[self.suite.name]:
                if isinstance(step, BaseException):
                    raise step
                number = len(self.writer.record.trials)
                add_trial(self.writer, step, experiment=f"fault-{number}")

    monkeypatch.setattr(campaign, "open_run", open_run)
    monkeypatch.setattr(campaign, "SuiteRun", Measured)
    return steps


@pytest.fixture
def nothing_starts(monkeypatch, home):
    """Fail when a run is opened; afterwards there is no run and no state."""

    def refuse(*_):
        raise AssertionError("a run would have been opened")

    monkeypatch.setattr(campaign, "open_run", refuse)
    yield
    assert not Path("runs").exists()
    assert not home.exists()


MISTAKES = {
    "no YAML": ("name: mine", "name: [mine", "is no valid YAML"),
    "a list": ("\nname: mine", "\n- mine\n#", "is no valid YAML"),
    "an unknown key": ("hold_s: 5", "holds: 5", "experiments.0.holds"),
    "an unknown fault": ("kind: hang", "kind: hug", "experiments.1.fault.kind"),
    "an unknown target": ("etcd:leader", "etcd:lead", "kill-leader"),
    "an id twice": ("hang-master", "kill-leader", "kill-leader is given 2 times"),
    "an impossible lab": ("etcd: 3", "etcd: 30", "lab.etcd"),
    "a formula of unknown names": ("value: 1}", "value: 2 * nosuch}", "nosuch"),
    "no worker": ("workers: 1", "workers: 0", "lab.workers"),
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
def test_a_dry_run_is_the_balancer_and_one_line_an_experiment(halab):
    ended = halab("run", "ha-report", "--dry-run")
    lines = (ended.out + ended.err).splitlines()
    assert ended.code == 0
    assert lines[0] == "ha-report: balancer nginx"
    assert len(lines) == 1 + (SHIPPED / "ha-report.yaml").read_text().count("\n  - id: ")
    shown = "kill etcd:leader, held for 10 s, healed, under 40 operations a second"
    assert f"kill-etcd-leader: {shown}" in lines
    assert not list(Path().iterdir())


@pytest.mark.usefixtures("nothing_starts")
def test_a_shipped_suite_may_be_named_instead_of_its_path(halab):
    by_name = halab("run", "ha-report", "--dry-run")
    by_path = halab("run", SHIPPED / "ha-report.yaml", "--dry-run")
    assert by_name == by_path


@pytest.mark.usefixtures("nothing_starts")
def test_a_dry_run_shows_only_what_was_chosen(halab):
    ended = halab("run", "ha-report", "--dry-run", "--only", "hang-apiserver")
    assert (ended.out + ended.err).splitlines() == [
        "ha-report: balancer nginx",
        "hang-apiserver: hang master:any, held for 10 s, healed",
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
    assert [one["verdict"] for one in answer["verdicts"]] == ["violated"]


def test_a_full_disk_ends_in_3_before_a_lab_is_made(halab, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "runs/x/run.json.tmp")

    monkeypatch.setattr(campaign, "open_run", full)
    ended = halab("run", "ha-report")
    assert ended.code == 3
    assert ended.err == "halab: [Errno 28] No space left on device: 'runs/x/run.json.tmp'\n"


@pytest.fixture
def opened(monkeypatch):
    """The writers of runs that were opened for real; their suites are not run."""
    writers = []

    class Opened:
        def __init__(self, suite, writer, series, _):
            writers.append(writer)
            self.asked = (suite, series)

        def run(self, trials):
            assert trials == 2

    monkeypatch.setattr(campaign, "versions", lambda *_: {})
    monkeypatch.setattr(campaign, "SuiteRun", Opened)
    return writers


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
    rates = {(one["probe"], one["connection"]): one["rate_hz"] for one in record["series"]}
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
    assert record["workers"] == ["worker-1"]
