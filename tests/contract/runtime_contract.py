"""What holds for makers of planned nodes: addresses, lifetimes, what they leave, what they can do.

Not collected by itself, as node_contract.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.clients.agent import AgentClient
from lab.errors import AgentError
from lab.readiness import wait_until
from lab.runtime.capabilities import CAPABILITIES, ROOT, YES
from tests.contract.nodes import DRIVER, NAME, UNUSED_PORT, MadeNodes, make
from tests.contract.traces import docker_traces, host_traces

pytest_plugins = ("tests.contract.fixtures",)

# Until when a maker is killed while it makes nodes, and how long these may need to end.
MAKING_S, ENDING_S = {"netns": (0.6, 30), "docker": (4.0, 30)}[NAME]
KILL_PARENT = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"


def traces():
    """What the machine has of what nodes are made of; of Docker's where nodes are containers."""
    return [*host_traces(), *(docker_traces() if NAME == "docker" else [])]


def test_a_dead_agent_takes_its_nodes_processes_with_it(served):
    with served["etcd-1"].stream([served.runtime.python, "-c", KILL_PARENT]).channel as stream:
        stream.recv(1)

    def gone():
        served.close()  # a channel may have been opened to the old agent as it died
        return ", ".join(served["etcd-1"].components())

    wait_until("the processes of the node to end with its agent", gone, 10)
    served.wait_seen("etcd-1", "refused")


def test_an_agent_that_always_dies_is_given_up_and_answers_why(tmp_path):
    runtime, plan = make(tmp_path, MadeNodes.spec())
    nodes = MadeNodes(runtime, plan)

    def check():
        nodes.close()
        try:
            with nodes["etcd-1"].stream([runtime.python, "-c", KILL_PARENT]).channel as stream:
                stream.recv(1)
        except AgentError as error:
            return "" if "the agent of etcd-1 has died 6 times in a row" in str(error) else "dying"
        return "killed"

    try:
        wait_until("the agent to be given up", check, 30)
        assert nodes.dial("worker-1", "worker-2", port=UNUSED_PORT) == "refused", (
            "other nodes go on"
        )
        nodes.close()
    finally:
        runtime.destroy()


def test_a_powered_off_node_loses_the_processes_of_every_user(served):
    served["etcd-1"].start("other", [served.runtime.python, "-c", OTHER_USER], restart=False)
    pid = served["etcd-1"].components()["other"].pid
    wait_until("its user to change", lambda: user_of(served, pid), 5)
    served.inject("etcd-1", "power-off")
    assert served["etcd-1"].components()["other"].alive is False
    served["etcd-1"].heal(["u1"])
    served["etcd-1"].signal("other", "KILL")


def user_of(nodes, pid):
    """Return "" once the process is somebody else's, or says that it cannot be."""
    output = nodes.run("etcd-1", "ps", "-o", "uid=,args=", "-p", str(pid))
    return "" if output.split()[0] != "0" else output


OTHER_USER = """
import os, time
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
time.sleep(1000)
"""


def test_two_sets_of_nodes_do_not_meet(served, tmp_path):
    other, plan = make(tmp_path, MadeNodes.spec())
    port = served.server("etcd-1").port
    try:
        with AgentClient(other, "worker-1") as worker:
            for host in (plan.node("etcd-1").address, served.plan.node("etcd-1").address):
                outcome = worker.dial(host, port, tls=True, timeout_s=0.4)
                assert outcome in ("refused", "timeout", "unreachable")
        assert served.seen("etcd-1") == "answered"
    finally:
        other.destroy()
    assert served.seen("etcd-1") == "answered"


SHADOWS = ("lab", "chaos", "json", "select", "random", "socket", "runpy")
HOSTILE = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://192.0.2.1:3128"),
    "ETCD_NAME": "mine",
    "ETCD_QUOTA_BACKEND_BYTES": "1000000",
    "GOMAXPROCS": "1",
    "GOGC": "10",
    "PYTHONHOME": "/nowhere",
    "PYTHONPATH": ".",
}


def test_nodes_know_nothing_of_the_users_folder_and_environment(tmp_path, monkeypatch):
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')\n")
    monkeypatch.chdir(tmp_path)
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "made").mkdir()
    runtime, plan = make(tmp_path / "made", MadeNodes.spec())
    try:
        channels = MadeNodes(runtime, plan)
        output = channels.run("etcd-1", "env")
        channels.close()
    finally:
        runtime.destroy()
    assert "PATH=" in output
    assert [name for name in HOSTILE if f"{name}=" in output] == []


def test_destroying_leaves_nothing_and_the_host_as_it_was(tmp_path):
    before = traces()
    runtime, _ = make(tmp_path, MadeNodes.spec())
    assert runtime.alive()
    if NAME == "netns":
        assert traces() == before, "the host sees nothing of the nodes"
    runtime.destroy()
    assert not runtime.alive()
    assert traces() == before
    runtime.destroy()


def test_what_the_runtime_can_do_is_what_is_written_down():
    lacking = DRIVER.lacking()
    able = {name for name in CAPABILITIES if DRIVER.capabilities[name] == YES}
    if os.geteuid() == 0:
        able |= {name for name in CAPABILITIES if DRIVER.capabilities[name] == ROOT}
    assert able.isdisjoint(lacking), "something was lost"
    assert DRIVER.unavailable(("nginx", "haproxy", "keepalived")) == ""


MAKER = """
import sys, time
from pathlib import Path
sys.path[:0] = [{root!r}]
from tests.contract.nodes import MadeNodes, make
print("making", flush=True)
made, _ = make(Path({directory!r}), MadeNodes.spec())
if {release}: made.release()
print("made", flush=True)
time.sleep(1000)
"""


def make_in_another_process(directory, *, release):
    root = str(Path(__file__).parents[2])
    code = MAKER.format(root=root, directory=str(directory), release=release)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("moment", range(5))
def test_nodes_end_with_a_maker_that_is_killed_at_any_moment(tmp_path, moment):
    before = traces()
    with make_in_another_process(tmp_path, release=False) as maker:
        assert maker.stdout.readline() == "making\n"
        time.sleep(random.Random(moment).uniform(0, MAKING_S))
        maker.send_signal(signal.SIGKILL)
    runtime = DRIVER.at(tmp_path)

    def check():
        return "alive" if runtime.alive() else ""

    wait_until("the nodes to end", check, ENDING_S)
    runtime.destroy()
    assert traces() == before


def test_released_nodes_outlive_their_maker_and_are_found_again(tmp_path):
    with make_in_another_process(tmp_path, release=True) as maker:
        assert [maker.stdout.readline(), maker.stdout.readline()] == ["making\n", "made\n"]
        maker.send_signal(signal.SIGKILL)
    runtime = DRIVER.at(tmp_path)
    try:
        time.sleep(1)
        assert runtime.alive()
        with AgentClient(runtime, "etcd-1") as agent:
            assert agent.hello().node == "etcd-1"
    finally:
        runtime.destroy()
    assert not runtime.alive()
