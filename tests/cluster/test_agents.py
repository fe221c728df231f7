"""Agents that hang, and others on this machine: a lab goes on, and every command ends in time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from home_of_labs import Home

from lab.health import etcd_leader
from lab.readiness import wait_until
from lab.runtime.netns.keeper_identity import recorded

pytestmark = pytest.mark.beside

# A request that nobody answers is given up after 30 s, a connection after 10 s.
BOUND_S = 50
OTHER_USER = 65534
CROWD = """
import os, socket, sys, time
port, user = int(sys.argv[1]), int(sys.argv[2])
socket.create_connection(("127.0.0.1", port)).close()  # all modules are loaded now
if os.geteuid() == 0:
    os.setgid(user)
    os.setuid(user)
held = []
until_s = time.monotonic() + 30
while len(held) < 600 and time.monotonic() < until_s:
    try:
        held.append(socket.create_connection(("127.0.0.1", port), 3))
    except OSError:
        time.sleep(0.1)
print(len(held), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a lab of three members, and nothing of it afterwards."""
    made = Home(tmp_path_factory.mktemp("home"))
    made.halab("up", "lab", "--etcd", "3", "--masters", "1", "--workers", "1")
    yield made
    made.halab("down", "lab")
    made.wait_empty()


@pytest.fixture
def lab(home):
    attached = home.attach("lab")
    yield attached
    attached.close()


def agent_pid(lab, node):
    """Return the number that the agent of a node has on this machine."""
    with lab.agent(node).stream(["sh", "-c", "echo $PPID"]).channel as channel:
        inside = int(channel.recv(100))
    (keeper,) = children(recorded(lab.directory).pid)
    (pid,) = [pid for pid in children(keeper) if numbers_of(pid)[-1] == inside]
    return pid


def children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def numbers_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (numbers,) = [line for line in lines if line.startswith("NSpid:")]
    return [int(number) for number in numbers.split()[1:]]


@contextlib.contextmanager
def stopped(lab, node):
    """The agent of a node hangs for as long as this lasts."""
    pid = agent_pid(lab, node)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def timed(home, *argv):
    """Run a command; return its exit code and what it printed. It must end within the bound."""
    begun_s = time.monotonic()
    with home.popen(*argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, error = process.communicate(timeout=3 * BOUND_S)
    took_s = time.monotonic() - begun_s
    print(argv, process.returncode, f"{took_s:.1f} s", out, error)
    assert took_s < BOUND_S
    assert "Traceback" not in error
    return process.returncode, out + error


def wait_all_up(home):
    def check():
        listed = home.halab("status").stdout
        return "" if "DOWN" not in listed and "no answer" not in listed else listed

    wait_until("every component to run", check, 30)


@pytest.mark.parametrize("hung", ["worker-1", "leader"])
def test_a_hung_agent_delays_a_fault_elsewhere_by_no_more_than_its_bound(home, lab, hung):
    node = etcd_leader(lab) if hung == "leader" else hung
    with stopped(lab, node):
        code, printed = timed(home, "kill", "etcd:leader", "--lab", "lab")
        if hung == "worker-1":
            assert code == 0, "another node observes it"
        else:
            assert code == 3
            assert f"{node}: relay: the channel broke: timed out" in printed
        code, printed = timed(home, "heal", "--lab", "lab")
        assert code == 3
        assert f"{node}: heal: no answer" in printed
    home.halab("heal", "--lab", "lab")
    wait_all_up(home)


def test_a_crowd_of_another_users_connections_ends_no_lab_and_keeps_nobody_out(
    home, lab, kubectl, tmp_path
):
    home.halab("kubeconfig", "--lab", "lab", "--out", str(tmp_path / "kubeconfig"))
    (port,) = lab.record.ports.values()
    argv = [sys.executable, "-c", CROWD, str(port), str(OTHER_USER)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
        assert crowd.stdout.readline() == "600\n"
        wait_all_up(home)
        ask = [kubectl, "--kubeconfig", str(tmp_path / "kubeconfig"), "get", "--raw", "/readyz"]
        done = subprocess.run(
            [*ask, "--request-timeout", "10s"], capture_output=True, text=True, check=False
        )
        assert done.stdout == "ok", done.stderr
        crowd.communicate("")
    wait_all_up(home)


def test_a_lab_with_a_hung_agent_is_taken_down(home):
    home.halab("up", "small", "--etcd", "1", "--masters", "0")
    attached = home.attach("small")
    pid = agent_pid(attached, "etcd-1")
    attached.close()
    os.kill(pid, signal.SIGSTOP)
    code, _ = timed(home, "down", "small")
    assert code == 0
    assert not Path(f"/proc/{pid}").exists()


def test_a_process_that_looks_like_the_keeper_is_left_alone(home):
    """Another user's, in another mount namespace, with the same arguments: as in a container."""
    home.halab("up", "small", "--etcd", "1", "--masters", "0")
    directory = home.registry.directory("small")
    config = json.dumps({"nodes": {}})
    like = ["sh", "-c", "read -r end", "lab.runtime.netns.keeper", str(directory), config]
    if os.geteuid() == 0:
        like = [
            *("setpriv", f"--reuid={OTHER_USER}", "--clear-groups"),
            *("unshare", "--user", "--mount", *like),
        ]
    with subprocess.Popen(like, stdin=subprocess.PIPE) as process:
        home.halab("down", "small")
        assert "small" not in home.labs()
        assert process.poll() is None
        assert "small" not in home.halab("status").stdout
        process.communicate(b"\n")
