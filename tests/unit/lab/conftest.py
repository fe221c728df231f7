"""An agent in this process, and a client of it."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from types import SimpleNamespace

import pytest

from lab.agent.server import Agent
from lab.certificates import Authority
from lab.clients.agent import AgentClient
from lab.unix_path import short_path


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """An agent in a thread, with the one method of a runtime that its clients use."""
    monkeypatch.setattr("lab.agent.server.delete_our_tables", lambda: None)
    agent = Agent("etcd-1", str(tmp_path))
    opened = []

    def channel(_node):
        opened.append(socket.socket(socket.AF_UNIX))
        with short_path(tmp_path / "sock") as short:
            opened[-1].connect(short)
        return opened[-1]

    def serve():
        with contextlib.suppress(OSError):
            agent.serve(listener)

    with socket.socket(socket.AF_UNIX) as listener:
        with short_path(tmp_path / "sock") as short:
            listener.bind(short)
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield SimpleNamespace(channel=channel, agent=agent)
        for connection in opened:
            connection.close()
        for name, state in agent.processes.listing().items():
            if state["alive"]:
                agent.processes.signal(name, "KILL")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def client(runtime):
    with AgentClient(runtime, "etcd-1") as opened:
        yield opened


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pki")
    authority = Authority.made("ca")
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
