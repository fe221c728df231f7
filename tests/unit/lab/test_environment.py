"""Nothing of the user's shell, and nothing of the current folder, is in what we start."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chaos import node_program
from lab.binaries.build import build_environment
from lab.environment import network_environment, tools_environment
from lab.runtime.docker.containers import PYTHON
from lab.runtime.netns.runtime import keeper_argv
from tests.hostile_environment import HOSTILE

ROOT = Path(__file__).parents[3]
HALAB = Path(sys.executable).with_name("halab")
# What runs within an environment that we have made hands it on.
WITHIN = ("lab/agent", "lab/runtime/netns/keeper.py", "chaos/selftest/known_outages/lanes.py")
SOURCES = [path for folder in ("chaos", "lab", "reports") for path in (ROOT / folder).rglob("*.py")]
STARTS = {"run", "Popen", "call", "check_call", "check_output"}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def nodes(kinds, sources=SOURCES):
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kinds):
                yield f"{name_of(path)}:{node.lineno}", node


@pytest.fixture
def hostile(monkeypatch):
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def go(tmp_path):
    """A program that says where Go gets modules, by its environment."""
    program = tmp_path / "go"
    program.write_text('#!/bin/sh\necho "{\\"GOPROXY\\": \\"$GOPROXY\\"}"\n')
    program.chmod(0o755)
    return program


@pytest.mark.usefixtures("hostile")
def test_tools_know_where_programs_are_and_nothing_else_of_the_user(monkeypatch):
    monkeypatch.setenv("PATH", ":.:bin:/opt/bin:")
    environment = tools_environment()
    assert environment.keys() == {"PATH", "LANG"}
    assert environment["PATH"] == "/opt/bin:/usr/local/sbin:/usr/sbin:/sbin"


@pytest.mark.usefixtures("hostile")
def test_programs_that_download_know_the_users_proxies_besides():
    added = network_environment().keys() - tools_environment().keys()
    assert {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} <= added
    assert not added & {"ETCD_NAME", "GOGC", "GOARCH", "KUBECONFIG"}


@pytest.mark.usefixtures("hostile")
def test_the_user_changes_nothing_of_what_is_built_but_where_modules_come_from(
    monkeypatch, tmp_path, go
):
    monkeypatch.setenv("GOPROXY", "https://proxy.example")
    environment = build_environment(str(go), tmp_path)
    assert environment["GOPROXY"] == "https://proxy.example"
    assert environment["GOENV"] == "off"
    assert environment["GOFLAGS"] == "-mod=readonly -buildvcs=false"
    assert not environment.keys() & {"GOARCH", "GOEXPERIMENT", "GOMAXPROCS", "GOGC", "LD_PRELOAD"}


@pytest.mark.parametrize("kept", ["", "off", "/kept/by/user"])
def test_what_go_has_compiled_is_kept_where_the_user_says_so(monkeypatch, tmp_path, go, kept):
    monkeypatch.setenv("GOCACHE", kept)
    environment = build_environment(str(go), tmp_path)
    expected = kept if kept.startswith("/") else str(tmp_path / "cache")
    assert environment["GOCACHE"] == expected


def test_every_program_that_we_start_on_the_host_has_an_environment_of_our_making():
    without = [
        place
        for place, call in nodes(ast.Call)
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "subprocess"
        and call.func.attr in STARTS
        and not place.startswith(WITHIN)
        and "env" not in {keyword.arg for keyword in call.keywords}
    ]
    assert without == []


def test_no_program_is_started_in_a_way_that_this_file_does_not_see():
    names = {"system", "popen", "execv", "execve", "execvp", "execvpe", "spawnv", "posix_spawn"}
    hidden = [
        place
        for place, call in nodes(ast.Call)
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, call.func.attr) in {("os", name) for name in names}
    ]
    assert hidden == []


def test_every_python_that_we_start_ignores_the_current_folder():
    """An interpreter in a command line is followed by the option that makes it so."""
    careless = []
    for place, display in nodes((ast.List, ast.Tuple)):
        texts = [ast.unparse(element) for element in display.elts]
        for text, following in zip(texts, [*texts[1:], ""][: len(texts)], strict=True):
            if text == "sys.executable" and following not in ("'-P'", "'-I'"):
                careless.append(place)
            if text.endswith(".python") and following != "*ISOLATED":
                careless.append(place)
    assert careless == []
    assert PYTHON[1] == node_program.ISOLATED[0] == "-I"
    assert keeper_argv(Path("/x"))[1] == "-I"


def test_every_python_of_the_makefile_ignores_the_current_folder():
    options = re.findall(r"(?:\$\(VENV\)/python|\bpython3) (\S+)", (ROOT / "Makefile").read_text())
    assert len(options) >= 4
    assert set(options) == {"-P", "-I"}


def test_a_packed_program_names_what_it_runs(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("")
    files = [ROOT / "chaos" / "errors.py"]
    (tmp_path / "p.pyz").write_bytes(node_program.zipped("chaos.errors", files))
    code = "import json, zipfile; print(json.dumps(zipfile.ZipFile('p.pyz').namelist()))"
    argv = [sys.executable, "-I", "-c", code]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["__main__.py", "chaos/__init__.py", "chaos/errors.py"]
