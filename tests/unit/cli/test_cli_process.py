"""`halab` as a process: its exit codes, and what an interrupt does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from judged_runs import suite_file

HALAB = Path(sys.executable).parent / "halab"
TESTS = Path(__file__).parent

CODES = {
    "nothing": ([], 2, "Usage: halab"),
    "help": (["--help"], 0, "Usage: halab"),
    "an unknown command": (["nosuch"], 2, "No such command 'nosuch'"),
    "an impossible lab": (["up", "--etcd", "10"], 2, "halab: this lab is impossible"),
    "no lab": (["kill", "etcd:leader"], 2, "`halab up` makes one"),
    "a missing run": (["analyze", "nosuch"], 2, "halab: nosuch/run.json is no run of halab"),
    "a dry run": (["run", "ha-report", "--dry-run"], 0, "kill etcd:leader"),
}


@pytest.mark.parametrize(("argv", "code", "said"), CODES.values(), ids=CODES.keys())
def test_the_program_ends_in_its_code_without_a_traceback(home, argv, code, said):
    ended = subprocess.run([HALAB, *argv], capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert said in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert not home.exists()
    assert not list(Path().iterdir())


# A run that has measured one trial, and whose undoing waits until it is told to go on.
MEASURING = f"""
import sys, time
sys.path[:0] = [{str(TESTS)!r}, {str(TESTS.parent / "reports")!r}]
from chaos import campaign, cli
from judged_runs import HOLDS, add_trial, open_made

class Measuring:
    def __init__(self, suite, writer, *_):
        self.writer = writer

    def run(self, trials):
        add_trial(self.writer, HOLDS)
        try:
            print("measuring", flush=True)
            time.sleep(60)
        finally:
            print("undoing", flush=True)
            sys.stdin.readline()

campaign.open_run = lambda suite, *_: open_made(campaign_folder / "run", status="interrupted")
campaign.SuiteRun = Measuring
from pathlib import Path
campaign_folder = Path(sys.argv.pop(1))
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupt_ends_in_130_after_an_undoing_that_nothing_interrupts(tmp_path, number):
    argv = [sys.executable, "-c", MEASURING, tmp_path, "run", suite_file(tmp_path, "mine")]
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "measuring\n"
            assert process.stderr.readline() == f"run directory: {tmp_path}/run\n"
            process.send_signal(number)
            assert process.stdout.readline() == "undoing\n"
            assert "undoing, what was measured is kept" in process.stderr.readline()
            for again in (signal.SIGINT, signal.SIGTERM):
                process.send_signal(again)
                assert process.stderr.readline() == "halab: already undoing\n"
            out, err = process.communicate("\n", timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "holds" in out
    assert (tmp_path / "run/report/index.html").exists()
