"""Processes whose output, and input, an agent carries."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import pytest
from connections import read_all

from lab.errors import AgentError
from lab.readiness import wait_until


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)


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


def send(channel, data):
    with contextlib.suppress(OSError):  # the process may end before it has read everything
        channel.sendall(data)
        channel.shutdown(socket.SHUT_WR)


MEGABYTES = bytes(3_000_000)


@pytest.mark.parametrize(
    ("script", "sent", "output", "code"),
    [
        pytest.param("cat", b"hello", b"hello", 0, id="a word"),
        pytest.param("cat", MEGABYTES, MEGABYTES, 0, id="more than any buffer"),
        pytest.param("cat; echo end", b"", b"end\n", 0, id="nothing"),
        pytest.param("head -c 3", MEGABYTES, bytes(3), 0, id="more than is read"),
        pytest.param("exec <&-; echo no", MEGABYTES, b"no\n", 0, id="an input that is closed"),
        pytest.param(
            "cat >/dev/null; sleep 0.2; echo after; exit 5", b"x", b"after\n", 5, id="output after"
        ),
        pytest.param("kill -9 $$", MEGABYTES, b"", 137, id="killed"),
    ],
)
def test_what_is_sent_is_the_input_and_its_end_leaves_the_output(
    client, script, sent, output, code
):
    stream = client.stream(["sh", "-c", script], stdin=True)
    sender = threading.Thread(target=send, args=(stream.channel, sent))
    sender.start()
    assert read_all(stream.channel) == output
    sender.join(5)
    assert not sender.is_alive()
    assert client.exit_code(stream.pid) == code


def test_a_process_that_has_closed_its_output_reads_its_input_to_the_end(client, tmp_path):
    script = "exec >&- 2>&-; cat > copy; exit 6"
    stream = client.stream(["sh", "-c", script], stdin=True)
    sender = threading.Thread(target=send, args=(stream.channel, MEGABYTES))
    sender.start()
    assert read_all(stream.channel) == b""
    sender.join(5)
    assert client.exit_code(stream.pid) == 6
    assert (tmp_path / "copy").read_bytes() == MEGABYTES


@pytest.mark.parametrize("ended", [False, True], ids=["open input", "ended input"])
def test_a_process_with_an_input_ends_with_the_channel(client, ended):
    stream = client.stream(["sleep", "1000"], stdin=True)
    if ended:
        stream.channel.shutdown(socket.SHUT_WR)
        time.sleep(0.1)
        assert not is_over(stream.pid), "the end of the input alone ends nothing"
    stream.channel.close()
    wait_over(stream.pid)
