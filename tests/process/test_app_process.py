"""`halab` as a process: its exit codes, and what an interrupt does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

HALAB = Path(sys.executable).parent / "halab"

CODES = {
    "nothing": ([], 2, "Usage: halab"),
    "an unknown command": (["nosuch"], 2, "No such command 'nosuch'"),
    "an impossible lab": (["up", "--etcd", "10"], 2, "halab: this lab is impossible"),
    "a dry run": (["run", "ha-report", "--dry-run"], 0, "kill etcd:leader"),
}


@pytest.mark.parametrize(("argv", "code", "printed"), CODES.values(), ids=CODES.keys())
def test_the_program_ends_in_its_code_without_a_traceback(home, argv, code, printed):
    ended = subprocess.run([HALAB, *argv], capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert printed in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert not home.exists()
    assert not list(Path().iterdir())


# A command whose undoing waits until it is told to go on.
WAITING = """
import sys, time
from chaos.cli import app as cli

@cli.app.command()
def wait():
    try:
        print("waiting", flush=True)
        time.sleep(60)
    finally:
        print("undoing", flush=True)
        sys.stdin.readline()
        print("undone", flush=True)

sys.argv = ["halab", "wait"]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda signum: signum.name)
def test_an_interrupt_ends_in_130_after_an_undoing_that_nothing_interrupts(number):
    with subprocess.Popen(
        [sys.executable, "-c", WAITING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "waiting\n"
            process.send_signal(number)
            assert process.stdout.readline() == "undoing\n"
            assert "undoing, what was measured is kept" in process.stderr.readline()
            for again in (signal.SIGINT, signal.SIGTERM):
                process.send_signal(again)
                assert process.stderr.readline() == "halab: already undoing\n"
            out, err = process.communicate("\n", timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, "undone\n")
    assert "Traceback" not in err
