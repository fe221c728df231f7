"""Which process is the keeper of a lab: never one that only looks like it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest

from lab.errors import CleanupError
from lab.owner_lock import hold
from lab.readiness import wait_until
from lab.runtime.netns import keeper_identity as module
from lab.runtime.netns import keeper_process
from lab.runtime.netns.keeper_identity import (
    LOCK,
    identity_of,
    is_locked,
    recorded,
    write_record,
)
from lab.runtime.netns.runtime import NetnsRuntime, keeper_argv

SLEEP = [sys.executable, "-c", "import time; time.sleep(1000)"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)
    monkeypatch.setattr(keeper_process, "END_TIMEOUT_S", 0.3)


@pytest.fixture
def start():
    """Start processes that end with the test."""
    started = []

    def begin(*argv, **options):
        started.append(subprocess.Popen(argv, start_new_session=True, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def keep(directory, start, argv=SLEEP):
    """Start what holds the lock of a directory, as a keeper does, and record it."""
    lock = hold(directory / LOCK)
    process = start(*argv, pass_fds=[lock])
    os.close(lock)
    write_record(directory, process.pid)
    return process


def test_a_directory_without_a_keeper_has_none(tmp_path):
    assert not is_locked(tmp_path)
    assert recorded(tmp_path) is None
    NetnsRuntime(tmp_path).destroy()


def test_a_keeper_is_found_and_killed(tmp_path, start):
    process = keep(tmp_path, start)
    assert NetnsRuntime(tmp_path).alive()
    assert recorded(tmp_path) == identity_of(process.pid)
    NetnsRuntime(tmp_path).destroy()
    assert process.wait(5) == -9
    assert not NetnsRuntime(tmp_path).alive()


def test_the_inner_process_is_killed_and_the_outer_one_ends_after_it(tmp_path, start):
    outer = ["sh", "-c", "sleep 1000; echo $? > ended"]
    process = keep(tmp_path, lambda *argv, **options: start(*argv, cwd=tmp_path, **options), outer)
    children = module.PROC / f"{process.pid}/task/{process.pid}/children"
    wait_until("its child", lambda: "" if children.read_text() else "none", 5)
    NetnsRuntime(tmp_path).destroy()
    assert process.wait(5) == 0, "it was not killed itself"
    assert (tmp_path / "ended").read_text() == "137\n"


def test_a_process_with_the_same_arguments_is_not_the_keeper(tmp_path, start):
    argv = keeper_argv(tmp_path)
    like = start(sys.executable, "-c", "import time; time.sleep(1000)", *argv[-2:], "{}")
    runtime = NetnsRuntime(tmp_path)
    assert not runtime.alive()
    runtime.destroy()
    assert like.poll() is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"start_ticks": 1}, id="another start"),
        pytest.param({"uid": os.getuid() + 1}, id="another user"),
        pytest.param({"boot_id": "b"}, id="another boot"),
    ],
)
def test_a_number_that_is_anothers_now_is_not_the_keepers(tmp_path, start, other):
    process = start(*SLEEP)
    identity = replace(identity_of(process.pid), **other)
    (tmp_path / module.RECORD).write_text(json.dumps(asdict(identity)))
    assert not identity.runs()
    identity.kill()
    assert identity.kill_children() is False
    NetnsRuntime(tmp_path).destroy()
    assert process.poll() is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "5",
        '{"pid": 1}',
        "\xff",
        '{"pid": "x", "start_ticks": 1, "uid": 0, "boot_id": "b"}',
    ],
)
def test_a_record_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / module.RECORD).write_bytes(text.encode("latin-1"))
    assert recorded(tmp_path) is None


def test_a_zombie_does_not_run(start):
    process = start("true")
    identity = identity_of(process.pid)
    wait_until("its end", lambda: "it runs" if identity_of(process.pid) else "", 5)
    assert identity is None or not identity.runs()


def test_nobody_has_a_number_that_is_not_given():
    assert identity_of(2**22 + 1) is None


def test_what_holds_the_lock_and_is_not_seen_here_is_reported_and_not_killed(tmp_path, start):
    keep(tmp_path, start)
    (tmp_path / module.RECORD).unlink()
    with pytest.raises(CleanupError, match=r"something holds keeper\.lock"):
        NetnsRuntime(tmp_path).destroy()


def test_a_keeper_whose_maker_was_killed_before_the_record_is_waited_for(tmp_path, start):
    process = start(
        "sh", "-c", "exec 9>keeper.lock; flock 9; echo locked; read end",
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == b"locked\n"
    assert NetnsRuntime(tmp_path).alive()
    process.stdin.close()
    NetnsRuntime(tmp_path).destroy()
    assert not is_locked(tmp_path)


def test_two_that_look_at_once_are_no_keeper(tmp_path):
    os.close(hold(tmp_path / LOCK))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from lab.runtime.netns.keeper_identity import is_locked\n"
        "print(sum(is_locked(Path(sys.argv[2])) for _ in range(3000)))"
    )
    root = str(module.Path(__file__).parents[3])
    argv = [sys.executable, "-c", code, root, str(tmp_path)]
    looking = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=20)[0] for process in looking] == ["0\n", "0\n"]


def test_lock_and_record_are_their_users_alone_whatever_the_umask(tmp_path, start):
    before = os.umask(0)
    try:
        keep(tmp_path, start)
    finally:
        os.umask(before)
    for name in (LOCK, module.RECORD):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_keeper_that_does_not_end_is_reported_as_what_is_left(tmp_path, start, monkeypatch):
    process = keep(tmp_path, start)
    monkeypatch.setattr(keeper_process, "_kill", lambda _: time.sleep(0.01))
    with pytest.raises(CleanupError, match=f"process {process.pid} and below; they wait for the"):
        NetnsRuntime(tmp_path).destroy()
