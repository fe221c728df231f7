"""The official download: what is fetched, what is refused, and when building is left."""

from __future__ import annotations

import hashlib
import io
import socket
import sys
import time
from typing import TYPE_CHECKING

import pytest
from published import ETCD, KUBERNETES, assert_official

from lab.binaries import fetch
from lab.binaries.resolve import resolve
from lab.binaries.versions import BINARIES
from lab.errors import BinaryError

if TYPE_CHECKING:
    from pathlib import Path

    from published import Official


@pytest.mark.usefixtures("official")
def test_a_fresh_download_gives_executables(
    home: Path, built: list[str], messages: list[str]
) -> None:
    binaries = resolve(BINARIES, progress=messages.append, home=home)
    assert_official(home, built)
    assert set(binaries.paths) == {*ETCD, *KUBERNETES, "kubemark"}
    assert binaries.path("kubemark").read_bytes() == b"built kubemark"
    assert len([line for line in messages if line.startswith("downloading")]) == 5


def test_the_second_command_asks_nothing(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    first = resolve(BINARIES, progress=messages.append, home=home)
    official.asked.clear()
    assert resolve(BINARIES, progress=messages.append, home=home) == first
    assert official.asked == []
    assert built == ["kubemark"]


def test_only_what_is_missing_is_downloaded(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    resolve(BINARIES, progress=messages.append, home=home).path("kubectl").unlink()
    official.asked.clear()
    resolve(BINARIES, progress=messages.append, home=home)
    paths = [path for path, _ in official.asked]
    assert paths == [official.kubernetes("kubectl.sha256"), official.kubernetes("kubectl")]
    assert_official(home, built)


@pytest.mark.parametrize("module", ["kubernetes", "etcd"])
def test_a_wrong_checksum_is_final(
    official: Official, home: Path, built: list[str], messages: list[str], module: str
) -> None:
    path = official.etcd_archive if module == "etcd" else official.kubernetes("kube-scheduler")
    wanted = hashlib.sha256(official.files[path]).hexdigest()
    official.files[path] = b"something else"
    digest = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(BinaryError) as caught:
        resolve(BINARIES, progress=messages.append, home=home)
    for fact in (official.url + path, wanted, digest):
        assert fact in str(caught.value)
    assert not isinstance(caught.value, fetch.UnavailableError)
    assert built == []
    assert not list(home.rglob("*.part"))
    assert not list(home.rglob("kube-scheduler")) or module == "etcd"


def test_a_page_in_place_of_checksums_is_refused(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    official.files[official.kubernetes("kubectl.sha256")] = b"<html>Please log in</html>"
    with pytest.raises(BinaryError, match="holds no SHA-256 digest of kubectl"):
        resolve(BINARIES, progress=messages.append, home=home)
    assert built == []


@pytest.mark.parametrize("tail", ["\n", "  kubectl\n", " *kubectl", "  bin/linux/amd64/kubectl\n"])
def test_a_checksum_may_name_its_file(
    official: Official, home: Path, built: list[str], messages: list[str], tail: str
) -> None:
    official.files[official.kubernetes("kubectl.sha256")] += tail.encode()
    resolve(BINARIES, progress=messages.append, home=home)
    assert_official(home, built)


@pytest.mark.usefixtures("closed_port")
def test_an_unreachable_host_means_building_at_once(
    home: Path, built: list[str], messages: list[str]
) -> None:
    start = time.monotonic()
    resolve(BINARIES, progress=messages.append, home=home)
    assert time.monotonic() - start < 3
    assert sorted(built) == sorted([*ETCD, *KUBERNETES, "kubemark"])
    assert len([line for line in messages if "so it is built" in line]) == 2


def test_a_host_that_does_not_answer_is_given_up_in_time(
    home: Path, built: list[str], messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        time.sleep(2)

    monkeypatch.setattr(fetch, "WHOLE_CONNECT_TIMEOUT_S", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    for name in ("KUBERNETES", "ETCD"):
        monkeypatch.setenv(f"HALAB_{name}_MIRROR", "https://never.invalid")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    start = time.monotonic()
    resolve(BINARIES, progress=messages.append, home=home)
    assert time.monotonic() - start < 2
    assert len(built) == 8


def test_what_the_host_lacks_is_built(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    official.refuse.add(official.kubernetes("kubectl"))
    resolve(BINARIES, progress=messages.append, home=home)
    assert sorted(built) == ["kubectl", "kubemark"]
    assert not list(home.rglob("*.part"))


def test_a_mirror_must_be_an_http_address(
    home: Path, built: list[str], messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALAB_ETCD_MIRROR", "/srv/mirror")
    with pytest.raises(BinaryError, match="HALAB_ETCD_MIRROR is /srv/mirror"):
        resolve(BINARIES, progress=messages.append, home=home)
    assert built == []


def test_an_unpublished_architecture_is_built(
    official: Official,
    home: Path,
    built: list[str],
    messages: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    resolve(BINARIES, progress=messages.append, home=home)
    assert official.asked == []
    assert len(built) == 8


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_shows_progress(
    official: Official,
    home: Path,
    built: list[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stderr = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    resolve(BINARIES, progress=lambda _: None, home=home)
    assert ("kube-scheduler" in stderr.getvalue()) is terminal
    assert built == ["kubemark"]
    assert official.asked
