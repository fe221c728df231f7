"""The runc of engines without CAP_SYS_RESOURCE: what it takes out, and what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WRAPPER = ROOT / "lab/runtime/kind/halab-runc"


@pytest.fixture
def run(tmp_path):
    """Run it with a runc that only says its arguments."""
    (tmp_path / "runc").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "runc").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def ran(*argv):
        done = subprocess.run(
            [WRAPPER, *argv], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines() == list(argv)

    return ran


@pytest.mark.parametrize("option", ["--bundle", "-b"])
def test_a_container_is_not_given_what_the_engine_lacks(run, tmp_path, option):
    config = tmp_path / "config.json"
    sets = {
        "bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE", "CAP_KILL"],
        "effective": ["CAP_SYS_RESOURCE"],
        "permitted": ["CAP_CHOWN", "CAP_SYS_RESOURCE"],
    }
    told = {"process": {"args": ["x"], "capabilities": sets}}
    config.write_text(json.dumps(told, separators=(",", ":")))
    run("--root", "/r", "create", option, str(tmp_path), "id")
    assert json.loads(config.read_text())["process"] == {
        "args": ["x"],
        "capabilities": {
            "bounding": ["CAP_CHOWN", "CAP_KILL"],
            "effective": [],
            "permitted": ["CAP_CHOWN"],
        },
    }


def test_neither_is_a_process_in_it(run, tmp_path):
    process = tmp_path / "process.json"
    process.write_text('{"capabilities":{"bounding":["CAP_SYS_RESOURCE","CAP_KILL"]}}')
    run("exec", "--process", str(process), "id")
    assert process.read_text() == '{"capabilities":{"bounding":["CAP_KILL"]}}'


def test_other_commands_are_passed_on(run):
    run("kill", "id", "9")
