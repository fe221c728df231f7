"""What every runtime must do, as facts about nodes without any Kubernetes on them.

Not collected by itself: `test_identities.py` runs it once for every runtime and user.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lab.clients.agent import AgentClient
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError, LabError
from lab.network import cut_ruleset
from lab.readiness import wait_until
from lab.runtime.capabilities import CAPABILITIES, ROOT, YES
from lab.runtime.docker.connection import connect
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec

PORT = 8080
PROXY_PORT = 443
SERVER = {"component": "server"}
SPEC = LabSpec(etcd=2, masters=1, workers=2, proxy_port=PROXY_PORT)
NAME = os.environ.get("HALAB_CONTRACT_RUNTIME", "netns")
DRIVER = DRIVERS[NAME]
# Until when a maker is killed while it makes nodes, and how long these may need to end.
MAKING_S, ENDING_S = {"netns": (0.6, 30), "docker": (4.0, 30)}[NAME]


def make(directory):
    """Make nodes in a directory; return their runtime and their plan."""
    runtime = DRIVER.at(directory)
    plan = plan_lab(SPEC, runtime.reserve())
    runtime.create(plan.nodes, plan.worker_frontends, {})
    return runtime, plan


class Nodes:
    """The nodes of a runtime and our channels to them."""

    def __init__(self, runtime, plan):
        self.runtime = runtime
        self.plan = plan
        self.channels = {}

    def __getitem__(self, node):
        if node not in self.channels:
            self.channels[node] = AgentClient(self.runtime, node)
        return self.channels[node]

    def dial(self, viewer, node, *, port=PORT, tls=True):
        return self.dial_host(viewer, self.plan.node(node).address, port=port, tls=tls)

    def dial_host(self, viewer, host, *, port=PORT, tls=True):
        return self[viewer].dial(host, port, tls=tls, timeout_s=0.4)

    def run(self, node, *argv):
        """Run a command on a node; return what it printed."""
        output = b""
        with self[node].stream(list(argv)).channel as stream:
            while chunk := stream.recv(65536):
                output += chunk
        return output.decode()

    def wait_seen(self, viewer, node, wanted):
        def check():
            outcome = self.dial(viewer, node)
            return "" if outcome == wanted else outcome

        wait_until(f"{viewer} to see {node} {wanted}", check, 10)

    def inject(self, node, kind, *, undo="u1"):
        parameters = {} if kind == "power-off" else SERVER
        return self[node].inject(undo, kind, parameters, owner="lab", for_s=None)

    def cut(self, node, other, *, undo="u1"):
        """Inject a cut; return what it does, to be prepared before."""
        parameters = {"ruleset": self.ruleset(other, undo)}
        return self[node].inject(undo, "cut", parameters, owner="lab", for_s=None)

    def ruleset(self, other, undo="u1"):
        return cut_ruleset(f"halab_{undo}", [self.plan.node(other).address])

    def serve(self, node):
        argv = [self.runtime.python, "-m", "http.server", str(PORT), "--bind", "0.0.0.0"]
        self[node].start("server", argv, restart=False)
        self.wait_seen("worker-2" if node == "worker-1" else "worker-1", node, "answered")

    def close(self):
        for channel in self.channels.values():
            channel.close()
        self.channels.clear()


@pytest.fixture(scope="session", autouse=True)
def prepared():
    """What all labs share is there: it is made once, and not by these facts."""
    DRIVER.prepare(print)


@pytest.fixture(scope="module")
def runtime_and_plan(tmp_path_factory):
    runtime, plan = make(tmp_path_factory.mktemp("lab"))
    yield runtime, plan
    runtime.destroy()


@pytest.fixture
def runtime(runtime_and_plan):
    return runtime_and_plan[0]


@pytest.fixture
def nodes(runtime_and_plan):
    opened = Nodes(*runtime_and_plan)
    yield opened
    for node in opened.plan.nodes:
        opened[node.name].heal(None)
    opened.close()


@pytest.fixture
def served(nodes):
    """Nodes with a server on etcd-1 that worker-1 can reach."""
    nodes.serve("etcd-1")
    return nodes


def host_traces():
    """What the host has of namespaces, links, mounts, containers: a lab leaves none behind."""
    commands = (["ip", "-o", "link"], ["ip", "netns"], ["ip", "route"])
    output = [
        subprocess.run(c, capture_output=True, text=True, check=True).stdout for c in commands
    ]
    return [*output, Path("/proc/self/mounts").read_text(), *docker_traces()]


def docker_traces():
    """What Docker has of containers, networks and volumes; nothing for other runtimes."""
    if NAME != "docker":
        return []
    with contextlib.closing(connect()) as client:
        networks = sorted(network["Name"] for network in client.networks())
        containers = sorted(container["Names"][0] for container in client.containers(all=True))
        return [containers, networks, client.volumes()["Volumes"]]


def test_the_user_is_the_one_that_was_asked_for():
    wanted = os.environ["HALAB_CONTRACT_USER"]
    status = dict(
        line.split(":\t", 1)
        for line in Path("/proc/self/status").read_text().splitlines()
        if ":\t" in line
    )
    if wanted == "root":
        assert os.geteuid() == 0
    else:
        assert set(status["Uid"].split()) == {str(os.getuid())} != {"0"}
        sets = ("CapInh", "CapPrm", "CapEff", "CapAmb")
        assert [int(status[name], 16) for name in sets] == [0, 0, 0, 0]


def test_every_node_says_its_own_name(nodes):
    names = [node.name for node in nodes.plan.nodes]
    assert [nodes[name].hello().node for name in names] == names
    assert [nodes.run(name, "uname", "-n").strip() for name in names] == names


def test_every_node_has_its_planned_address_and_no_other(nodes):
    for node in nodes.plan.nodes:
        addresses = {address.partition("/")[0] for address in nodes[node.name].addresses()}
        assert addresses == {"127.0.0.1", node.address}


def test_every_node_knows_every_name(served):
    for node in served.plan.nodes:
        assert served.dial_host(node.name, "etcd-1") == "answered"


@pytest.mark.parametrize("viewer", [node.name for node in plan_lab(SPEC).nodes[1:]])
def test_every_node_reaches_every_address(served, viewer):
    assert served.dial(viewer, "etcd-1") == "answered"


def test_a_port_where_nobody_listens_is_refused(served):
    assert served.dial("worker-1", "etcd-1", port=9) == "refused"


def test_a_relay_carries_bytes_into_the_nodes_network(served):
    with served["worker-2"].relay(served.plan.node("etcd-1").address, PORT) as connection:
        connection.sendall(b"GET /nothing HTTP/1.0\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.0 404")


def test_a_port_of_the_host_leads_to_the_workers_own_loopback(runtime, nodes):
    argv = [runtime.python, "-m", "http.server", str(PROXY_PORT), "--bind", "127.0.0.1"]
    nodes["worker-1"].start("proxy", argv, restart=False)

    def check():
        try:
            address = ("127.0.0.1", runtime.ports["worker-1"])
            with socket.create_connection(address, 2) as connection:
                connection.sendall(b"GET /nothing HTTP/1.0\r\n\r\n")
                return "" if b"404" in connection.recv(1024) else "nothing"
        except OSError as error:
            return str(error)

    wait_until("the worker's server to answer on the host", check, 10)


def test_a_killed_server_is_refused_and_comes_back_with_the_undo(served):
    times = served.inject("etcd-1", "kill")
    assert served.dial("worker-1", "etcd-1") == "refused"
    assert times.sent_s <= times.gone_s
    served["etcd-1"].heal(["u1"])
    served.wait_seen("worker-1", "etcd-1", "answered")


def test_a_hung_server_accepts_and_never_answers(served):
    served.inject("etcd-1", "hang")
    assert served.dial("worker-1", "etcd-1") == "silent"
    served["etcd-1"].heal(["u1"])
    served.wait_seen("worker-1", "etcd-1", "answered")


def test_a_powered_off_node_is_silent_and_comes_back_with_its_processes(served):
    served.inject("etcd-1", "power-off")
    assert served.dial("worker-1", "etcd-1") == "timeout"
    assert served["etcd-1"].components()["server"].alive is False
    served["etcd-1"].heal(["u1"])
    served.wait_seen("worker-1", "etcd-1", "answered")


def test_a_power_loss_leaves_open_connections_hanging_after_the_heal_too(served):
    with served["worker-1"].relay(served.plan.node("etcd-1").address, PORT) as connection:
        connection.settimeout(1)
        served.inject("etcd-1", "power-off")
        with pytest.raises(TimeoutError):
            connection.recv(1)
        served["etcd-1"].heal(["u1"])
        served.wait_seen("worker-1", "etcd-1", "answered")
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_cut_drops_between_its_sides_only(served):
    served.serve("master-1")
    served["etcd-1"].prepare("u1", "cut", {"ruleset": served.ruleset("worker-1")})
    assert served.dial("worker-1", "etcd-1") == "answered", "prepared is not fired"
    served.cut("etcd-1", "worker-1")
    assert served.dial("worker-1", "etcd-1") == "timeout"
    assert served.dial("worker-2", "etcd-1") == "answered"
    assert served.dial("worker-1", "master-1") == "answered"
    served["etcd-1"].heal(["u1"])
    served.wait_seen("worker-1", "etcd-1", "answered")


def test_two_cuts_on_one_node_are_undone_one_by_one(served):
    for number in ("1", "2"):
        served.cut("etcd-1", f"worker-{number}", undo=f"u{number}")
    served["etcd-1"].heal(["u1"])
    served.wait_seen("worker-1", "etcd-1", "answered")
    assert served.dial("worker-2", "etcd-1") == "timeout"


def test_a_fault_ends_with_the_channel_that_owns_it(runtime, served):
    with AgentClient(runtime, "etcd-1") as owner:
        owner.inject("u1", "hang", SERVER, owner="channel", for_s=None)
        assert served.dial("worker-1", "etcd-1") == "silent"
    served.wait_seen("worker-1", "etcd-1", "answered")
    assert served["etcd-1"].heal(["u1"]).fired == ["u1"]


def test_a_fault_ends_when_its_session_falls_silent_and_not_while_any_channel_is_heard(
    runtime, served
):
    served.serve("etcd-2")
    with (
        AgentClient(runtime, "etcd-1") as silent,
        AgentClient(runtime, "etcd-2", "session") as owner,
        AgentClient(runtime, "etcd-2", "session") as beating,
    ):
        for agent in (silent, owner):
            agent.inject("u1", "hang", SERVER, owner="channel", for_s=None)
        for _ in range(4):
            time.sleep(2)
            beating.hello()
        assert served.dial("worker-1", "etcd-1") == "silent"
        time.sleep(3)
        served.wait_seen("worker-1", "etcd-1", "answered")
        beating.hello()
        owner.close()
        time.sleep(0.5)
        assert served.dial("worker-1", "etcd-2") == "silent", "another channel is open"
    served.wait_seen("worker-1", "etcd-2", "answered")
    assert served["etcd-2"].heal(["u1"]).fired == ["u1"]


def test_a_fault_of_the_lab_outlives_its_channel_until_its_time_is_up(runtime, served):
    with AgentClient(runtime, "etcd-1") as owner:
        owner.inject("u1", "hang", SERVER, owner="lab", for_s=2.0)
    assert served.dial("worker-1", "etcd-1") == "silent"
    served.wait_seen("worker-1", "etcd-1", "answered")


def test_a_dead_agent_takes_its_nodes_processes_and_faults_with_it(served):
    before = served["etcd-1"].hello().boot
    served.cut("etcd-1", "worker-1")
    with served["etcd-1"].stream([served.runtime.python, "-c", KILL_PARENT]).channel as stream:
        stream.recv(1)
    with pytest.raises(AgentError):
        served["etcd-1"].hello()

    def fresh():
        served.close()  # a channel may have been opened to the old agent as it died
        return "" if served["etcd-1"].hello().boot != before else "the old agent"

    wait_until("a fresh agent", fresh, 10)
    assert served["etcd-1"].components() == {}
    served.wait_seen("worker-1", "etcd-1", "refused")
    assert served.dial("worker-1", "worker-2", port=9) == "refused", "other nodes go on"


KILL_PARENT = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"


def test_an_agent_that_always_dies_is_given_up_and_answers_why(tmp_path):
    runtime, plan = make(tmp_path)
    nodes = Nodes(runtime, plan)

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
        assert nodes.dial("worker-1", "worker-2", port=9) == "refused", "other nodes go on"
        nodes.close()
    finally:
        runtime.destroy()


def test_a_streamed_process_ends_with_its_channel(nodes):
    stream = nodes["worker-1"].stream(["sleep", "1000"])
    stream.channel.close()

    def check():
        return nodes.run("worker-1", "ps", "-o", "pid=", "-p", str(stream.pid)).strip()

    wait_until("the process to end", check, 5)


def test_a_process_with_an_input_reads_it_to_its_end_and_goes_on(nodes):
    stream = nodes["worker-1"].stream(["sh", "-c", "cat; echo end"], stdin=True)
    with stream.channel as channel:
        sender = threading.Thread(target=channel.sendall, args=(bytes(1_000_000),))
        sender.start()
        received = b""
        while len(received) < 1_000_000:
            received += channel.recv(65536)
        sender.join(10)
        channel.shutdown(socket.SHUT_WR)
        assert channel.recv(100) == b"end\n"
        assert channel.recv(100) == b""
    assert nodes["worker-1"].exit_code(stream.pid) == 0


@pytest.mark.parametrize("command", [["sleep", "1000"], ["cat"]], ids=["reads nothing", "reads"])
def test_a_process_with_an_input_ends_with_its_channel(nodes, command):
    stream = nodes["worker-1"].stream(command, stdin=True)
    stream.channel.close()

    def check():
        return nodes.run("worker-1", "ps", "-o", "pid=", "-p", str(stream.pid)).strip()

    wait_until("the process to end", check, 5)


def test_what_nobody_reads_delays_nobody_else(nodes):
    with nodes["worker-1"].stream(["yes"]).channel:
        time.sleep(0.5)
        begun_s = time.monotonic()
        for _ in range(20):
            nodes["worker-1"].hello()
        assert time.monotonic() - begun_s < 2


def test_every_byte_arrives_in_order(nodes):
    code = "import sys; [print(n) for n in range(300000)]"
    output = nodes.run("worker-1", nodes.runtime.python, "-c", code)
    assert output == "".join(f"{number}\n" for number in range(300000))


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


def test_a_powered_off_node_keeps_its_address(served):
    before = served["etcd-1"].addresses()
    served.inject("etcd-1", "power-off")
    served["etcd-1"].heal(["u1"])
    assert served["etcd-1"].addresses() == before


def test_two_sets_of_nodes_do_not_meet(served, tmp_path):
    other, plan = make(tmp_path)
    try:
        with AgentClient(other, "worker-1") as worker:
            for host in (plan.node("etcd-1").address, served.plan.node("etcd-1").address):
                outcome = worker.dial(host, PORT, tls=True, timeout_s=0.4)
                assert outcome in ("refused", "timeout", "unreachable")
        assert served.dial("worker-1", "etcd-1") == "answered"
    finally:
        other.destroy()
    assert served.dial("worker-1", "etcd-1") == "answered"


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
    runtime, plan = make(tmp_path / "made")
    try:
        channels = Nodes(runtime, plan)
        output = channels.run("etcd-1", "env")
        channels.close()
    finally:
        runtime.destroy()
    assert "PATH=" in output
    assert [name for name in HOSTILE if f"{name}=" in output] == []


def test_destroying_leaves_nothing_and_the_host_as_it_was(tmp_path):
    before = host_traces()
    runtime, _ = make(tmp_path)
    assert runtime.alive()
    if NAME == "netns":
        assert host_traces() == before, "the host sees nothing of the nodes"
    runtime.destroy()
    assert not runtime.alive()
    assert host_traces() == before
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
sys.path[:0] = [{here!r}, {root!r}]
from runtime_contract import make
print("making", flush=True)
made, _ = make(Path({directory!r}))
if {release}: made.release()
print("made", flush=True)
time.sleep(1000)
"""


def make_in_another_process(directory, *, release):
    here = Path(__file__).parent
    code = MAKER.format(
        here=str(here), root=str(here.parents[1]), directory=str(directory), release=release
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("moment", range(5))
def test_nodes_end_with_a_maker_that_is_killed_at_any_moment(tmp_path, moment):
    before = docker_traces()
    with make_in_another_process(tmp_path, release=False) as maker:
        assert maker.stdout.readline() == "making\n"
        time.sleep(random.Random(moment).uniform(0, MAKING_S))
        maker.send_signal(signal.SIGKILL)
    runtime = DRIVER.at(tmp_path)

    def check():
        return "alive" if runtime.alive() else ""

    wait_until("the nodes to end", check, ENDING_S)
    runtime.destroy()
    assert docker_traces() == before


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


def test_a_node_that_does_not_exist_is_an_error_and_not_a_hang(runtime):
    with pytest.raises(LabError, match="etcd-9"):
        AgentClient(runtime, "etcd-9")
