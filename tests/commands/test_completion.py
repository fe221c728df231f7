"""What shells offer: as a shell asks, with nothing else on its output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from suite_files import suite_file

from chaos.faults.registry import fault_kinds
from reports.locale.catalogue import LANGUAGES

HALAB = Path(sys.executable).parent / "halab"


def question(line):
    """Return the environment in which bash asks for the last word of a line."""
    number = str(len(line.split(" ")) - 1)
    return {"COMP_WORDS": line, "COMP_CWORD": number, "_HALAB_COMPLETE": "complete_bash"}


@pytest.fixture
def offered(halab, monkeypatch):
    """Return what bash is offered for the last word of a line."""

    def ask(line):
        for name, value in question(line).items():
            monkeypatch.setenv(name, value)
        ended = halab()
        assert (ended.code, ended.err) == (0, "")
        return ended.out.split()

    return ask


def test_a_process_of_its_own_is_asked():
    environment = {**os.environ, **question("halab ru")}
    ended = subprocess.run(
        [HALAB], env=environment, capture_output=True, text=True, check=True, timeout=20
    )
    assert (ended.stdout.split(), ended.stderr) == (["run", "runtimes"], "")


@pytest.fixture
def labs(abandoned):
    for name, nodes in {"one": ("etcd-1", "worker-1"), "two": ("etcd-2",)}.items():
        folder = abandoned(name)
        for node in nodes:
            (folder / "nodes" / node).mkdir(parents=True)


@pytest.mark.usefixtures("labs")
@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("halab ru", ["run", "runtimes"]),
        ("halab down ", ["one", "two"]),
        ("halab heal --lab t", ["two"]),
        ("halab exec ", ["etcd-1", "etcd-2", "worker-1"]),
        ("halab exec --lab two ", ["etcd-2"]),
        ("halab kubeconfig --worker ", ["worker-1"]),
        ("halab kill --lab one etcd", ["etcd-1", "etcd:leader", "etcd:follower"]),
        ("halab analyze x --lang ", sorted(LANGUAGES)),
        ("halab up --profile ", ["upstream", "kubespray"]),
        ("halab up --lb n", ["nginx", "none"]),
        ("halab images make ", ["netns", "docker", "kind"]),
        ("halab run ha", ["ha-report"]),
        ("halab run proofs/power", ["proofs/power-loss"]),
        ("halab claims ku", ["kuboard-spray"]),
        ("halab run ha-report --only kill-etcd-l", ["kill-etcd-leader"]),
        ("halab run nosuch --only ", []),
        ("halab analyze nosuch/", []),
    ],
)
def test_names_are_offered(offered, line, names):
    assert offered(line)[: len(names) or 1] == names


def test_every_fault_is_offered(offered):
    assert offered("halab inject ") == sorted(fault_kinds())


def test_runs_and_files_are_offered_with_the_folders_on_the_way(offered, tmp_path):
    Path("runs/a").mkdir(parents=True)
    Path("runs/a/run.json").touch()
    Path("runs/old/b").mkdir(parents=True)
    Path("runs/old/b/run.json").touch()
    assert offered("halab analyze ") == ["runs/a", "runs/old/"]
    assert offered("halab compare runs/a runs/old/") == ["runs/old/b"]
    assert offered("halab report r") == ["runs/"]
    suite_file(tmp_path / "here", "mine")
    assert offered("halab run m") == ["mine.yaml"]
    assert offered("halab run mine.yaml --only k") == ["kill-leader"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed_and_can_be_installed(shell, tmp_path):
    # instead of looking which shell called it, it is told the shell
    asked = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
    environment = {**os.environ, **asked}
    script = subprocess.run(
        [HALAB, "--show-completion", shell],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"_HALAB_COMPLETE=complete_{shell}" in script
    subprocess.run([HALAB, "--install-completion", shell], env=environment, check=True)
    assert any(
        path.is_file() and "_HALAB_COMPLETE" in path.read_text()
        for path in tmp_path.rglob("*halab*")
    )
