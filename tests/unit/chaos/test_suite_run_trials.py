"""How many trials each experiment of a run has."""

from __future__ import annotations

from collections import Counter

import pytest
from made_suites import DEMAND, experiment, load, suite

from chaos.experiment.plan import plan_suite
from chaos.probes.series import DEFAULT_SERIES
from chaos.provenance import RunOrder
from chaos.run.suite import open_suite

KILL = {"id": "kill", "fault": "kill", "target": "etcd-1", "for_s": 5}


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        pytest.param(1, {"a": 3, "b": 1}, id="what it needs at least"),
        pytest.param(4, {"a": 4, "b": 4}, id="more when more are asked for"),
    ],
)
def test_an_experiment_may_need_more_trials_than_the_others(tmp_path, asked, counts):
    made = [
        experiment(KILL, id=name, expect=[{**DEMAND, "id": f"{name}-reads"}]) for name in counts
    ]
    planned = plan_suite(load(tmp_path, suite(*made)), DEFAULT_SERIES, "netns", 7)
    order = RunOrder(asked, 7, "netns", tmp_path / "runs", "halab claims mine")
    record = open_suite("mine", planned, order, {"a": 3}).record
    assert Counter(trial.experiment for trial in record.trials) == counts
