"""A server with the official layout, on this machine, and a build that only writes files."""

from __future__ import annotations

import socket
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from published import Official, handler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch) -> Iterator[Official]:
    """The official server, with everything on it, as both mirrors."""
    official = Official()
    official.publish()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(official))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    official.url = f"http://127.0.0.1:{server.server_address[1]}"
    for name in ("kubernetes", "etcd"):
        monkeypatch.setenv(f"HALAB_{name.upper()}_MIRROR", f"{official.url}/{name}/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield official
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def closed_port(monkeypatch: pytest.MonkeyPatch) -> str:
    """Both mirrors where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setenv("HALAB_KUBERNETES_MIRROR", url)
    monkeypatch.setenv("HALAB_ETCD_MIRROR", url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return url


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were built, by a build that only writes files."""
    names_built: list[str] = []

    def build(_: object, names: list[str], target: Path, __: object) -> None:
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            (target / name).write_bytes(f"built {name}".encode())
            (target / name).chmod(0o755)
        names_built.extend(names)

    monkeypatch.setattr("lab.binaries.acquire.build_binaries", build)
    return names_built


@pytest.fixture(autouse=True)
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH in which no binary of this machine is found."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def messages() -> list[str]:
    return []
