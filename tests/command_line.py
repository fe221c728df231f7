"""The command line in this process, in a home of its own, where no lab can be started."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer.main

sys.path.append(str(Path(__file__).parent / "unit/reports"))  # made_histories

from chaos.cli import app as cli
from chaos.run import suite as running
from lab.lab import Lab
from lab.registry import LabRecord, Registry
from lab.runtime.docker.driver import DockerDriver
from lab.spec import LabSpec

COMMAND = typer.main.get_command(cli.app)  # to read all annotations takes Typer 40 ms


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Where labs would be; the test's current folder is another one, and empty."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def refuse(*_, **__):
        raise AssertionError("a lab would have been started")

    monkeypatch.setattr(Lab, "up", refuse)
    monkeypatch.setattr(DockerDriver, "labs_with_leftovers", lambda *_: set())
    return tmp_path / "state" / "halab"


@pytest.fixture
def halab(monkeypatch, capsys):
    """Call the app with arguments; return its exit code and what it printed."""

    def call(*argv):
        monkeypatch.setattr(typer.main, "get_command", lambda _: COMMAND)
        monkeypatch.setattr(sys, "argv", ["halab", *map(str, argv)])
        capsys.readouterr()
        code = cli.run_app()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return SimpleNamespace(code=code, out=out, err=err)

    return call


@pytest.fixture
def abandoned():
    """Leave the directory of a lab whose owner is dead."""

    def make(name):
        Registry().claim(LabRecord(name, LabSpec())).close()
        return Registry().directory(name)

    return make


@pytest.fixture
def opened(monkeypatch):
    """The writers of runs that were opened for real; their suites are not run."""
    writers = []

    class Opened:
        def __init__(self, _, writer, __):
            writers.append(writer)

        def run(self):
            pass

    monkeypatch.setattr(running, "versions", lambda *_: {})
    monkeypatch.setattr(running, "SuiteRun", Opened)
    return writers
