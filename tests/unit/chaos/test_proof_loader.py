"""Proofs in YAML: what is shipped loads, and what is wrong is refused with its place."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

import experiments
from chaos.errors import InputError
from chaos.proof.loader import is_proof, load_proof

SHIPPED = sorted((Path(experiments.__file__).parent / "proofs").glob("*.yaml"))
GOOD = {
    "kind": "proof",
    "name": "made",
    "title": {"en": "made", "zh": "测试"},
    "hypothesis": {"en": "it holds", "zh": "成立"},
    "lab": {"etcd": 3},
    "steps": [
        {"replace": {"target": "etcd:follower", "how": "learner"}, "hold_s": 1},
        {"fault": {"kind": "kill", "target": "another"}, "hold_s": 1},
    ],
}


def written(tmp_path, change=None):
    data = copy.deepcopy(GOOD)
    if change:
        change(data)
    path = tmp_path / "made.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_proof_loads_and_fits_its_name(path):
    assert load_proof(path).name == path.stem
    assert is_proof(path)


def test_the_shipped_proofs_are_those_of_the_claims():
    names = {"network-fault", "power-loss", "replace-direct", "replace-learner", "unsafe-order"}
    assert {path.stem for path in SHIPPED} == names


def test_a_proof_is_etcd_with_one_client(tmp_path):
    lab = load_proof(written(tmp_path)).lab
    assert (lab.masters, lab.workers, lab.disk) == (0, 1, "directory")


def test_a_key_of_the_lab_is_overridden(tmp_path):
    assert load_proof(written(tmp_path), {"etcd": 5}).lab.etcd == 5


def test_a_timeline_says_every_step(tmp_path):
    assert load_proof(written(tmp_path)).timeline() == [
        "made: replace etcd:follower (learner) after 1 s",
        "made: kill another, held for 1 s, healed",
    ]


def step(number, **changes):
    return lambda data: data["steps"][number].update(changes)


WRONG = {
    "an unknown key": (lambda data: data.update(colour="red"), "colour: Extra inputs"),
    "an unknown key of a step": (step(0, colour="red"), "steps.0.colour"),
    "no steps": (lambda data: data.update(steps=[]), "steps: List should"),
    "neither fault nor replace": (
        lambda data: data.update(steps=[{"hold_s": 1}]),
        "either a fault or a replace",
    ),
    "both": (step(0, fault={"kind": "kill", "target": "etcd-1"}), "either a fault or a replace"),
    "masters": (lambda data: data.update(lab={"masters": 1}), "masters: 0, and workers: 1"),
    "two workers": (lambda data: data.update(lab={"workers": 2}), "masters: 0, and workers: 1"),
    "an unknown way": (
        step(0, replace={"target": "etcd-1", "how": "magic"}),
        "steps.0.replace.how",
    ),
    "a target that is not there": (
        step(1, fault={"kind": "kill", "target": "etcd-9"}),
        "steps.1: ",
    ),
    "two replaced at once": (
        step(0, replace={"target": "etcd:majority", "how": "direct"}),
        "steps.0: replace etcd:majority: one etcd member at a time",
    ),
    "a worker replaced": (
        step(0, replace={"target": "worker-1/etcd", "how": "direct"}),
        "steps.0:",
    ),
    "another before anything was replaced": (
        lambda data: data["steps"].pop(0),
        "no earlier step has replaced",
    ),
    "nobody takes the unsafe order": (
        step(0, replace={"target": "etcd-1", "how": "add-first"}),
        "lab.lenient_etcd",
    ),
    "the only lenient one is lost": (
        lambda data: data.update(
            lab={"lenient_etcd": 1},
            steps=[{"replace": {"target": "etcd-3", "how": "add-first"}, "hold_s": 1}],
        ),
        "must be a strict one",
    ),
    "no way back for a hold": (step(1, hold_s=0), "steps.1.hold_s"),
}


@pytest.mark.parametrize(("change", "fragment"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_proof_is_refused_with_its_place(tmp_path, change, fragment):
    with pytest.raises(InputError) as caught:
        load_proof(written(tmp_path, change))
    assert fragment in str(caught.value)
    assert "made.yaml" in str(caught.value)


def test_all_problems_are_said_together(tmp_path):
    def change(data):
        data["steps"] = [
            {"fault": {"kind": "kill", "target": "etcd-8"}, "hold_s": 1},
            {"fault": {"kind": "kill", "target": "etcd-9"}, "hold_s": 1},
        ]

    with pytest.raises(InputError) as caught:
        load_proof(written(tmp_path, change))
    assert "steps.0" in str(caught.value)
    assert "steps.1" in str(caught.value)


def test_a_suite_is_no_proof():
    assert not is_proof(Path(experiments.__file__).parent / "ha-report.yaml")
