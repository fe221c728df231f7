"""An agent in this process, and a client of it."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import SimpleNamespace

import pytest

from lab.agent.server import Agent
from lab.clients.agent import AgentClient
from lab.unix_path import short_path


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """An agent in a thread, with the one method of a runtime that its clients use."""
    monkeypatch.setattr("lab.agent.injections.delete_our_tables", lambda: None)
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
        for one in opened:
            one.close()
        for name, state in agent.processes.listing().items():
            if state["alive"]:
                agent.processes.signal(name, "KILL")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def client(runtime):
    with AgentClient(runtime, "etcd-1") as opened:
        yield opened
