"""Memory asked for before a start, bounded waits, and sockets below long directories."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import memory, readiness
from lab.bootstrap import telling_lines
from lab.components import plan_lab
from lab.errors import AgentError, LabError, NotReadyError, RuntimeUnavailableError
from lab.memory import check_memory, needed_mib
from lab.readiness import wait_until
from lab.spec import LabSpec
from lab.unix_path import short_path

SMALL = plan_lab(LabSpec(etcd=1, masters=1, workers=1))


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(0, 49),
    st.booleans(),
    st.sampled_from(["etcd", "masters", "workers"]),
)
def test_one_more_of_anything_needs_more_memory(etcd, masters, workers, stacked, more):
    size = {"etcd": etcd, "masters": masters, "workers": workers}
    less = needed_mib(plan_lab(LabSpec(**size, stacked=stacked)))
    size[more] += 1
    assert needed_mib(plan_lab(LabSpec(**size, stacked=stacked))) > less


def available(monkeypatch, mib):
    found = SimpleNamespace(available=mib * 2**20)
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: found)


def test_a_lab_that_does_not_fit_is_refused_with_both_numbers(monkeypatch):
    available(monkeypatch, 100)
    with pytest.raises(RuntimeUnavailableError) as caught:
        check_memory(SMALL)
    assert f"needs about {needed_mib(SMALL)} MiB" in str(caught.value)
    assert "100 MiB are available; nothing was started" in str(caught.value)


@pytest.mark.parametrize("spare", [0, 1, 10_000])
def test_a_lab_that_fits_is_let_through(monkeypatch, spare):
    available(monkeypatch, needed_mib(SMALL) + spare)
    check_memory(SMALL)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("one\n\ntwo\n", ["one", "two"], id="nothing grave"),
        pytest.param(
            "I0101 fine\nE0101 lost\nI0101 fine\nF0101 end\n",
            ["E0101 lost", "F0101 end"],
            id="klog",
        ),
        pytest.param(
            "Usage:\n  --flag\nError: unknown flag\n", ["Error: unknown flag"], id="refused flag"
        ),
        pytest.param("\n".join(map(str, range(99))), [*map(str, range(91, 99))], id="long"),
        pytest.param("E" * 1000, ["E" * 400], id="long line"),
    ],
)
def test_of_a_log_the_last_lines_that_say_why_are_told(log, told):
    assert telling_lines(log) == told


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(readiness, "POLL_S", 0.01)


@pytest.mark.usefixtures("quick")
def test_a_wait_returns_the_seconds_it_took():
    evidence = iter(["not yet", "not yet", ""])
    assert 0.02 <= wait_until("it", lambda: next(evidence), 5) < 5


@pytest.mark.parametrize("timeout_s", [0, 0.05])
@pytest.mark.usefixtures("quick")
def test_a_wait_in_vain_names_itself_and_the_last_evidence(timeout_s):
    with pytest.raises(NotReadyError) as caught:
        wait_until("the moon", lambda: "only clouds", timeout_s)
    assert str(caught.value) == f"waited {timeout_s:g} s for the moon; last seen: only clouds"


@pytest.mark.parametrize("error", [LabError, AgentError])
@pytest.mark.usefixtures("quick")
def test_an_error_of_the_lab_counts_as_evidence(error):
    def check():
        raise error("no agent answers")

    with pytest.raises(NotReadyError, match="for the moon; last seen: no agent answers"):
        wait_until("the moon", check, 0.02)


@pytest.mark.usefixtures("quick")
def test_an_error_of_the_lab_is_survived():
    said = iter([LabError("down"), ""])

    def check():
        one = next(said)
        if isinstance(one, LabError):
            raise one
        return one

    assert wait_until("it", check, 5) < 5


def test_a_check_may_say_that_there_is_nothing_left_to_wait_for():
    asked = []

    def check():
        asked.append(1)
        raise NotReadyError("it ended")

    with pytest.raises(NotReadyError, match=r"^it ended$"):
        wait_until("it", check, 5)
    assert len(asked) == 1


@pytest.mark.parametrize("error", [ValueError, KeyError, KeyboardInterrupt])
def test_any_other_error_ends_the_wait_at_once(error):
    asked = []

    def check():
        asked.append(1)
        raise error("ours")

    with pytest.raises(error, match="ours"):
        wait_until("it", check, 5)
    assert len(asked) == 1


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
