"""The agent's server, through a real Unix socket and our client."""

from __future__ import annotations

import json
import socket
import sys
import time

import pytest
from connections import read_all

from lab.agent.server import Agent
from lab.clients.agent import AgentClient, ComponentState
from lab.errors import AgentError
from lab.readiness import wait_until


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


def test_an_agent_says_who_it_is_and_what_time_it_has(runtime, client):
    answer = client.hello()
    assert answer.node == "etcd-1"
    assert answer.boot == runtime.agent.boot
    assert answer.now_s == pytest.approx(time.monotonic(), abs=5)


def test_two_agents_have_two_boot_ids(runtime, tmp_path):
    assert Agent("etcd-1", str(tmp_path)).boot != runtime.agent.boot


@pytest.mark.parametrize("path", ["flat", "pki/ca.crt", "a/b/c/d"])
def test_a_file_is_put_below_the_nodes_directory_for_its_owner_only(client, tmp_path, path):
    content = bytes(range(256))
    client.put({path: content})
    assert (tmp_path / path).read_bytes() == content
    assert (tmp_path / path).stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_put_again_is_replaced(client, tmp_path):
    client.put({"file": b"a long content", "other": b""})
    client.put({"file": b"short"})
    assert (tmp_path / "file").read_bytes() == b"short"
    assert (tmp_path / "other").read_bytes() == b""


@pytest.mark.parametrize(
    ("op", "request_", "message"),
    [
        pytest.param("dance", {}, "unknown request dance", id="unknown request"),
        pytest.param("start", {"name": "nobody"}, "never started", id="unknown component"),
        pytest.param("start", {"name": "x", "argv": ["no-such-program"]}, "No such", id="program"),
        pytest.param("signal", {"name": "x", "signal_name": "KILL"}, "not run", id="not running"),
        pytest.param("start", {}, "missing 1 required", id="missing argument"),
        pytest.param("heal", {"more": 1}, "unexpected keyword", id="argument too many"),
        pytest.param("exit_code", {"pid": 1}, "1", id="pid that was not streamed"),
        pytest.param("inject", {"undo": "u"}, "session", id="fault without owner"),
    ],
)
def test_a_request_that_cannot_be_done_is_an_error_and_the_channel_lives(
    client, op, request_, message
):
    with pytest.raises(AgentError, match=message) as caught:
        client._channel.ask(op, request_)
    assert str(caught.value).startswith(f"etcd-1: {op}: ")
    assert client.hello().node == "etcd-1"


def enveloped(op, arguments, number=1, session="s"):
    return {"id": number, "session": session, "op": op, "arguments": arguments}


HERE = {"host": "127.0.0.1", "port": 1}


INJECT = {"undo": "u", "kind": "kill", "parameters": {"component": "x"}, "for_s": None}


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param([], id="list"),
        pytest.param([["op", "hello"]], id="list of pairs"),
        pytest.param("hello", id="word"),
        pytest.param(3, id="number"),
        pytest.param(True, id="true"),
        pytest.param(None, id="null"),
        pytest.param({}, id="without op"),
        pytest.param({"op": "hello"}, id="with an op alone"),
        pytest.param({"id": 1, "session": "s", "op": "hello"}, id="without arguments"),
        pytest.param({**enveloped("hello", {}), "more": 1}, id="with something more"),
        pytest.param(enveloped(None, {}), id="op null"),
        pytest.param(enveloped(5, {}), id="op a number"),
        pytest.param(enveloped(["hello"], {}), id="op a list"),
        pytest.param(enveloped({}, {}), id="op an object"),
        pytest.param(enveloped("hello", []), id="arguments a list"),
        pytest.param(enveloped("hello", None), id="arguments null"),
        pytest.param(enveloped("hello", {}, session=["s"]), id="session a list"),
        pytest.param(enveloped("_put", {"files": {}}), id="op with a name from inside"),
        pytest.param(enveloped("relay", {}), id="relay to nowhere"),
        pytest.param(enveloped("relay", {"host": "127.0.0.1"}), id="relay to no port"),
        pytest.param(enveloped("relay", HERE), id="relay to where nobody listens"),
        pytest.param(enveloped("relay", {**HERE, "more": 1}), id="relay with too much"),
        pytest.param(enveloped("stream", {}), id="stream of nothing"),
        pytest.param(enveloped("stream", {"argv": ["no-such-program"]}), id="stream of none"),
        pytest.param(enveloped("stream", {"argv": ["true"], "cwd": "/"}), id="stream in a folder"),
        pytest.param(enveloped("put", {}), id="put nothing"),
        pytest.param(enveloped("put", {"files": None}), id="put null"),
        pytest.param(enveloped("put", {"files": ["a"]}), id="put a list"),
        pytest.param(enveloped("put", {"files": {"a": 5}}), id="put a number"),
        pytest.param(enveloped("put", {"files": {"a": "é"}}), id="put what is no base64"),
        pytest.param(enveloped("put", {"files": {}, "mode": 0o644}), id="put with a mode"),
        pytest.param(enveloped("components", {"name": "server"}), id="list with an argument"),
        pytest.param(enveloped("dial", {"host": "127.0.0.1"}), id="dial no port"),
        pytest.param(enveloped("inject", INJECT), id="fault of nobody"),
        pytest.param(
            enveloped("inject", {**INJECT, "session": None, "kind": ["kill"]}), id="kind a list"
        ),
        pytest.param(
            enveloped("inject", {**INJECT, "session": None, "parameters": 5}), id="no parameters"
        ),
    ],
)
def test_a_request_that_is_none_is_answered_and_the_channel_lives(runtime, request_):
    channel = runtime.channel("etcd-1")
    channel.settimeout(5)
    lines = [request_, enveloped("hello", {}, number=2)]
    channel.sendall(b"".join(json.dumps(request).encode() + b"\n" for request in lines))
    with channel.makefile("rb") as answers:
        refused, hello = json.loads(answers.readline()), json.loads(answers.readline())
    assert refused["ok"] is False
    assert refused["error"]
    assert refused["id"] == (request_.get("id") if isinstance(request_, dict) else None)
    assert hello["value"]["node"] == "etcd-1"


@pytest.mark.parametrize("op", ["relay", "stream", "dance"])
def test_a_refused_request_leaves_the_channel_its_faults(runtime, client, op):
    client.start("server", ["sleep", "1000"], restart=False)
    with AgentClient(runtime, "etcd-1") as owner:
        kill(owner)
        with pytest.raises(AgentError):
            owner._channel.ask(op, {})
        assert owner.active() == ["u1"]
    wait_until("the undo", lambda: str(client.active() or ""), 5)
    assert client.heal(["u1"]).fired == ["u1"]


def kill(owner, who="channel"):
    return owner.inject("u1", "kill", {"component": "server"}, owner=who, for_s=None)


@pytest.mark.parametrize(
    "line", [b"not JSON\n", b'{"op": "hello"\n', b"\xff\n"], ids=["words", "cut off", "bytes"]
)
def test_a_line_that_is_no_json_is_refused_to_nobody_and_the_channel_lives(runtime, line):
    channel = runtime.channel("etcd-1")
    channel.settimeout(5)
    channel.sendall(line + b"\n" + json.dumps(enveloped("hello", {})).encode() + b"\n")
    with channel.makefile("rb") as answers:
        refused, hello = json.loads(answers.readline()), json.loads(answers.readline())
    assert (refused["id"], refused["ok"]) == (None, False)
    assert (hello["id"], hello["ok"]) == (1, True)


def test_requests_sent_together_are_answered_in_order(runtime):
    channel = runtime.channel("etcd-1")
    channel.settimeout(5)
    for number, op in enumerate(("hello", "components", "active")):
        channel.sendall(json.dumps(enveloped(op, {}, number)).encode() + b"\n")
    with channel.makefile("rb") as lines:
        answers = [json.loads(lines.readline()) for _ in range(3)]
    assert answers[0]["value"]["node"] == "etcd-1"
    assert answers[1:] == [
        {"id": 1, "ok": True, "value": {}},
        {"id": 2, "ok": True, "value": []},
    ]


def test_a_component_is_started_listed_and_killed(client, tmp_path):
    pid = client.start("server", ["sh", "-c", "echo up; exec sleep 1000"], restart=False)
    assert client.components() == {"server": ComponentState(alive=True, pid=pid, exit_code=None)}
    log = tmp_path / "logs" / "server.log"
    wait_until("its log", lambda: "" if log.read_text() == "up\n" else "empty", 5)
    times = client.signal("server", "KILL")
    assert times.sent_s <= times.gone_s
    assert client.components()["server"].alive is False
    started, exited = client.events()
    assert (started.kind, started.exit_code) == ("component_start", None)
    assert (exited.kind, exited.component, exited.exit_code) == ("component_exit", "server", -9)


def test_a_component_that_is_stopped_has_no_time_of_its_end(client):
    client.start("server", ["sleep", "1000"], restart=False)
    assert client.signal("server", "STOP").gone_s is None


def test_a_fault_of_a_channel_ends_with_it(runtime, client):
    client.start("server", ["sleep", "1000"], restart=False)
    with AgentClient(runtime, "etcd-1") as owner:
        times = kill(owner)
        assert times.sent_s <= times.gone_s
        assert client.active() == ["u1"]
        assert client.components()["server"].alive is False
    wait_until("the undo", lambda: str(client.active() or ""), 5)
    assert client.components()["server"].alive is True
    assert client.heal(["u1"]).fired == ["u1"]


def test_a_fault_of_a_session_ends_with_the_last_channel_of_it(runtime, client):
    client.start("server", ["sleep", "1000"], restart=False)
    with AgentClient(runtime, "etcd-1", "shared") as beating:
        beating.hello()
        with AgentClient(runtime, "etcd-1", "shared") as owner:
            kill(owner)
        time.sleep(0.3)
        assert client.active() == ["u1"]
    wait_until("the undo", lambda: str(client.active() or ""), 5)
    assert client.heal(["u1"]).fired == ["u1"]


def test_a_fault_of_the_lab_outlives_the_channel_that_asked_for_it(runtime, client):
    client.start("server", ["sleep", "1000"], restart=False)
    with AgentClient(runtime, "etcd-1") as asker:
        kill(asker, "lab")
    time.sleep(0.2)
    assert client.active() == ["u1"]
    assert client.heal(["u1"]).healed == ["u1"]


def test_a_channel_that_has_become_a_relay_owns_no_fault_any_more(runtime, client):
    client.start("server", ["sleep", "1000"], restart=False)
    inject = {"undo": "u1", "kind": "kill", "parameters": {"component": "server"}}
    inject |= {"session": "s", "for_s": None}
    channel = runtime.channel("etcd-1")
    channel.settimeout(5)
    for op, arguments in (("inject", inject), ("stream", {"argv": ["sleep", "1000"]})):
        channel.sendall(json.dumps(enveloped(op, arguments)).encode() + b"\n")
        assert json.loads(channel.recv(1000))["ok"]
    assert client.active() == []


def test_a_client_of_an_agent_that_went_away_gets_an_agent_error(runtime):
    with AgentClient(runtime, "etcd-1") as opened:
        stream = opened.stream([sys.executable, "-c", "print('here')"])
        assert read_all(stream.channel) == b"here\n"
        opened._channel._socket.shutdown(socket.SHUT_RDWR)
        with pytest.raises(AgentError, match="etcd-1: the"):
            opened.hello()
