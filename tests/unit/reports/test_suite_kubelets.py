"""Nodes and leases in a history: judged, missed when missing, shown apart from requests."""

from __future__ import annotations

import pytest
from english import english
from made_histories import (
    READ,
    events_of,
    expectation,
    experiment_record,
    history,
    series,
)

from reports.analysis.evidence import evidence_of
from reports.analysis.expectations import judge_trial
from reports.analysis.stages import stages_of, story
from reports.analysis.suite import served_by
from reports.history.events import Lease, NodeReady

LEASE = ("lease-kube-scheduler", "cluster", "direct")
NODES = [("node-ready", node, "direct") for node in ("master-1", "worker-1")]
GOOD = "." * 60
EXPIRED = "." * 30 + "x" * 10 + "." * 20
UNSEEN = "." * 30 + "?" * 10 + "." * 20
SERIES = [
    series(),
    series(LEASE[0], "direct", workers=["cluster"]),
    series("node-ready", "direct", workers=["master-1", "worker-1"]),
]
HANDED_OVER = Lease(3.9, "kube-scheduler", "master-2")
GONE = NodeReady(3.95, "worker-1", ready=False)


def trial_of(lease=GOOD, node=GOOD, read=GOOD, expect=()):
    lines = {READ: read, LEASE: lease, NODES[0]: GOOD, NODES[1]: node}
    experiment = experiment_record(series=SERIES, expect=list(expect))
    return history(lines, experiment=experiment, events=[*events_of(), HANDED_OVER, GONE])


def judged(lines, **changes):
    asked = expectation(**{"probe": LEASE[0], "connection": "direct", **changes})
    (verdict,) = judge_trial(evidence_of(trial_of(**lines, expect=[asked])))
    return verdict


@pytest.mark.parametrize(
    ("lines", "expected", "wanted"),
    [
        pytest.param({"lease": EXPIRED}, {"value": 1.2}, "holds", id="expired-for-a-second"),
        pytest.param({"lease": EXPIRED}, {"value": 0.5}, "violated", id="expired-for-longer"),
        pytest.param({"lease": UNSEEN}, {"value": 0.5}, "unknown", id="nobody-could-say"),
        pytest.param(
            {"lease": UNSEEN}, {"value": 5.0}, "unknown", id="nobody-could-say-that-it-held"
        ),
        pytest.param(
            {"node": EXPIRED},
            {"probe": "node-ready", "metric": "good_share", "op": "at_least", "value": 1.0},
            "violated",
            id="the-worst-node-counts",
        ),
        pytest.param(
            {"read": EXPIRED},
            {"probe": "node-ready", "metric": "good_share", "op": "at_least", "value": 1.0},
            "holds",
            id="requests-do-not",
        ),
    ],
)
def test_a_state_is_judged_as_a_request_is(lines, expected, wanted):
    verdict = judged(lines, **expected)
    assert verdict.verdict == wanted, english(verdict.note)
    assert "requests" not in english(verdict.note)


@pytest.mark.parametrize(
    ("missing", "fragment"),
    [
        pytest.param({"node": " " * 60}, "nothing was recorded of node-ready", id="a-node"),
        pytest.param({"lease": GOOD[:30]}, "lease-kube-scheduler on direct", id="half-a-lease"),
    ],
)
def test_a_state_that_was_not_observed_is_a_gap(missing, fragment):
    assert fragment in english(evidence_of(trial_of(**missing)).not_measured)
    assert evidence_of(trial_of()).not_measured is None


def test_the_stages_of_requests_are_not_mixed_with_states():
    found = story(stages_of(trial_of(lease=EXPIRED, node=EXPIRED)))
    names = {stage.name: english(stage.source) for stage in found}
    assert "first bad request" not in names
    assert names["lease changes hands"] == "kube-scheduler: master-2"
    assert names["node changes"] == "worker-1 is not Ready"


def test_all_workers_are_good_again_though_masters_and_the_cluster_have_series():
    assert "all workers good" in {stage.name for stage in story(stages_of(trial_of(read=EXPIRED)))}


def test_holding_a_lease_is_not_serving():
    assert served_by(trial_of(read=" " * 60)) == {"kill": []}
