"""Nodes and leases in a history: judged, missed when missing, shown apart from requests."""

from __future__ import annotations

import pandas as pd
import pytest
from made_histories import (
    READ,
    events_of,
    expectation,
    marked,
    run_record,
    samples_of,
    trial_record,
)
from pydantic import ValidationError

from chaos.experiment.schema import ExpectationSpec
from reports.analysis import analyse
from reports.analysis.evidence import lack_of_evidence
from reports.analysis.outages import mark_good
from reports.analysis.stages import stages
from reports.analysis.verdict import judge_trial
from reports.history.reader import TrialHistory
from reports.history.schema import SeriesRecord
from reports.render import served_by, write_report

LEASE = ("lease-kube-scheduler", "cluster", "direct")
NODES = [("node-ready", node, "direct") for node in ("master-1", "worker-1")]
GOOD = "." * 60
EXPIRED = "." * 30 + "x" * 10 + "." * 20
UNSEEN = "." * 30 + "?" * 10 + "." * 20
SERIES = [
    SeriesRecord(probe="read", connection="new", rate_hz=10),
    SeriesRecord(probe=LEASE[0], connection="direct", rate_hz=10, workers=["cluster"]),
    SeriesRecord(
        probe="node-ready", connection="direct", rate_hz=10, workers=["master-1", "worker-1"]
    ),
]
HANDED_OVER = {"t_s": 3.9, "kind": "lease", "name": "kube-scheduler", "holder": "master-2"}
GONE = {"t_s": 3.95, "kind": "node_ready", "node": "worker-1", "ready": False}


def trial_of(lease=GOOD, node=GOOD, read=GOOD, record=None):
    lines = {READ: read, LEASE: lease, NODES[0]: GOOD, NODES[1]: node}
    samples = samples_of(lines).assign(
        asked=[kind for text in lines.values() for kind in text.replace(" ", "")]
    )
    samples.loc[samples["asked"] == "?", "outcome"] = "unknown"
    samples = mark_good(samples.drop(columns="asked"), 1.0)
    return TrialHistory(record or trial_record(), samples, [*events_of(), HANDED_OVER, GONE])


def judged(trial_options, **changes):
    about = {"probe": LEASE[0], "connection": "direct", **changes}
    record = trial_record(expect=[expectation(**about)])
    run = run_record([record], series=SERIES)
    (verdict,) = judge_trial(run, trial_of(**trial_options, record=record))
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
            {"probe": "node-ready", "metric": "availability", "op": "at_least", "value": 1.0},
            "violated",
            id="the-worst-node-counts",
        ),
        pytest.param(
            {"read": EXPIRED},
            {"probe": "node-ready", "metric": "availability", "op": "at_least", "value": 1.0},
            "holds",
            id="requests-do-not",
        ),
    ],
)
def test_a_state_is_judged_as_a_request_is(lines, expected, wanted):
    verdict = judged(lines, **expected)
    assert verdict.verdict == wanted, verdict.note
    assert "requests" not in verdict.note


@pytest.mark.parametrize(
    ("missing", "fragment"),
    [
        pytest.param({"node": " " * 60}, "nothing was recorded of node-ready", id="a-node"),
        pytest.param({"lease": GOOD[:30]}, "lease-kube-scheduler on direct", id="half-a-lease"),
    ],
)
def test_a_state_that_was_not_observed_is_a_gap(missing, fragment):
    run = run_record([trial_record()], series=SERIES)
    assert fragment in lack_of_evidence(run, trial_of(**missing))
    assert lack_of_evidence(run, trial_of()) == ""


def test_a_series_without_workers_is_of_all_workers():
    run = run_record([trial_record()], workers=["worker-1", "worker-2"])
    trial = TrialHistory(trial_record(), marked({READ: GOOD}), events_of())
    assert "nothing was recorded of read on new connections from worker-2" in lack_of_evidence(
        run, trial
    )


def test_the_stages_of_requests_are_not_mixed_with_states():
    found = stages(trial_of(lease=EXPIRED, node=EXPIRED))
    names = {stage.name: stage.source for stage in found}
    assert "first bad request" not in names
    assert names["lease changes hands"] == "kube-scheduler: master-2"
    assert names["node changes"] == "worker-1 is not Ready"


def test_all_workers_are_good_again_though_masters_and_the_cluster_have_series():
    assert "all workers good" in {stage.name for stage in stages(trial_of(read=EXPIRED))}


def test_holding_a_lease_is_not_serving():
    assert served_by(trial_of(read=" " * 60)) == []


def test_the_report_shows_states_apart_from_requests(tmp_path):
    record = trial_record()
    run = run_record([record], series=SERIES)
    analysis = analyse(run, [trial_of(lease=EXPIRED, record=record)])
    page = write_report(tmp_path, analysis)
    text, markdown = page.read_text(), (page.parent / "report.md").read_text()
    assert "<h2>Nodes and leases</h2>" in text
    assert "scheduler lease</text>" in text
    assert "worker-1 Ready</text>" in text
    requests, states = markdown.split("## Nodes and leases")
    assert "lease" not in requests.partition("## Recovery")[2]
    assert "| scheduler lease | 1 | 0.90 – 1.10 |" in states
    assert "60 requests" in text
    outages = pd.read_csv(page.parent / "tables" / "outages.csv")
    assert list(outages["worker"]) == ["cluster"]


@pytest.mark.parametrize(
    ("probe", "connection"),
    [pytest.param("node-ready", "new", id="state"), pytest.param("read", "direct", id="request")],
)
def test_states_are_seen_directly_and_nothing_else_is(probe, connection):
    about = {"id": "x", "metric": "outage_s", "op": "at_most", "value": 1}
    with pytest.raises(ValidationError, match="connection: direct"):
        ExpectationSpec(probe=probe, connection=connection, **about)
