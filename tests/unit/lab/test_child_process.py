"""Programs that end with what waits for them, and with all that they have started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.child_process import run_child
from lab.readiness import wait_until

# Starts a grandchild, prints both numbers, and never ends.
FAMILY = "sleep 1000 & echo $$ $!; wait"
WAITER = """
import signal, sys
sys.path.insert(0, {root!r})
from lab.child_process import run_child

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupt)
argv = ["sh", "-c", {script!r}]
run_child(argv, lambda line: print(line, flush=True), {{"PATH": "/bin:/usr/bin"}})
"""


def gone(pids):
    def check():
        return ", ".join(str(pid) for pid in pids if _runs(pid))

    wait_until("the processes to end", check, 10)


def _runs(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it has ended, before the file was opened or while it was read
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_lines_and_the_exit_code_are_returned():
    lines = []
    code = run_child(["sh", "-c", "echo one; echo two >&2; exit 3"], lines.append, os.environ)
    assert (code, lines) == (3, ["one", "two"])


def test_a_program_has_the_environment_that_it_is_given_alone(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1")
    lines = []
    run_child(["/usr/bin/env"], lines.append, {"PATH": "/bin"})
    assert lines == ["PATH=/bin"]


def test_an_error_in_the_middle_ends_the_whole_group():
    pids = []

    def broken(line):
        pids.extend(map(int, line.split()))
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        run_child(["sh", "-c", FAMILY], broken, os.environ)
    assert len(pids) == 2
    gone(pids)


def test_a_signal_ends_the_whole_group():
    code = WAITER.format(root=str(Path(__file__).parents[3]), script=FAMILY)
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        pids = [int(word) for word in process.stdout.readline().split()]
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert len(pids) == 2
    gone(pids)


def test_a_program_ends_when_what_waits_for_it_is_killed():
    code = WAITER.format(root=str(Path(__file__).parents[3]), script="echo $$; exec sleep 1000")
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        process.kill()
    gone([pid])
