"""The components of a node as process groups: started, signalled, listed, started again."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab.agent import processes as module
from lab.agent.processes import Processes, processes_in
from lab.readiness import wait_until
from lab.runtime.netns.runtime import namespaces_argv

SLEEP = ["sleep", "1000"]
SUBREAPER = 36


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


@pytest.fixture
def processes(tmp_path):
    processes = Processes(str(tmp_path))
    yield processes
    for group in processes._groups.values():
        if group.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group.process.pid, signal.SIGKILL)
            group.process.wait()


@pytest.fixture
def reaper():
    """Make this process what the keeper is on a node: the one that reaps orphans."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    threads = []

    def reap(pid):
        threads.append(threading.Thread(target=os.waitpid, args=(pid, 0)))
        threads[-1].start()

    yield reap
    for thread in threads:
        thread.join(5)
    ctypes.CDLL(None).prctl(SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def supervised(processes, monkeypatch):
    """Processes whose supervisor looks every 10 ms, restarts after 50 ms, and ends."""
    over = []

    def sleep(seconds):
        if over and threading.current_thread() is thread:
            raise SystemExit
        time.sleep(seconds)

    def supervise():
        with contextlib.suppress(SystemExit):
            processes.supervise()

    quick = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)
    monkeypatch.setattr(module, "time", quick)
    monkeypatch.setattr(module, "POLL_S", 0.01)
    monkeypatch.setattr(module, "RESTART_AFTER_S", 0.05)
    thread = threading.Thread(target=supervise)
    thread.start()
    yield processes
    over.append(True)
    thread.join(5)


def events_of(processes, name):
    return [event["kind"] for event in processes.events() if event["component"] == name]


def wait_events(processes, name, count):
    def check():
        events = events_of(processes, name)
        return "" if len(events) >= count else str(events)

    wait_until(f"{count} events of {name}", check, 5)
    return processes.events()


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_state(pid, wanted):
    wait_until(f"{pid} in {wanted}", lambda: "" if state_of(pid) in wanted else state_of(pid), 5)


def wait_log(path, lines):
    def check():
        logged = path.read_text().splitlines() if path.exists() else []
        return "" if len(logged) >= lines else str(logged)

    wait_until(f"{lines} lines in {path.name}", check, 5)
    return path.read_text().splitlines()


def wait_dead(processes, name):
    wait_until("its end", lambda: "it runs" if processes.listing()[name]["alive"] else "", 5)


def test_a_started_component_runs_in_a_group_of_its_own(processes):
    pid = processes.start("server", SLEEP)
    assert processes.listing() == {"server": {"alive": True, "pid": pid, "exit_code": None}}
    assert os.getpgid(pid) == pid != os.getpgid(0)


def test_a_component_runs_in_the_nodes_directory_and_its_output_is_kept(processes, tmp_path):
    processes.start("server", ["sh", "-c", "pwd; echo problem >&2"])
    lines = wait_log(tmp_path / "logs" / "server.log", 2)
    assert lines == [str(tmp_path), "problem"]


def test_a_log_is_continued_when_a_component_is_started_again(processes, tmp_path):
    for count in (1, 2):
        processes.start("server", ["sh", "-c", "echo here"])
        wait_log(tmp_path / "logs" / "server.log", count)
        wait_dead(processes, "server")


def test_a_component_that_runs_is_left_alone(processes):
    pid = processes.start("server", SLEEP)
    assert processes.start("server") == pid
    assert processes.start("server", ["sleep", "7"]) == pid


def test_a_component_that_ended_is_started_again_as_it_was(processes, tmp_path):
    processes.start("server", ["sh", "-c", "echo one more"])
    wait_dead(processes, "server")
    processes.start("server")
    assert wait_log(tmp_path / "logs" / "server.log", 2) == ["one more"] * 2


def test_a_component_that_ended_takes_a_new_command_line(processes):
    processes.start("server", ["true"])
    wait_dead(processes, "server")
    processes.start("server", SLEEP)
    assert processes.listing()["server"]["alive"]


def test_how_the_first_process_ended_is_listed(processes):
    processes.start("server", ["sh", "-c", "exit 3"])
    wait_dead(processes, "server")
    assert processes.listing()["server"]["exit_code"] == 3


def test_a_killed_component_is_gone_when_the_call_returns(processes):
    pid = processes.start("server", SLEEP)
    before_s = time.monotonic()
    times = processes.signal("server", "KILL")
    assert before_s <= times["sent_s"] <= times["gone_s"] <= time.monotonic()
    assert not Path(f"/proc/{pid}").exists()
    assert processes.listing()["server"] == {"alive": False, "pid": pid, "exit_code": -9}


def test_a_killed_component_has_exited_when_the_call_returns(processes):
    processes.start("server", SLEEP)
    times = processes.signal("server", "KILL")
    started, exited = processes.events()
    assert (started["kind"], exited["kind"]) == ("component_start", "component_exit")
    assert exited["exit_code"] == -9
    assert times["sent_s"] <= exited["at_s"]


def test_a_child_that_outlives_its_parent_still_counts_and_is_killed(processes, tmp_path, reaper):
    processes.start("nginx", ["sh", "-c", "sleep 1000 & echo $!"])
    child = int(wait_log(tmp_path / "logs" / "nginx.log", 1)[0])
    wait_until(
        "the parent to end",
        lambda: "" if processes.listing()["nginx"]["exit_code"] == 0 else "it runs",
        5,
    )
    assert processes.listing()["nginx"]["alive"], "its child is left"
    reaper(child)
    processes.signal("nginx", "KILL")
    assert not Path(f"/proc/{child}").exists()
    assert not processes.listing()["nginx"]["alive"]


def test_a_component_is_stopped_and_goes_on(processes):
    pid = processes.start("server", SLEEP)
    assert processes.signal("server", "STOP")["gone_s"] is None
    wait_state(pid, "T")
    assert processes.listing()["server"]["alive"]
    processes.signal("server", "CONT")
    wait_state(pid, "SR")


def test_a_stop_reaches_the_whole_group(processes, tmp_path):
    parent = processes.start("server", ["sh", "-c", "sleep 1000 & echo $!; wait"])
    child = int(wait_log(tmp_path / "logs" / "server.log", 1)[0])
    processes.signal("server", "STOP")
    for pid in (parent, child):
        wait_state(pid, "T")
    processes.resume("server")
    for pid in (parent, child):
        wait_state(pid, "SR")


def test_a_stopped_component_can_be_killed(processes):
    processes.start("server", SLEEP)
    processes.signal("server", "STOP")
    processes.signal("server", "KILL")
    assert not processes.listing()["server"]["alive"]


@pytest.mark.parametrize("started", [True, False], ids=["ended", "never started"])
def test_letting_go_on_what_does_not_run_is_nothing(processes, started):
    if started:
        processes.start("server", ["true"])
        wait_dead(processes, "server")
    processes.resume("server")


@pytest.mark.parametrize("name", ["KILL", "STOP", "CONT"])
def test_an_unknown_component_cannot_be_signalled(processes, name):
    with pytest.raises(ValueError, match="component nobody does not run here"):
        processes.signal("nobody", name)


def test_a_component_that_ended_cannot_be_signalled(processes):
    processes.start("server", ["true"])
    wait_dead(processes, "server")
    with pytest.raises(ValueError, match="component server does not run here"):
        processes.signal("server", "STOP")


def test_an_unknown_component_cannot_be_started_again(processes):
    with pytest.raises(ValueError, match="component nobody was never started here"):
        processes.start("nobody")


def test_a_program_that_does_not_exist_is_an_os_error(processes):
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        processes.start("server", ["no-such-program"])
    assert processes.listing()["server"] == {"alive": False, "pid": None, "exit_code": None}


def test_a_boot_starts_every_component_that_does_not_run(processes):
    kept = processes.start("kept", SLEEP)
    killed = processes.start("killed", SLEEP)
    processes.signal("killed", "KILL")
    processes.restart_all()
    listing = processes.listing()
    assert listing["kept"]["pid"] == kept
    assert listing["killed"]["alive"]
    assert listing["killed"]["pid"] != killed


def test_what_exits_is_noted_with_its_exit_code_and_not_restarted(supervised):
    supervised.start("server", ["sh", "-c", "exit 3"])
    started, exited = wait_events(supervised, "server", 2)
    assert (started["kind"], exited["kind"]) == ("component_start", "component_exit")
    assert started["at_s"] <= exited["at_s"]
    assert exited["exit_code"] == 3
    assert started["exit_code"] is None
    time.sleep(0.15)
    assert len(supervised.events()) == 2


def test_what_is_to_be_restarted_is_started_again_after_a_while(supervised):
    supervised.start("kcm", ["true"], restart=True)
    events = wait_events(supervised, "kcm", 5)
    kinds = [event["kind"] for event in events[:5]]
    assert kinds == ["component_start", "component_exit"] * 2 + ["component_start"]
    for exited, started in ((events[1], events[2]), (events[3], events[4])):
        assert started["at_s"] - exited["at_s"] >= 0.05


def test_a_killed_component_is_held_down_until_it_is_started_again(supervised):
    supervised.start("kcm", SLEEP, restart=True)
    supervised.signal("kcm", "KILL")
    wait_events(supervised, "kcm", 2)
    time.sleep(0.15)
    assert events_of(supervised, "kcm") == ["component_start", "component_exit"]
    pid = supervised.start("kcm")
    os.kill(pid, signal.SIGTERM)
    wait_events(supervised, "kcm", 5)
    assert supervised.listing()["kcm"]["alive"], "it is supervised again"


def test_a_crashed_component_is_started_again_by_its_supervisor(supervised):
    pid = supervised.start("kcm", SLEEP, restart=True)
    times = supervised.crash("kcm")
    assert times["sent_s"] <= times["gone_s"]
    supervised.wait_restarted("kcm")
    assert supervised.listing()["kcm"]["pid"] != pid
    assert events_of(supervised, "kcm") == [
        "component_start",
        "component_exit",
        "component_start",
    ]


def test_what_is_not_started_again_is_waited_for_in_vain(processes):
    processes.restart_timeout_s = 0.1
    processes.start("kcm", SLEEP, restart=True)
    processes.crash("kcm")
    with pytest.raises(ValueError, match=r"kcm was not started again within 0\.1 s"):
        processes.wait_restarted("kcm")


def test_only_what_runs_and_is_supervised_may_crash(processes):
    processes.start("server", SLEEP)
    processes.start("kcm", SLEEP, restart=True)
    processes.check_crash("kcm")
    with pytest.raises(ValueError, match="nobody starts component server again"):
        processes.check_crash("server")
    processes.signal("kcm", "KILL")
    for name in ("kcm", "nobody"):
        with pytest.raises(ValueError, match=f"component {name} does not run here"):
            processes.check_crash(name)


def test_a_killed_component_that_is_started_at_once_has_one_exit_between_two_starts(supervised):
    supervised.start("kcm", SLEEP, restart=True)
    for _ in range(3):
        supervised.signal("kcm", "KILL")
        supervised.start("kcm")
    time.sleep(0.15)
    start, exit_ = "component_start", "component_exit"
    assert events_of(supervised, "kcm") == [start, *[exit_, start] * 3]


def test_a_host_that_loses_its_power_restarts_nothing_until_its_boot(supervised):
    pid = supervised.start("kcm", SLEEP, restart=True)
    supervised.hold_all_down()
    os.kill(pid, signal.SIGKILL)
    wait_events(supervised, "kcm", 2)
    time.sleep(0.15)
    assert not supervised.listing()["kcm"]["alive"]
    supervised.restart_all()
    assert supervised.listing()["kcm"]["alive"]


def test_a_stopped_component_has_not_exited(supervised):
    supervised.start("kcm", SLEEP, restart=True)
    supervised.signal("kcm", "STOP")
    time.sleep(0.15)
    assert events_of(supervised, "kcm") == ["component_start"]


def test_a_restart_that_fails_is_tried_again(supervised, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    supervised.start("kcm", [str(program)], restart=True)
    program.chmod(0o600)
    wait_events(supervised, "kcm", 2)
    time.sleep(0.15)
    program.chmod(0o700)
    wait_events(supervised, "kcm", 3)


def test_the_processes_of_a_network_are_found_and_oneself_is_not_among_them(processes):
    pid = processes.start("server", SLEEP)
    pids = processes_in(Path("/proc/self/ns/net").stat().st_ino)
    assert pid in pids
    assert os.getpid() not in pids


def test_a_network_without_processes_is_empty():
    assert processes_in(1) == []


def test_a_number_that_is_another_processs_now_is_not_the_component():
    root = Path(__file__).parents[3]
    script = Path(__file__).with_name("reused_number.py")
    done = subprocess.run(
        [*namespaces_argv(), sys.executable, str(script), str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    right = {"alive": False, "signalled": False, "survives": True, "started_again": True}
    assert json.loads(done.stdout) == {"killed": right, "ended unseen": right}
