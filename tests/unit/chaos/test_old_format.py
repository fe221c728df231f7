"""Files of halab 0.1 are refused with their new form, which loads."""

from __future__ import annotations

import pytest
import yaml
from made_suites import load

from chaos.errors import InputError
from chaos.experiment.old_format import new_form

WRITES = "probe: write, connection: new, op: at_most, value: 9"
NODES = "probe: node-ready, connection: direct, op: at_least, value: 1"
SUITE = f"""
name: mine
lab: {{etcd: 3, masters: 3, workers: 1, kubelets: true}}
experiments:
  - id: kill-leader
    title: The leader is killed
    hypothesis: Requests go on.
    fault: {{kind: kill, target: "etcd:leader"}}
    hold_s: 5
    dials:
      - {{id: own-proxy, node: "worker:all", port: 6443, tls: true}}
    expect:
      - {{id: writes, metric: hold_outage_s, {WRITES}}}
      - {{id: nodes, metric: availability, {NODES}}}
  - id: cut-one
    title: One is cut off
    hypothesis: Requests go on.
    fault: {{kind: cut, target: "etcd:follower", from: "etcd:all"}}
    hold_s: 7.5
    expect:
      - {{id: reads, metric: outage_s, probe: read, connection: new, op: at_most, value: 1}}
"""
PROOF = """
kind: proof
name: mine
title: {en: One is replaced, zh: 替换一个成员}
hypothesis: {en: Nothing is lost, zh: 没有丢失}
baseline_s: 3
lab: {etcd: 3}
steps:
  - {replace: {target: "etcd:follower", how: learner}, hold_s: 2}
  - {fault: {kind: kill, target: another}, hold_s: 7}
"""


def refused(folder, text):
    with pytest.raises(InputError) as caught:
        load(folder, yaml.safe_load(text))
    return str(caught.value)


def test_an_old_experiment_is_shown_as_it_is_to_be_written(tmp_path):
    lines = refused(tmp_path, SUITE).splitlines()
    assert lines == [
        f"{tmp_path / 'mine.yaml'} is in the format of halab 0.1; this one wants",
        "experiments.0 (kill-leader):",
        "  steps:",
        "    - {id: own-proxy, action: dial, target: 'worker:all', port: 6443, tls: true}",
        "    - {fault: kill, target: 'etcd:leader', for_s: 5}",
        "  expect:",
        f"    - {{id: writes, metric: outage_s, during: kill, {WRITES}}}",
        f"    - {{id: nodes, metric: good_share, {NODES}}}",
        "experiments.1 (cut-one):",
        "  steps:",
        "    - {fault: cut, target: 'etcd:follower', from: 'etcd:all', for_s: 7.5}",
    ]


def test_what_is_shown_for_an_experiment_loads(tmp_path):
    old = yaml.safe_load(SUITE)
    lines = new_form(old)
    second = lines.index("experiments.1 (cut-one):")
    for number, shown in enumerate((lines[1:second], lines[second + 1 :])):
        experiment = old["experiments"][number]
        for key in ("fault", "hold_s", "dials"):
            experiment.pop(key, None)
        experiment.update(yaml.safe_load("\n".join(shown)))
    suite = load(tmp_path, old)
    assert [len(one.steps) for one in suite.experiments] == [2, 1]


def test_what_is_shown_for_a_proof_is_a_suite_that_loads(tmp_path):
    shown = refused(tmp_path, PROOF).partition("\n")[2]
    suite = load(tmp_path, yaml.safe_load(shown))
    [experiment] = suite.experiments
    assert (suite.name, suite.lab.masters, experiment.id) == ("mine", 0, "mine")
    assert experiment.baseline_s == 3
    assert [step.target for step in experiment.steps] == ["etcd:follower", "etcd:not(replace)"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"experiments": 3}, id="a number"),
        pytest.param({"experiments": [3, None]}, id="no mappings"),
        pytest.param({"experiments": [{"expect": 3, "steps": []}]}, id="no demands"),
    ],
)
def test_what_is_not_old_is_not_shown(data):
    assert new_form(data) == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"experiments": [{"hold_s": []}]}, id="no fault"),
        pytest.param({"experiments": [{"fault": [1], "dials": 3, "expect": 1}]}, id="lists"),
        pytest.param({"experiments": [{"fault": {}, "dials": [1], "expect": [2]}]}, id="empty"),
        pytest.param({"kind": "proof", "steps": 3, "lab": []}, id="a proof of nothing"),
        pytest.param({"kind": "proof", "steps": [1, {"replace": 2}]}, id="a proof without sense"),
    ],
)
def test_old_and_wrong_is_shown_as_well_as_can_be(data):
    assert new_form(data)
