"""The engine's headers of a process's output."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import AgentError
from lab.runtime.docker.exec_stream import WRAP, Trunk, unwrap


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=20)), max_size=6), st.data())
def test_the_engines_wrapping_is_taken_off_wherever_it_is_torn(pieces, data):
    wire = b"".join(WRAP.pack(stream, len(text)) + text for stream, text in pieces)
    buffer, out, error = bytearray(), b"", b""
    while wire:
        cut = data.draw(st.integers(1, len(wire)))
        buffer += wire[:cut]
        wire = wire[cut:]
        more, complaint = unwrap(buffer)
        out, error = out + more, error + complaint
    assert out == b"".join(text for stream, text in pieces if stream == 1)
    assert error == b"".join(text for stream, text in pieces if stream == 2)
    assert not buffer


def test_a_trunk_without_descriptors_is_an_agent_error(monkeypatch):
    ours, theirs = socket.socketpair()
    client = SimpleNamespace(
        exec_create=lambda *_, **__: {"Id": "1"}, exec_start=lambda *_, **__: 0
    )
    monkeypatch.setattr("lab.runtime.docker.exec_stream.hijacked", lambda _: ours)
    trunk = Trunk(client, "container", "etcd-1")

    def no_pair():
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched, theirs:
        patched.setattr(socket, "socketpair", no_pair)
        with pytest.raises(AgentError, match=r"no connection to node etcd-1: .*Too many open"):
            trunk.channel()
    trunk.close()
    assert trunk.broken
