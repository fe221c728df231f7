"""What holds for every node, made or found: its agent, faults, channels, dials, streams.

Not collected by itself: it is run once for every runtime and user, with `nodes.py` as the nodes.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from lab.agent.undos import SILENCE_S
from lab.clients.agent import AgentClient
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError, LabError
from lab.readiness import wait_until
from tests.contract.nodes import NODES, REQUEST, UNUSED_PORT

pytest_plugins = ("tests.contract.fixtures",)

OTHERS = [node.name for node in plan_lab(NODES.spec()).nodes if node.name != NODES.target]
KILL_PARENT = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"


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
    names = {node.name: node.known_as for node in nodes.plan.nodes}
    assert [nodes[name].hello().node for name in names] == list(names)
    assert {name: nodes.run(name, "uname", "-n").strip() for name in names} == names


def test_every_node_has_its_planned_address_and_no_other(nodes):
    for node in nodes.plan.nodes:
        assert nodes.own_addresses(node.name) == {"127.0.0.1", node.address}


def test_every_node_knows_every_name(served):
    host, port = served.plan.node(served.target).known_as, served.server(served.target).port
    for node in served.plan.nodes:
        assert served.dial_host(node.name, host, port=port) == "answered"


@pytest.mark.parametrize("viewer", OTHERS)
def test_every_node_reaches_every_address(served, viewer):
    assert served.dial(viewer, served.target) == "answered"


def test_a_port_where_nobody_listens_is_refused(served):
    assert served.dial(served.viewer, served.target, port=UNUSED_PORT) == "refused"


def test_a_relay_carries_bytes_into_the_nodes_network(served):
    port = served.server(served.target).port
    with served[OTHERS[-1]].relay(served.address(served.target), port) as connection:
        connection.sendall(REQUEST)
        assert connection.recv(1024).startswith(served.answer)


def test_a_port_of_the_host_leads_to_the_workers_own_loopback(runtime, nodes):
    nodes.serve_frontend()

    def check():
        try:
            address = ("127.0.0.1", runtime.ports[nodes.viewer])
            with socket.create_connection(address, 2) as connection:
                connection.sendall(REQUEST)
                return "" if connection.recv(1024).startswith(nodes.answer) else "nothing"
        except OSError as error:
            return str(error)

    wait_until("the worker's server to answer on the host", check, nodes.patience_s)


def test_a_killed_server_is_refused_and_comes_back_with_the_undo(served):
    times = served.inject(served.target, "kill")
    assert served.seen(served.target) == "refused"
    assert times.sent_s <= times.gone_s
    time.sleep(3)
    assert served.seen(served.target) == "refused", "nobody starts it again before the undo"
    served.heal(served.target)
    served.wait_seen(served.target, "answered")


def test_a_hung_server_accepts_and_never_answers(served):
    served.inject(served.target, "hang")
    assert served.seen(served.target) == "silent"
    served.heal(served.target)
    served.wait_seen(served.target, "answered")


def test_a_powered_off_node_is_silent_and_comes_back_with_its_processes(served):
    served.inject(served.target, "power-off")
    assert served.seen(served.target) == "timeout"
    assert served.is_dead(served.target)
    served.heal(served.target)
    served.wait_seen(served.target, "answered")


def test_a_power_loss_leaves_open_connections_hanging_after_the_heal_too(served):
    port = served.server(served.target).port
    with served[served.viewer].relay(served.address(served.target), port) as connection:
        connection.settimeout(1)
        served.inject(served.target, "power-off")
        with pytest.raises(TimeoutError):
            connection.recv(1)
        served.heal(served.target)
        served.wait_seen(served.target, "answered")
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_powered_off_node_keeps_its_address(served):
    before = served.own_addresses(served.target)
    served.inject(served.target, "power-off")
    served.heal(served.target)
    assert served.own_addresses(served.target) == before


def test_a_cut_drops_between_its_sides_only(served):
    target, viewer = served.target, served.address(served.viewer)
    with served.bystander() as bystander:
        served[target].prepare("u1", "cut", {"ruleset": served.ruleset(viewer)})
        assert served.seen(target) == "answered", "prepared is not fired"
        served.cut(target, viewer)
        assert served.seen(target) == "timeout"
        assert bystander.sees() == "answered"
        assert bystander.seen() == "answered"
        served.heal(target)
        served.wait_seen(target, "answered")


def test_two_cuts_on_one_node_are_undone_one_by_one(served):
    with served.bystander() as bystander:
        for number, address in enumerate((served.address(served.viewer), bystander.address)):
            served.cut(served.target, address, undo=f"u{number}")
        served.heal(served.target, "u0")
        served.wait_seen(served.target, "answered")
        assert bystander.sees() == "timeout"


def test_a_fault_ends_with_the_channel_that_owns_it(runtime, served):
    target = served.target
    with AgentClient(runtime, target) as owner:
        owner.inject("u1", "hang", served.hit(target), owner="channel", for_s=None)
        assert served.seen(target) == "silent"
    served.wait_seen(target, "answered")
    assert served[target].heal(["u1"]).fired == ["u1"]


def test_a_fault_ends_when_its_session_falls_silent_and_not_while_any_channel_is_heard(
    runtime, served
):
    target, second = served.target, served.second
    served.serve(second)
    with (
        AgentClient(runtime, target) as silent,
        AgentClient(runtime, second, "session") as owner,
        AgentClient(runtime, second, "session") as beating,
    ):
        for agent in (silent, owner):
            agent.inject("u1", "hang", served.hit(agent.node), owner="channel", for_s=None)
        assert served.seen(target) == "silent"

        def ended():
            beating.hello()
            outcome = served.seen(target)
            return "" if outcome == "answered" else outcome

        wait_until("the fault of a silent session to end", ended, SILENCE_S + served.patience_s)
        assert served.seen(second) == "silent", "its session has been heard all the time"
        beating.hello()
        owner.close()
        time.sleep(0.5)
        assert served.seen(second) == "silent", "another channel is open"
    served.wait_seen(second, "answered")
    assert served[second].heal(["u1"]).fired == ["u1"]


def test_a_fault_of_the_lab_outlives_its_channel_until_its_time_is_up(runtime, served):
    target = served.target
    with AgentClient(runtime, target) as owner:
        owner.inject("u1", "hang", served.hit(target), owner="lab", for_s=2.0 + served.dial_s)
    assert served.seen(target) == "silent"
    served.wait_seen(target, "answered")


def test_a_dead_agent_is_replaced_and_its_faults_are_gone(served):
    target = served.target
    before = served[target].hello().boot
    served.cut(target, served.address(served.viewer))
    with served[target].stream([served.runtime.python, "-c", KILL_PARENT]).channel as stream:
        stream.recv(1)
    with pytest.raises(AgentError):
        served[target].hello()

    def fresh():
        served.close()  # a channel may have been opened to the old agent as it died
        return "" if served[target].hello().boot != before else "the old agent"

    wait_until("a fresh agent", fresh, 10)
    served.wait_seen(target, served.after_agent_death)
    assert served.dial(served.viewer, OTHERS[-1], port=UNUSED_PORT) == "refused", "others go on"


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


def test_a_node_that_does_not_exist_is_an_error_and_not_a_hang(runtime):
    with pytest.raises(LabError, match="etcd-9"):
        AgentClient(runtime, "etcd-9")
