"""TCP connections that an agent carries."""

from __future__ import annotations

import socket

import pytest
from connections import free_port, listening, read_all

from lab.errors import AgentError


def echo(connection, _stop):
    while chunk := connection.recv(1000):
        connection.sendall(chunk)


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
