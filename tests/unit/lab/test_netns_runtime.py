"""The runtime netns: agents that do not accept."""

from __future__ import annotations

import socket

import pytest

from lab.errors import AgentError
from lab.runtime.netns import agent_socket
from lab.runtime.netns.runtime import NetnsRuntime


def test_an_agent_that_accepts_nobody_is_given_up(monkeypatch, tmp_path):
    monkeypatch.setattr(agent_socket, "ACCEPT_S", 1)
    (tmp_path / "sock").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "sock" / "etcd-1"))
        listener.listen(0)
        runtime = NetnsRuntime(tmp_path)
        with runtime.channel("etcd-1"), pytest.raises(AgentError, match="no agent answers"):
            runtime.channel("etcd-1")
