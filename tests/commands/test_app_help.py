"""What can be read without a lab: help, and what is said about a wrong command line."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from chaos.cli.app import app
from chaos.cli.panels import PANELS

COMMANDS = sorted(typer.main.get_command(app).commands)
HEAVY = {"pandas", "pyarrow", "cryptography", "rich", "yaml", "pydantic", "scipy"}
SHOW = """
import sys
from chaos.cli.app import main
sys.argv = ["halab", *sys.argv[1:]]
try:
    main()
finally:
    print("imported", *{name.partition(".")[0] for name in sys.modules})
"""


def test_every_command_is_registered_once_under_its_name():
    assert (
        sorted(
            [
                "analyze",
                "binaries",
                "claims",
                "compare",
                "crash",
                "cut",
                "doctor",
                "down",
                "exec",
                "faults",
                "gc",
                "hang",
                "heal",
                "images",
                "inject",
                "isolate",
                "kill",
                "kubeconfig",
                "list",
                "logs",
                "power-off",
                "probe",
                "report",
                "run",
                "runtimes",
                "selftest",
                "status",
                "tolerance",
                "up",
            ]
        )
        == COMMANDS
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example_of_it(command):
    ended = CliRunner().invoke(app, [command, "--help"])
    assert ended.exit_code == 0
    assert f"Example: halab {command}" in " ".join(ended.output.split())


@pytest.mark.parametrize(
    ("argv", "allowed"),
    # Typer itself reads the types of a command's options with pydantic
    [(["--help"], set()), (["run", "--help"], {"pydantic"})],
    ids=["of all", "of a command"],
)
def test_help_imports_nothing_that_is_slow_to_import(argv, allowed):
    shown = subprocess.run(
        [sys.executable, "-c", SHOW, *argv], capture_output=True, text=True, check=True
    )
    assert "Usage: halab" in shown.stdout
    imported = set(shown.stdout.splitlines()[-1].split())
    assert "typer" in imported
    assert imported & HEAVY <= allowed


def test_no_arguments_print_the_help(halab):
    ended = halab()
    assert "Usage: halab" in ended.out + ended.err
    assert "Labs:" in ended.out + ended.err


def test_the_help_of_all_fits_a_screen_and_has_every_command_in_a_panel():
    output = CliRunner().invoke(app, ["--help"], terminal_width=80).output
    assert len(output.splitlines()) <= 50
    panels = [line for line in output.splitlines() if line.endswith(":") and line[0] != " "]
    assert panels == ["Options:", *(f"{panel}:" for panel in PANELS)]
    listed = [line.split()[0] for line in output.splitlines() if line.startswith("  ")]
    assert set(COMMANDS) <= set(listed)


WRONG = {
    "an unknown command": (["nosuch"], "nosuch"),
    "an unknown option": (["status", "--nosuch"], "--nosuch"),
    "an option without its value": (["up", "--etcd"], "--etcd"),
    "a word for a number": (["up", "--etcd", "three"], "--etcd"),
    "an argument that is missing": (["logs", "etcd-1"], "component"),
    "a cut with one side": (["cut", "etcd-1"], "--from"),
    "no seconds at all": (["kill", "etcd-1", "--for", "0"], "--for"),
    "a run of nothing": (["run"], "files"),
}


@pytest.mark.parametrize(("argv", "named"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_command_line_is_refused_by_name(halab, home, argv, named):
    ended = halab(*argv)
    assert ended.code == 2
    assert named in ended.err.lower()
    assert ended.out == ""
    assert not home.exists()
