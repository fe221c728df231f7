"""Logs, commands and kubeconfigs of a lab that is only described."""

from __future__ import annotations

import base64
import io
import os
import socket
import sys
import threading
from types import SimpleNamespace

import pytest
import typer
import yaml

from chaos.cli.nodes import exec_
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec


@pytest.fixture
def lab(monkeypatch, tmp_path):
    """A lab of five nodes; `printed` is what a command on a node prints, `code` how it ends."""
    ran = []

    def agent(node):
        def stream(argv, *, stdin):
            assert stdin
            ran.append((node, argv))
            ours, theirs = socket.socketpair()
            answer = threading.Thread(target=made.answer, args=(theirs,), daemon=True)
            answer.start()
            opened.append(ours)
            return SimpleNamespace(channel=ours, pid=7)

        def exit_code(pid):
            assert pid == 7
            return made.code

        return SimpleNamespace(stream=stream, exit_code=exit_code)

    def answer(channel):
        with channel:
            channel.sendall(made.printed)

    opened = []
    made = SimpleNamespace(
        plan=plan_lab(LabSpec(etcd=1, masters=2, workers=2)),
        record=SimpleNamespace(ports={"worker-1": 40001, "worker-2": 40002}),
        log=lambda node, component: tmp_path / node / f"{component}.log",
        pki=lambda node: tmp_path / node,
        agent=agent,
        ran=ran,
        printed=b"",
        answer=answer,
        code=0,
    )
    for number in (1, 2):
        folder = tmp_path / f"worker-{number}"
        folder.mkdir()
        for name in ("ca.crt", "admin.crt", "admin.key"):
            (folder / name).write_bytes(f"{name} of {number}".encode())
    monkeypatch.setattr("chaos.cli.nodes.attach", lambda _: made)
    before = set(threading.enumerate())
    yield made
    for channel in opened:
        channel.close()
    # what still reads standard input would take that of the next test
    for thread in set(threading.enumerate()) - before:
        thread.join()


def test_a_log_is_printed_as_it_is(halab, lab):
    path = lab.log("worker-1", "nginx")
    path.write_bytes("one\n[two] ü\n".encode() + b"\xff\n")
    ended = halab("logs", "worker-1", "nginx")
    assert (ended.code, ended.out, ended.err) == (0, "one\n[two] ü\n\ufffd\n", "")


@pytest.mark.parametrize(
    ("node", "component"),
    [("worker-9", "nginx"), ("worker-1", "etcd")],
    ids=["an unknown node", "an unknown component"],
)
def test_a_log_that_is_not_there_is_refused_by_name(halab, lab, node, component):
    assert not lab.log(node, component).exists()
    ended = halab("logs", node, component)
    assert ended.code == 2
    assert ended.err.startswith(f"halab: no log of {component} on {node}; `halab status`")


@pytest.mark.parametrize("code", [0, 1, 7, 137])
def test_a_command_on_a_node_prints_and_ends_as_it_does_there(halab, lab, code):
    lab.printed, lab.code = b"hello\n" * 20_000, code
    ended = halab("exec", "master-1", "--", "ip", "-o", "addr", "--help")
    assert ended.code == code
    assert ended.out == "hello\n" * 20_000
    assert lab.ran == [("master-1", ["ip", "-o", "addr", "--help"])]


def echoing(channel):
    """Answer with all that comes, once it has ended, as `cat` or `sort` do."""
    with channel:
        chunks = []
        while chunk := channel.recv(4096):
            chunks.append(chunk)
        channel.sendall(b"".join(chunks))


@pytest.fixture
def standard_input():
    """Replace this process's standard input by a pipe; return its writing end."""
    kept, (reading, writing) = os.dup(0), os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    yield os.fdopen(writing, "wb", buffering=0)
    os.dup2(kept, 0)
    os.close(kept)


def test_standard_input_goes_to_the_command_byte_by_byte(lab, standard_input, monkeypatch):
    data = bytes(range(256)) * 100
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=written))
    lab.answer = echoing
    with standard_input:
        standard_input.write(data)
    with pytest.raises(typer.Exit) as ended:
        exec_("etcd-1", ["cat"])
    assert ended.value.exit_code == 0
    assert written.getvalue() == data


def test_a_command_that_ends_is_not_kept_by_an_input_that_goes_on(halab, lab, standard_input):
    lab.printed = b"done\n"
    ended = halab("exec", "etcd-1", "--", "true")
    assert (ended.code, ended.out) == (0, "done\n")
    standard_input.close()


def test_a_command_on_an_unknown_node_runs_nowhere_and_the_nodes_are_named(halab, lab):
    ended = halab("exec", "master-9", "ip")
    assert ended.code == 2
    assert ended.err == (
        "halab: no node master-9; this lab has etcd-1, master-1, master-2, worker-1, worker-2\n"
    )
    assert lab.ran == []


def test_a_kubeconfig_leads_through_the_first_worker(halab, lab):
    assert lab.record.ports["worker-1"] == 40001
    ended = halab("kubeconfig")
    config = yaml.safe_load(ended.out)
    assert ended.code == 0
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:40001"
    key = config["users"][0]["user"]["client-key-data"]
    assert base64.b64decode(key) == b"admin.key of 1"


@pytest.mark.usefixtures("lab")
def test_a_kubeconfig_in_a_file_is_readable_by_its_owner_only(halab, tmp_path):
    path = tmp_path / "k.conf"
    ended = halab("kubeconfig", "--worker", "worker-2", "--out", path)
    assert (ended.code, ended.out) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o600
    config = yaml.safe_load(path.read_text())
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:40002"


@pytest.mark.usefixtures("lab")
def test_a_kubeconfig_changes_the_mode_of_files_alone(halab, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o666)
    pipe.chmod(0o666)
    read = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    ended = halab("kubeconfig", "--out", pipe)
    assert (ended.code, ended.out) == (0, "")
    assert b"client-key-data" in os.read(read, 100_000)
    os.close(read)
    assert pipe.stat().st_mode & 0o777 == 0o666


@pytest.mark.parametrize(
    ("ports", "known"),
    [({"worker-1": 1, "worker-2": 2}, "worker-1, worker-2"), ({}, "none")],
    ids=["two workers", "no worker"],
)
def test_an_unknown_worker_is_refused_and_the_workers_are_named(halab, lab, tmp_path, ports, known):
    lab.record.ports = ports
    ended = halab("kubeconfig", "--worker", "worker-9", "--out", tmp_path / "k.conf")
    assert ended.code == 2
    assert ended.err == f"halab: no worker worker-9; the workers of this lab: {known}\n"
    assert not (tmp_path / "k.conf").exists()


@pytest.mark.usefixtures("lab")
def test_a_kubeconfig_that_cannot_be_written_ends_in_3(halab, tmp_path):
    ended = halab("kubeconfig", "--out", tmp_path / "nosuch" / "k.conf")
    assert ended.code == 3
    assert "k.conf" in ended.err
