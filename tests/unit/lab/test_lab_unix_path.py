"""Unix sockets below long directories."""

from __future__ import annotations

import socket

import pytest

from lab.unix_path import short_path


def test_a_socket_below_a_very_long_directory_can_be_bound_and_reached(tmp_path):
    path = tmp_path / ("d" * 200) / "etcd-1"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        with short_path(path) as short:
            listener.bind(short)
        listener.listen()
        assert path.is_socket()
        with short_path(path) as short:
            client.connect(short)
        server, _ = listener.accept()
        with server:
            client.sendall(b"hello")
            assert server.recv(5) == b"hello"


def test_a_short_path_into_a_missing_directory_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError), short_path(tmp_path / "none" / "sock"):
        pass
