"""What can be refused is refused before anything is prepared, built, made or measured."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import memory
from lab.runtime.netns.driver import NetnsDriver

COMMANDS = {
    "up": ["up"],
    "run": ["run", "ha-report"],
    "tolerance": ["tolerance", "--sizes", "3", "--faults", "kill"],
    "claims": ["claims"],
}
MAKES_RUNS = [name for name in COMMANDS if name != "up"]
netns = ("--runtime", "netns")


@pytest.fixture(autouse=True)
def prepared(monkeypatch):
    """What was prepared, on a machine that can make every lab."""
    done = []
    monkeypatch.setattr(NetnsDriver, "unavailable", lambda *_: "")
    monkeypatch.setattr(NetnsDriver, "lacking", lambda _: {})
    monkeypatch.setattr(NetnsDriver, "prepare", lambda *_: done.append("prepared"))
    yield done
    assert done == []
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("variable", ["XDG_STATE_HOME", "XDG_CACHE_HOME"])
def test_a_home_that_cannot_be_written_is_refused(halab, monkeypatch, command, variable):
    monkeypatch.setenv(variable, "/proc/nowhere")
    ended = halab(*COMMANDS[command], *netns)
    assert (ended.code, ended.out) == (3, "")
    assert "/proc/nowhere/halab cannot be written" in ended.err
    assert f"{variable} names another place" in ended.err


@pytest.mark.parametrize("command", [*COMMANDS, "status", "gc", "down", "heal"])
def test_a_relative_home_is_refused(halab, monkeypatch, command):
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    ended = halab(*COMMANDS.get(command, [command]))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "halab: XDG_STATE_HOME=state: must be an absolute path\n"


@pytest.mark.parametrize("command", MAKES_RUNS)
def test_a_folder_of_runs_that_cannot_be_written_is_refused(halab, command):
    ended = halab(*COMMANDS[command], *netns, "--runs-dir", "/proc/runs")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("halab: --runs-dir /proc/runs cannot be written: ")


@pytest.mark.parametrize("command", ["up", "run", "tolerance"])
def test_a_lab_that_needs_too_much_memory_is_refused(halab, monkeypatch, command):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=2**20))
    ended = halab(*COMMANDS[command], *netns)
    assert (ended.code, ended.out) == (3, "")
    assert "1 MiB are available; nothing was started" in ended.err


def test_a_table_is_refused_by_the_memory_of_its_largest_cluster(halab, monkeypatch):
    fits_three = SimpleNamespace(available=500 * 2**20)
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: fits_three)
    ended = halab("tolerance", "--sizes", "3,9", "--faults", "kill", *netns)
    assert ended.code == 3
    assert "nothing was started" in ended.err
