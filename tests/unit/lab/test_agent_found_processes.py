"""Components that others run: found by their programs, signalled, held down, seen to come back.

What stands for the kubelet is a shell that starts the programs again 0.1 s after they end.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

from lab.agent import found_processes as module
from lab.agent.found_processes import FoundProcesses
from lab.agent.running import Process, programs_that_run
from lab.readiness import wait_until

SET_NAME = 15  # prctl
KUBELET = """\
#!/bin/sh
cd {directory}
keep() {{ while :; do ./$1 1000; sleep 0.1; done; }}
keep {etcd} 2> /dev/null &
keep {api} 2> /dev/null &
wait
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


class Node:
    """Programs of names that no other test uses, and the agent's view of them."""

    def __init__(self, directory):
        self.directory = directory
        unique = uuid.uuid4().hex[:6]
        # longer than what the kernel keeps of a name
        self.programs = {
            "etcd": f"etcd-{unique}",
            "kube-apiserver": f"kube-apiserver-{unique}",
            "kubelet": f"kubelet-{unique}",
            "nginx": f"nginx-{unique}",
        }
        self.started = []
        for name in ("etcd", "kube-apiserver", "nginx"):
            shutil.copy("/bin/sleep", self.path(name))
        script = self.path("kubelet")
        script.write_text(
            KUBELET.format(
                directory=directory,
                etcd=self.programs["etcd"],
                api=self.programs["kube-apiserver"],
            )
        )
        script.chmod(0o700)

    def path(self, name):
        return self.directory / self.programs[name]

    def run(self, *argv):
        self.started.append(subprocess.Popen([str(word) for word in argv], start_new_session=True))
        return self.started[-1]

    def seen(self, **supervisors):
        by = {"etcd": "kubelet", "kube-apiserver": "kubelet", "kubelet": "systemd", "nginx": ""}
        return FoundProcesses(
            {
                name: {"program": program, "supervisor": supervisors.get(name, by[name])}
                for name, program in self.programs.items()
            }
        )

    def pids(self, name):
        network = Path("/proc/self/ns/net").stat().st_ino
        program = self.programs[name]
        return [process.pid for process in programs_that_run([program], network)[program].all]

    def end(self):
        # whoever starts others first
        for name in ("kubelet", "etcd", "kube-apiserver", "nginx"):
            for pid in self.pids(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for process in self.started:
            process.wait()


@pytest.fixture
def node(tmp_path):
    made = Node(tmp_path)
    made.run(made.path("kubelet"))
    for name in ("etcd", "kube-apiserver"):
        wait_until(f"{name} to run", lambda name=name: "" if made.pids(name) else "no", 5)
    yield made
    made.end()


@pytest.fixture
def found(node):
    return node.seen()


@pytest.fixture
def supervised(found):
    """Components whose watcher ends with the test."""
    over = []

    def look():
        if over:
            raise SystemExit
        real()

    def supervise():
        with contextlib.suppress(SystemExit):
            found.supervise()

    real, found._look = found._look, look
    thread = threading.Thread(target=supervise)
    thread.start()
    yield found
    over.append(True)
    thread.join(5)


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def states(node, name):
    return {state_of(pid) for pid in node.pids(name)}


def pid_of(found, name):
    return found.listing()[name]["pid"]


def wait_another(found, name, pid):
    wait_until(f"another {name}", lambda: str(pid_of(found, name) in (None, pid) or ""), 5)


def events_of(found, name):
    return [event["kind"] for event in found.events() if event["component"] == name]


def test_what_runs_is_found_and_nobody_has_seen_it_start(node, found):
    listing = found.listing()
    assert {name: state["alive"] for name, state in listing.items()} == {
        "etcd": True,
        "kube-apiserver": True,
        "kubelet": True,
        "nginx": False,
    }
    assert [listing["etcd"]["pid"]] == node.pids("etcd")
    assert all(state["exit_code"] is None for state in listing.values())
    assert found.events() == []


def test_a_program_with_the_same_first_letters_is_another(node, found):
    other = node.directory / f"{node.programs['kube-apiserver'][:-1]}x"
    shutil.copy("/bin/sleep", other)
    before = found.listing()["kube-apiserver"]["pid"]
    node.run(other, 1000)
    found.crash("kube-apiserver")
    wait_another(found, "kube-apiserver", before)
    assert node.started[-1].poll() is None
    node.started[-1].kill()


def test_a_program_in_another_network_is_not_the_nodes(node, found):
    other = node.run("unshare", "--net", "--map-root-user", node.path("nginx"), 1000)
    wait_until("it to run", lambda: "" if "nginx" in comm(other.pid) else "not yet", 5)
    assert not found.listing()["nginx"]["alive"]
    with pytest.raises(ValueError, match="component nginx does not run here"):
        found.check_runs("nginx")
    other.kill()


def comm(pid):
    return Path(f"/proc/{pid}/comm").read_text()


def test_two_programs_of_one_name_are_not_told_apart_and_neither_is_hit(node, found):
    first, second = (node.run(node.path("nginx"), 1000) for _ in range(2))
    wait_until("both", lambda: "" if len(node.pids("nginx")) == 2 else "not yet", 5)
    for refused in (found.check_runs, found.check_crash, found.crash):
        with pytest.raises(ValueError, match=r"2 processes of nginx-.* cannot be told"):
            refused("nginx")
    with pytest.raises(ValueError, match="cannot be told"):
        found.signal("nginx", "STOP")
    assert first.poll() is None
    assert second.poll() is None
    assert states(node, "nginx") == {"S"}


def test_a_killed_component_is_held_down_until_it_is_revived(node, found):
    before = pid_of(found, "etcd")
    times = found.signal("etcd", "KILL")
    assert times["sent_s"] <= times["gone_s"] <= time.monotonic()
    assert not found.listing()["etcd"]["alive"]
    assert states(node, "kubelet") == {"T"}
    time.sleep(0.4)
    assert node.pids("etcd") == []
    assert pid_of(found, "kube-apiserver"), "it is left alone"
    found.revive("etcd")
    assert pid_of(found, "etcd") not in (None, before)
    assert "T" not in states(node, "kubelet")
    assert events_of(found, "etcd") == ["component_exit", "component_start"]


def test_a_revival_of_what_runs_does_nothing(node, found):
    before = pid_of(found, "etcd")
    found.revive("etcd")
    assert pid_of(found, "etcd") == before
    assert states(node, "kubelet") == {"S"}


@pytest.mark.parametrize("first", ["etcd", "kube-apiserver"])
def test_of_two_that_are_held_down_both_come_back_with_the_last(node, found, first):
    for name in ("etcd", "kube-apiserver"):
        found.signal(name, "KILL")
    (last,) = {"etcd", "kube-apiserver"} - {first}
    found.revive(first)
    time.sleep(0.4)
    assert (node.pids("etcd"), node.pids("kube-apiserver")) == ([], [])
    assert states(node, "kubelet") == {"T"}
    found.revive(last)
    for name in (first, last):
        found.wait_restarted(name)


@pytest.mark.parametrize("first", ["etcd", "kubelet"])
def test_a_kubelet_that_hangs_and_holds_down_goes_on_when_both_are_undone(node, found, first):
    found.signal("kubelet", "STOP")
    found.signal("etcd", "KILL")
    undo = {"etcd": lambda: found.revive("etcd"), "kubelet": lambda: found.resume("kubelet")}
    undo.pop(first)()
    assert states(node, "kubelet") == {"T"}
    undo.popitem()[1]()
    found.wait_restarted("etcd")


def test_who_is_not_held_down_by_the_kubelet_cannot_be_killed(node, found):
    node.run(node.path("nginx"), 1000)
    wait_until("nginx", lambda: "" if found.listing()["nginx"]["alive"] else "no", 5)
    for name in ("kubelet", "nginx"):
        for refused in (found.check_kill, lambda name: found.signal(name, "KILL")):
            with pytest.raises(ValueError, match=f"component {name} cannot be held down"):
                refused(name)
    assert found.listing()["kubelet"]["alive"]
    assert states(node, "kubelet") == {"S"}


def test_nothing_is_killed_where_no_kubelet_runs_that_could_be_stopped(node):
    found = node.seen()
    for pid in node.pids("kubelet"):
        os.kill(pid, signal.SIGKILL)
    node.started[0].wait()
    with pytest.raises(ValueError, match="component kubelet does not run here"):
        found.check_kill("etcd")
    assert node.pids("etcd")


def test_a_crashed_component_is_started_again_by_its_supervisor(node, found):
    before = pid_of(found, "etcd")
    times = found.crash("etcd")
    assert times["sent_s"] <= times["gone_s"]
    found.wait_restarted("etcd")
    assert pid_of(found, "etcd") not in (None, before)
    assert "T" not in states(node, "kubelet")


def test_what_nobody_starts_again_does_not_crash(node, found):
    node.run(node.path("nginx"), 1000)
    wait_until("nginx", lambda: "" if found.listing()["nginx"]["alive"] else "no", 5)
    with pytest.raises(ValueError, match="nobody starts component nginx again"):
        found.check_crash("nginx")


def test_a_stopped_kubelet_does_not_crash_for_what_it_holds_down_would_come_back(found):
    found.signal("etcd", "KILL")
    with pytest.raises(ValueError, match="component kubelet is stopped by another fault"):
        found.check_crash("kubelet")
    found.revive("etcd")


def test_what_is_not_started_again_is_an_error_with_the_time_that_was_waited(found):
    found.restart_timeout_s = 0.2
    found.signal("kubelet", "STOP")
    found.crash("etcd")
    with pytest.raises(ValueError, match=re.escape("etcd was not started again within 0.2 s")):
        found.wait_restarted("etcd")
    found.resume("kubelet")
    found.restart_timeout_s = 5
    found.wait_restarted("etcd")


def test_a_hung_component_goes_on_as_the_same_process(node, found):
    before = pid_of(found, "etcd")
    assert found.signal("etcd", "STOP")["gone_s"] is None
    assert states(node, "etcd") == {"T"}
    assert found.listing()["etcd"]["alive"]
    found.resume("etcd")
    wait_until("it to go on", lambda: str(states(node, "etcd") - {"S", "R"} or ""), 5)
    assert pid_of(found, "etcd") == before
    assert found.events() == []


def test_a_hang_reaches_every_process_of_a_component(node, found):
    script = node.path("nginx")
    script.write_text("#!/bin/sh\n(while :; do sleep 1; done) & (while :; do sleep 1; done)\n")
    node.run(script)
    wait_until("its workers", lambda: "" if len(node.pids("nginx")) == 3 else "not yet", 5)
    found.signal("nginx", "STOP")
    assert states(node, "nginx") <= {"T", "D"}, "D: it has just called vfork"
    found.signal("nginx", "CONT")
    wait_until("them to go on", lambda: str(states(node, "nginx") & {"T"} or ""), 5)


def test_what_was_started_again_while_it_hung_is_left_alone(node, found):
    before = pid_of(found, "etcd")
    found.signal("etcd", "STOP")
    os.kill(before, signal.SIGKILL)
    wait_another(found, "etcd", before)
    os.kill(pid_of(found, "etcd"), signal.SIGSTOP)
    wait_until("the other one to stop", lambda: str(states(node, "etcd") - {"T"} or ""), 5)
    found.resume("etcd")
    assert states(node, "etcd") == {"T"}, "somebody else has stopped this one"


def test_a_fresh_agent_lets_go_on_what_a_dead_one_has_stopped(node, found):
    found.signal("etcd", "KILL")
    found.signal("kube-apiserver", "STOP")
    fresh = node.seen()
    fresh.wait_restarted("etcd")
    for name in ("kubelet", "kube-apiserver"):
        wait_until(f"{name} to go on", lambda name=name: str(states(node, name) & {"T"} or ""), 5)


def test_what_ends_and_starts_is_noted_in_its_order(supervised, monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 0.01)
    os.kill(pid_of(supervised, "etcd"), signal.SIGKILL)
    wait_until(
        "both events", lambda: "" if len(events_of(supervised, "etcd")) == 2 else "not yet", 5
    )
    exited, started = supervised.events()
    assert (exited["kind"], started["kind"]) == ("component_exit", "component_start")
    assert exited["at_s"] <= started["at_s"]
    assert exited["exit_code"] is None


@pytest.mark.parametrize("name", ["nobody", "nginx"], ids=["unknown", "does not run"])
def test_what_does_not_run_cannot_be_hit(found, name):
    for refused in (found.check_runs, found.check_kill, found.check_crash, found.crash):
        with pytest.raises(ValueError, match=f"component {name} does not run here"):
            refused(name)
    for signal_name in ("KILL", "STOP"):
        with pytest.raises(ValueError, match=f"component {name} does not run here"):
            found.signal(name, signal_name)


def test_nothing_is_started_here_and_the_power_is_not_switched_here(found):
    with pytest.raises(ValueError, match="component more: the agent of this node starts nothing"):
        found.start("more", ["sleep", "1"], restart=True)
    for refused in (found.check_power, found.hold_all_down, found.restart_all):
        with pytest.raises(ValueError, match="switched from outside"):
            refused()


def test_connections_are_those_that_a_component_has_opened(node):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        script = (
            "import ctypes, socket, time; "
            f"ctypes.CDLL(None).prctl({SET_NAME}, {node.programs['nginx'].encode()}); "
            f"c = socket.create_connection(('127.0.0.1', {port})); time.sleep(100)"
        )
        node.run(sys.executable, "-c", script)
        listener.accept()[0].close()
        found = node.seen()
        assert found.peers(["nginx", "etcd"]) == {"nginx": [f"127.0.0.1:{port}"], "etcd": []}
    node.started[-1].kill()
    node.started[-1].wait()
    assert found.peers(["nginx"]) == {"nginx": None}


def test_a_process_whose_first_thread_has_ended_runs_as_long_as_others_do(node):
    """As one that was killed, while its other threads still end."""
    script = (
        f"import ctypes, threading, time; "
        f"ctypes.CDLL(None).prctl({SET_NAME}, {node.programs['nginx'].encode()}); "
        "threading.Thread(target=time.sleep, args=(1000,)).start(); "
        "ctypes.CDLL(None).pthread_exit(None)"
    )
    started = node.run(sys.executable, "-c", script)
    wait_until("its thread's end", lambda: "" if state_of(started.pid) == "Z" else "not yet", 5)
    process = Process(started.pid, started_at(started.pid))
    assert process.runs()
    started.kill()
    wait_until("its end", lambda: str(process.runs() or ""), 5)
    assert state_of(started.pid) == "Z", "nobody has reaped it"


def started_at(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def test_a_number_that_is_another_processs_now_is_not_signalled(found):
    """The start of a process is part of its identity."""
    etcd = found._components["etcd"].main
    other = type(etcd)(etcd.pid, etcd.started - 1)
    assert (other.runs(), other.state()) == (False, "X")
    other.send(signal.SIGKILL)
    assert etcd.runs()


@pytest.mark.parametrize(
    ("state", "goes_on"),
    [("R", True), ("S", True), ("T", False), ("Z", False), ("X", False), ("D", False)],
)
def test_what_does_not_go_on_after_a_sigstop(monkeypatch, state, goes_on):
    monkeypatch.setattr(Process, "state", lambda _: state)
    assert Process(1, 0).goes_on() is goes_on
