"""Our programs, started where the current folder and the environment are against them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from chaos import node_program
from chaos.probes.archive import packed_prober
from chaos.workload.clients import packed_clients
from lab.agent_archive import pack_agent
from tests.hostile_environment import HOSTILE

ROOT = Path(__file__).parents[2]
HALAB = Path(sys.executable).with_name("halab")
SHADOWS = ("lab", "chaos", "reports", "experiments", "random", "json", "select", "runpy", "typer")


def packed_agent():
    with tempfile.TemporaryDirectory() as folder:
        pack_agent(Path(folder) / "agent.pyz")
        return (Path(folder) / "agent.pyz").read_bytes()


@pytest.fixture
def hostile(monkeypatch):
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def shadowed(tmp_path, monkeypatch):
    """A current folder whose files would be imported in the place of ours and of Python's."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} is shadowed')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


COMMANDS = {
    "help": ["--help"],
    "faults": ["faults"],
    "runs": ["list"],
    "a dry run": ["run", str(ROOT / "experiments" / "ha-report.yaml"), "--dry-run"],
}


@pytest.mark.usefixtures("shadowed")
@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS.keys())
def test_the_command_line_works_in_a_folder_with_names_of_ours(argv):
    done = subprocess.run([HALAB, *argv], capture_output=True, text=True, check=False)
    assert "shadowed" not in done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


class Answer(BaseHTTPRequestHandler):
    """Answers every request."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Print nothing."""


@pytest.mark.usefixtures("shadowed", "hostile")
def test_a_probe_works_in_such_a_folder_and_with_such_an_environment():
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        argv = [HALAB, "probe", "--url", url, "--connection", "new", "--duration", "1"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
        server.shutdown()
    assert "shadowed" not in done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


PROGRAMS = {
    "clients": (packed_clients, ["nothing.json"], "No such file or directory: 'nothing.json'"),
    "prober": (packed_prober, ["nothing.json"], "No such file or directory: 'nothing.json'"),
    "agent": (packed_agent, ["node", "nothing"], "JSONDecodeError"),
}


@pytest.mark.parametrize(("packed", "arguments", "error"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_of_a_node_imports_nothing_of_the_folder_around_it(
    shadowed, packed, arguments, error
):
    (shadowed / "program.pyz").write_bytes(packed())
    argv = node_program.node_argv(sys.executable, "program.pyz", *arguments)
    environment = {**os.environ, "PYTHONPATH": str(shadowed), "PYTHONHOME": "/nowhere"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert "shadowed" not in done.stderr
    assert error in done.stderr.splitlines()[-1]
