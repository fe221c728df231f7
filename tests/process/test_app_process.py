"""`halab` as a process: its exit codes, and what an interrupt does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.cli.interrupts import SIGNALS

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


@pytest.mark.parametrize("number", SIGNALS, ids=lambda signum: signum.name)
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
            for again in SIGNALS:
                process.send_signal(again)
                assert process.stderr.readline().startswith("halab: already undoing")
            out, err = process.communicate("\n", timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, "undone\n")
    assert "Traceback" not in err


def test_an_interrupt_whose_readers_are_gone_ends_in_130_after_the_undoing(tmp_path):
    """As under `2>&1 | tee`: the Ctrl-C has ended tee, too."""
    undone = tmp_path / "undone"
    code = WAITING.replace('print("undone", flush=True)', f"open({str(undone)!r}, 'w')")
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "waiting\n"
            process.stdout.close()
            for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                process.send_signal(number)
            process.stdin.write("\n")
            process.stdin.close()
            assert process.wait(30) == 130
        finally:
            process.kill()
    assert undone.exists()


# A command whose thread ends in an error that nobody has foreseen.
THREADED = """
import sys, threading
from chaos.cli import app as cli

@cli.app.command()
def think():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()

sys.argv = ["halab", "think"]
cli.main()
"""


def test_a_thread_that_ends_in_an_error_is_an_error_of_the_command(home):
    ended = subprocess.run(
        [sys.executable, "-c", THREADED], capture_output=True, text=True, check=False
    )
    [kept] = (home / "tracebacks").iterdir()
    assert ended.returncode == 3
    assert ended.stderr.startswith("halab: a defect of ours: ZeroDivisionError")
    assert ended.stderr.endswith(f"see {kept}\n")


# A command that prints a verdict in Chinese, and ends as it.
SAYING = r"""
import sys, typer
from chaos.cli import app as cli

@cli.app.command()
def say():
    print("\u6210\u7acb" * 100, flush=True)
    print("and more", file=sys.stderr)
    raise typer.Exit(5)

sys.argv = ["halab", "say"]
cli.main()
"""
# redirection of a shell, variables -> exit code and a part of what is printed
OUTPUTS = {
    "a reader that left": ("| head -c 3", {}, 5, ""),
    "a full disk": (">/dev/full", {}, 3, "standard output: [Errno 28] No space left on device"),
    "no standard output": (">&-", {}, 5, "and more"),
    "no output at all": (">&- 2>&- <&-", {}, 5, ""),
    "errors on a full disk": ("2>/dev/full", {}, 5, "成立"),
    "an encoding without Chinese": ("", {"PYTHONIOENCODING": "latin-1"}, 5, "????"),
    "a locale without any": (
        "",
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        5,
        "and more",
    ),
}


@pytest.mark.parametrize(("where", "variables", "code", "printed"), OUTPUTS.values(), ids=OUTPUTS)
def test_the_code_of_a_verdict_is_right_wherever_it_is_printed(where, variables, code, printed):
    ended = subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {where}; exit "${{PIPESTATUS[0]}}"', sys.executable, SAYING],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | variables,
    )
    assert ended.returncode == code
    assert printed in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


# A signal that arrives when the command has ended, and Python has not.
LATE = """
import atexit, os, sys
from chaos.cli.app import main

atexit.register(os.kill, os.getpid(), int(sys.argv.pop()))
main()
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_after_the_end_changes_nothing(home, number):
    del home
    argv = [sys.executable, "-P", "-c", LATE, "list", "--runs-dir", ".", str(int(number))]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
