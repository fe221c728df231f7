"""The agent's door, through a real Unix socket and our side of it."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import sys
import threading
import time
from pathlib import Path

import pytest

from lab.agent.dial import dial
from lab.agent.server import Agent
from lab.clients.agent import AgentClient, ComponentState
from lab.clients.https import HttpsEndpoint
from lab.errors import AgentError, LabError
from lab.pki import Authority
from lab.readiness import wait_until

RESET = struct.pack("ii", 1, 0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


@contextlib.contextmanager
def listening(handle):
    """A TCP server on the loopback whose every connection is handled by `handle`."""
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(5)
                    handle(connection, stop)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join(5)


def echo(connection, _stop):
    while chunk := connection.recv(1000):
        connection.sendall(chunk)


def say_nothing(_connection, stop):
    stop.wait(5)


def say_http(connection, _stop):
    connection.recv(1000)
    connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def close(_connection, _stop):
    pass


def listen_and_close(connection, _stop):
    connection.recv(10_000)


def reset(connection, _stop):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def ask(client, **request):
    asked = {"host": "127.0.0.1", "tls": True, "timeout_s": 0.3, **request}
    return client.dial(asked.pop("host"), asked.pop("port"), **asked)


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
    channel.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in lines))
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


def read_all(channel):
    channel.settimeout(5)
    with channel.makefile("rb") as output:
        return output.read()


@pytest.mark.parametrize(
    ("script", "output", "code"),
    [
        pytest.param("echo one; echo two >&2", b"one\ntwo\n", 0, id="success"),
        pytest.param("echo no; exit 3", b"no\n", 3, id="failure"),
        pytest.param("kill -9 $$", b"", 137, id="killed"),
        pytest.param("head -c 1000000 /dev/zero", bytes(1_000_000), 0, id="a megabyte"),
        pytest.param("cat", b"", 0, id="its input is empty"),
        pytest.param("echo no; exec >&- 2>&-; sleep 0.2; exit 4", b"no\n", 4, id="closed early"),
    ],
)
def test_a_stream_carries_the_output_and_the_exit_code_is_told_once(client, script, output, code):
    stream = client.stream(["sh", "-c", script])
    assert read_all(stream.channel) == output
    assert client.exit_code(stream.pid) == code
    with pytest.raises(AgentError):
        client.exit_code(stream.pid)


def test_a_streamed_process_runs_in_the_nodes_directory(client, tmp_path):
    assert read_all(client.stream(["pwd"]).channel).decode().strip() == str(tmp_path)


def test_a_streamed_process_and_its_children_end_with_the_channel(client):
    stream = client.stream(["sh", "-c", "sleep 1000 & echo ready; wait"])
    assert stream.channel.recv(100) == b"ready\n"
    stream.channel.close()

    def check():
        try:
            code = client.exit_code(stream.pid)
        except AgentError as error:
            return str(error)
        return "" if code == 137 else str(code)

    wait_until("the end of the stream", check, 5)


def is_over(pid):
    """Whether a process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def wait_over(pid):
    wait_until(f"the end of {pid}", lambda: "" if is_over(pid) else "it runs", 5)


def test_a_child_that_has_outlived_its_streamed_process_ends_with_the_channel(client):
    stream = client.stream(["sh", "-c", "sleep 1000 & echo $!"])
    child = int(stream.channel.recv(100))
    wait_over(stream.pid)
    assert not is_over(child), "it holds the output, and the stream goes on"
    stream.channel.close()
    wait_over(child)


def test_a_program_that_cannot_be_streamed_is_an_error(client):
    with pytest.raises(AgentError, match=r"etcd-1: .*no-such-program"):
        client.stream(["no-such-program"])


def test_a_port_where_nobody_listens_is_refused(client):
    assert ask(client, port=free_port()) == "refused"


@pytest.mark.parametrize(
    ("handle", "tls", "seen"),
    [
        pytest.param(say_nothing, True, "silent", id="accepts and says nothing"),
        pytest.param(say_nothing, False, "answered", id="accepts, and that is enough"),
        pytest.param(say_http, True, "answered", id="answers something that is not TLS"),
        pytest.param(reset, True, "reset", id="resets the handshake"),
        pytest.param(close, True, "reset", id="accepts and closes at once"),
        pytest.param(listen_and_close, True, "reset", id="closes when it is spoken to"),
    ],
)
def test_a_dial_tells_what_was_seen(client, handle, tls, seen):
    with listening(handle) as port:
        assert ask(client, port=port, tls=tls) == seen


def test_a_host_that_drops_what_comes_is_a_timeout():
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # more than the queue of a listener that never accepts can take
            full = stack.enter_context(socket.socket())
            full.setblocking(False)
            full.connect_ex(listener.getsockname())
        time.sleep(0.1)
        assert dial("127.0.0.1", listener.getsockname()[1], True, 0.3) == "timeout"


def test_a_host_without_a_way_to_it_is_unreachable(client):
    assert ask(client, host="255.255.255.255", port=1) == "unreachable"


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pki")
    authority = Authority("ca")
    (directory / "ca.crt").write_bytes(authority.certificate)
    for name in ("server", "probe"):
        pair = authority.issue(name, names=("127.0.0.1",))
        (directory / f"{name}.crt").write_bytes(pair.certificate)
        (directory / f"{name}.key").write_bytes(pair.key)
    return directory


@pytest.fixture
def speak_tls(pki):
    """A handler that demands a certificate and answers one request with who asked for what."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pki / "ca.crt"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(pki / "server.crt", pki / "server.key")

    def handle(connection, _stop):
        with context.wrap_socket(connection, server_side=True) as secure:
            request = secure.recv(10_000).decode()
            user = dict(part for pair in secure.getpeercert()["subject"] for part in pair)
            body = json.dumps({"user": user["commonName"], "line": request.split("\r\n")[0]})
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
            secure.sendall((head + body).encode())

    return handle


def test_a_server_that_wants_a_certificate_has_answered(client, speak_tls):
    with listening(speak_tls) as port:
        assert ask(client, port=port) == "answered"


def test_an_endpoint_asks_as_a_user_through_the_relay(client, speak_tls, pki):
    with listening(speak_tls) as port:
        answer = HttpsEndpoint(client, "127.0.0.1", port, pki, "probe").request("GET", "/livez")
    assert answer == (200, {"user": "probe", "line": "GET /livez HTTP/1.1"})


def test_an_endpoint_that_says_nothing_is_a_lab_error_in_time(client, pki):
    with listening(say_nothing) as port:
        endpoint = HttpsEndpoint(client, "127.0.0.1", port, pki, "probe")
        with pytest.raises(LabError, match=f"GET https://127.0.0.1:{port}/livez: .*timed out"):
            endpoint.request("GET", "/livez", timeout_s=0.2)


def test_an_endpoint_that_is_refused_is_a_lab_error(client, pki):
    with pytest.raises(LabError, match="refused"):
        HttpsEndpoint(client, "127.0.0.1", free_port(), pki, "probe").request("GET", "/livez")


def test_a_relay_carries_bytes_both_ways(client):
    with listening(echo) as port, client.relay("127.0.0.1", port) as connection:
        connection.settimeout(5)
        for word in (b"hello", b"\x00\xff" * 1000):
            connection.sendall(word)
            received = b""
            while len(received) < len(word):
                received += connection.recv(len(word))
            assert received == word


def test_a_relay_passes_the_end_of_one_side_on_and_keeps_the_other_open(client):
    def answer_at_the_end(connection, _stop):
        received = b""
        while chunk := connection.recv(1000):
            received += chunk
        connection.sendall(received.upper())

    with listening(answer_at_the_end) as port, client.relay("127.0.0.1", port) as connection:
        connection.sendall(b"hello")
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == b"HELLO"


def test_a_relay_to_a_port_where_nobody_listens_is_an_error(client):
    with pytest.raises(AgentError, match=r"etcd-1: .*refused"):
        client.relay("127.0.0.1", free_port())


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
