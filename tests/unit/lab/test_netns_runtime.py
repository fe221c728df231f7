"""The runtime netns: agents that do not accept, keepers that do not end."""

from __future__ import annotations

import socket
import subprocess
from types import SimpleNamespace

import pytest

from lab.errors import AgentError, CleanupError
from lab.runtime.netns import runtime as netns
from lab.runtime.netns.runtime import NetnsRuntime


def test_an_agent_that_accepts_nobody_is_given_up(monkeypatch, tmp_path):
    monkeypatch.setattr(netns, "ACCEPT_S", 1)
    (tmp_path / "sock").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "sock" / "etcd-1"))
        listener.listen(0)
        runtime = NetnsRuntime(tmp_path)
        with runtime.channel("etcd-1"), pytest.raises(AgentError, match="no agent answers"):
            runtime.channel("etcd-1")


def test_a_keeper_that_does_not_end_is_told_as_what_is_left(monkeypatch, tmp_path):
    monkeypatch.setattr(netns, "DESTROY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(netns, "_runs", lambda _: True)

    def wait(timeout_s):
        raise subprocess.TimeoutExpired("keeper", timeout_s)

    runtime = NetnsRuntime(tmp_path)
    runtime._process = SimpleNamespace(wait=wait, stdin=None, stdout=None)
    process = SimpleNamespace(pid=7, kill=lambda: None)
    monkeypatch.setattr(runtime, "_processes", lambda: [process])
    with pytest.raises(CleanupError, match="processes 7; they wait for the kernel"):
        runtime.destroy()
