"""`make docker-stop` ends the daemon that `make docker` has started, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DAEMON = "#!/bin/sh\nwhile :; do sleep 0.1; done\n"


@pytest.fixture
def pidfile(tmp_path):
    return tmp_path / "dockerd.pid"


@pytest.fixture
def started(tmp_path, pidfile):
    """A way to start a program, whose number then stands in the file."""
    processes = []

    def start(name, *arguments):
        program = tmp_path / name
        program.write_text(DAEMON)
        program.chmod(0o755)
        processes.append(subprocess.Popen([program, *arguments], start_new_session=True))
        pidfile.write_text(f"{processes[-1].pid}\n")
        return processes[-1]

    yield start
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def stop(pidfile):
    argv = ["make", "-s", "docker-stop", f"DOCKERD_PID={pidfile}", "ROOT="]
    # as at a prompt, also where another make runs the tests
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(
        argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_daemon_that_was_started_is_ended(started, pidfile):
    daemon = started("dockerd", f"--pidfile={pidfile}")
    assert stop(pidfile) == ""
    assert daemon.poll() == -signal.SIGTERM
    assert not pidfile.exists()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        pytest.param("sleeper", [], id="another program"),
        pytest.param("sleeper", ["--pidfile={pidfile}"], id="another program with our argument"),
        pytest.param("dockerd", [], id="another daemon"),
        pytest.param("dockerd", ["--pidfile={pidfile}x"], id="a daemon with another file"),
    ],
)
def test_a_process_that_has_its_number_now_is_left_alone(started, pidfile, name, arguments):
    process = started(name, *(argument.format(pidfile=pidfile) for argument in arguments))
    assert "is left alone" in stop(pidfile)
    assert process.poll() is None
    assert not pidfile.exists()


@pytest.mark.parametrize("content", ["", "-1\n", "1 1\n", "self\n", "../..\n", "x; touch y\n"])
def test_a_file_without_a_number_ends_nothing(pidfile, content):
    pidfile.write_text(content)
    assert "is left alone" in stop(pidfile)
    assert not pidfile.exists()


def test_without_a_file_nothing_is_done(pidfile):
    assert stop(pidfile) == ""
