"""Proofs on the command line: dispatched by their kind, judged from their directory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from made_proofs import EVENTS, final, good, operations, write

from lab.runtime.docker.kind import DockerKind
from lab.runtime.netns.kind import NetnsKind


def test_a_dry_run_of_a_proof_is_one_line_a_step(halab):
    ended = halab("run", "proofs/power-loss", "--dry-run")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "power-loss: power-off etcd:follower, held for 4 s, healed",
        "power-loss: power-off etcd:all, held for 2 s, healed",
    ]


@pytest.mark.parametrize(
    "options",
    [["--only", "x"], ["--rate", "read=5"], ["--lb", "haproxy"]],
    ids=lambda options: options[0],
)
def test_what_only_a_suite_has_is_refused_for_a_proof(halab, options):
    ended = halab("run", "proofs/power-loss", *options)
    assert ended.code == 2
    assert "power-loss is a proof" in ended.err


def test_a_wrong_proof_is_bad_input_with_its_place(halab):
    Path("wrong.yaml").write_text("kind: proof\nname: wrong\nsteps: []\n")
    ended = halab("run", "wrong.yaml")
    assert ended.code == 2
    assert "wrong.yaml" in ended.err
    assert "steps: List should" in ended.err


def test_a_real_loss_of_power_is_refused_to_an_ordinary_user_before_anything_is_made(
    halab, monkeypatch
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(NetnsKind, "unavailable", lambda *_: "")
    ended = halab("run", "proofs/power-loss")
    assert ended.code == 2
    assert "only root may make loop devices" in ended.err
    assert "disk: directory" in ended.err
    assert not Path("runs").exists()


def test_a_real_loss_of_power_is_refused_to_containers_before_anything_is_made(halab, monkeypatch):
    monkeypatch.setattr(DockerKind, "unavailable", lambda *_: "")
    ended = halab("run", "ha-report", "proofs/power-loss", "--runtime", "docker")
    assert ended.code == 2
    assert "cannot be had with --runtime docker: a container without the rights" in ended.err
    assert not Path("runs").exists()


def lossy():
    made = operations()
    state = final(made)
    state.versions.pop(100)
    return EVENTS, made, state, None


@pytest.mark.parametrize(
    ("trial", "code"),
    [(good(), 0), (lossy(), 1), (good(reason="not seen"), 5)],
    ids=["it holds", "a write is lost", "the fault was not seen"],
)
def test_a_proof_is_judged_again_from_its_directory(halab, trial, code):
    write(Path("run"), trial)
    ended = halab("analyze", "run", "--json")
    assert ended.code == code
    answer = json.loads(ended.out)
    assert {one["id"] for one in answer["verdicts"]} >= {"nothing-lost", "no-read-goes-back"}
    assert (Path("run") / "report" / "index.html").exists()
