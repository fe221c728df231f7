"""For each expectation of the shipped suite, a real history that violates it and one it holds in.

They were recorded by `halab run experiments/ha-report.yaml`: an etcd follower was killed, which
costs nothing, and the quorum was lost, which costs everything until the heal.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from chaos.experiment.loader import find_suite, load_suite
from chaos.experiment.plan import plan_suite
from chaos.probes.series import DEFAULT_SERIES
from reports.analysis.metrics import METRICS
from reports.analysis.suite import analyse_suite
from reports.history.reader import read_suite

HISTORIES = Path(__file__).parents[2] / "histories"
SUITE = load_suite(find_suite("ha-report"))
EXPECTATIONS = {
    expectation.id: expectation
    for planned in plan_suite(SUITE, DEFAULT_SERIES, "netns", seed=0)
    for expectation in planned.record.expect
    if METRICS[expectation.metric].needs == "series"
}
# What must not be tolerated, or must be seen to fail, is violated by the history that shows it.
VIOLATED_BY = {
    "at_most outage": "quorum-lost",
    "at_least": "quorum-lost",
    "at_most": "follower-killed",
}


def histories_of(expectation):
    kind = expectation.op
    if expectation.op == "at_most" and expectation.metric == "outage_s":
        kind += " outage"
    bad = VIOLATED_BY[kind]
    return bad, next(name for name in ("follower-killed", "quorum-lost") if name != bad)


@cache
def verdicts_of(name):
    """Judge a saved history by all expectations; return the verdicts by their ids."""
    record, (trial,), _ = read_suite(HISTORIES / name)
    (step,) = trial.experiment.steps
    asked = [
        expectation.model_copy(update={"during": step.id if expectation.during else None})
        for expectation in EXPECTATIONS.values()
    ]
    experiment = trial.experiment.model_copy(update={"expect": asked})
    verdicts = analyse_suite(record, [replace(trial, experiment=experiment)]).verdicts
    assert len(verdicts) == len(asked)
    return {verdict.id: verdict.verdict for verdict in verdicts}


@pytest.mark.parametrize("expectation", EXPECTATIONS.values(), ids=EXPECTATIONS.keys())
def test_each_expectation_of_the_suite_can_be_violated_and_can_hold(expectation):
    bad, good = histories_of(expectation)
    assert verdicts_of(bad)[expectation.id] == "violated"
    assert verdicts_of(good)[expectation.id] == "holds"


def test_the_figures_of_a_saved_history_do_not_change_by_themselves():
    record, trials, missing = read_suite(HISTORIES / "quorum-lost")
    assert missing == []
    recovery = analyse_suite(record, trials).tables["recovery"]
    row = recovery.set_index(["probe", "connection"]).loc[("write", "new")]
    figures = {name: round(float(row[name]), 2) for name in FIGURES}
    assert figures == FIGURES


FIGURES = {
    "outage_median_lower_s": 11.0,
    "outage_median_upper_s": 11.4,
    "good_share_during_median": 0.0,
    "degraded_median_lower_s": 12.4,
    "degraded_median_upper_s": 12.4,
    "new_leader_median_s": 11.02,
}
