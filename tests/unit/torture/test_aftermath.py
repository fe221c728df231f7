"""What is left of a run: each kind of trace is found, and a clean home has none."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from tests.torture import aftermath
from tests.torture.home import Ended, Home
from tests.torture.plan import SHORT, planned

RUN = planned(SHORT, 1)[0]


class FakeHome(Home):
    """A home whose commands do nothing."""

    def __init__(self, path, ended=Ended(0, "nothing was left behind")):  # noqa: B008 (frozen)
        super().__init__(path, "root", "netns")
        self.ended = ended
        self.commands = []

    def halab(self, *argv, timeout_s=0.0):
        del timeout_s
        self.commands.append(argv[0])
        return self.ended


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(aftermath, "GONE_TIMEOUT_S", 0.2)
    made = FakeHome(tmp_path / "home")
    (made.state / "labs").mkdir(parents=True)
    (made.state / "lock").touch()
    return made


def test_a_clean_home_has_no_traces(home):
    assert aftermath.left(home, RUN) == []
    assert aftermath.look(home, RUN, "") == aftermath.Aftermath()


def test_a_lab_a_file_and_a_traceback_are_traces(home):
    (home.state / "labs/t").mkdir()
    (home.scratch / "forgotten").write_text("x")
    (home.state / "tracebacks").mkdir()
    (home.state / "tracebacks/a.traceback").write_text("ValueError: odd")
    assert sorted(aftermath.left(home, RUN)) == [
        "lab t",
        "state/halab/tracebacks: a.traceback: ValueError: odd",
        "tmp/forgotten: x",
    ]


def test_a_process_that_names_the_home_is_a_trace_and_so_is_every_descendant(home):
    code = "import time; print(flush=True); time.sleep(60)"
    for arguments in ((str(home.path / "x"),), ()):
        with subprocess.Popen(
            [sys.executable, "-I", "-c", code, *arguments], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout.readline()
            try:
                (trace,) = aftermath.left(home, RUN)
            finally:
                process.kill()
        assert trace.startswith(f"process {process.pid} ")


def test_descendants_are_killed_in_the_end():
    process = subprocess.Popen([sys.executable, "-I", "-c", "import time; time.sleep(60)"])
    aftermath.kill_descendants()
    assert not psutil.pid_exists(process.pid)
    process.returncode = 0  # it was reaped


@pytest.mark.parametrize(
    ("record", "code", "wrong"),
    [(True, 5, False), (True, 2, True), (True, 3, True), (False, 2, False), (False, 0, True)],
)
def test_a_run_with_a_record_can_be_analysed_and_one_without_is_bad_input(
    home, record, code, wrong
):
    directory = home.runs / "r"
    directory.mkdir()
    if record:
        (directory / "run.json").write_text("{}")
    home.ended = Ended(code, "")
    assert bool(aftermath.unreadable_runs(home)) == wrong


def test_a_traceback_is_wrong_whatever_the_code(home):
    (home.runs / "r").mkdir()
    (home.runs / "r/run.json").write_text("{}")
    home.ended = Ended(0, "Traceback (most recent call last):")
    assert len(aftermath.unreadable_runs(home)) == 1


def test_a_lab_that_may_still_run_is_healed_twice_and_taken_down(home):
    (home.state / "labs/hand").mkdir()
    found = aftermath.look(home, RUN, "hand")
    assert home.commands == ["gc", "heal", "heal", "down"]
    assert found.wrong == ["left: lab hand"]  # for this `down` does nothing
