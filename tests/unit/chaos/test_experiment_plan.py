"""The plan of a suite, as it is recorded before the first trial: all but the targets."""

from __future__ import annotations

import pytest
from made_suites import DEMAND, experiment, load, suite

from chaos.errors import InputError
from chaos.experiment.plan import plan_suite
from chaos.probes.series import DEFAULT_SERIES
from reports.history.schema import ExperimentRecord

KILL = {"fault": "kill", "target": "etcd-1", "for_s": 5}
ALONE = {"masters": 0, "workers": 1}
LOST = {"id": "lost", "metric": "lost_writes", "op": "at_most", "value": 0}
IMPLIED = [
    ("made-nothing-lost", "lost_writes"),
    ("made-nothing-stale", "stale_reads"),
    ("made-watches-in-order", "watch_disorder"),
    ("made-members-agree", "differing_members"),
]


def planned(folder, *experiments, options=None, **lab):
    loaded = load(folder, suite(*experiments, **lab), options)
    return plan_suite(loaded, DEFAULT_SERIES, "docker", seed=0)


def test_the_options_are_over_the_experiments_lab_and_that_is_over_the_suites(tmp_path):
    own = experiment(KILL, id="own", lab={"etcd": 5, "lb": "external"})
    first, second = planned(
        tmp_path, experiment(KILL), own, options={"lb": "haproxy"}, etcd=1, workers=2
    )
    assert (first.lab.etcd, first.lab.workers, first.lab.lb) == (1, 2, "haproxy")
    assert (second.lab.etcd, second.lab.workers, second.lab.lb) == (5, 2, "haproxy")
    assert {each.lab.runtime for each in (first, second)} == {"docker"}


def test_what_nodes_say_of_themselves_is_asked_where_it_is_demanded(tmp_path):
    health = {"probe": "member-health", "metric": "good_share", "during": "kill", "op": "at_least"}
    demand = {**health, "id": "healthy", "connection": "direct", "value": 0.5}
    kill = {**KILL, "target": "etcd:any"}
    experiments = [experiment(kill), experiment(kill, id="asks", expect=[demand])]
    file = load(tmp_path, suite(*experiments, runtime="kind", etcd=3, masters=3))
    probes = [
        {series.probe for series in resolved.record.series if series.connection == "direct"}
        for resolved in plan_suite(file, DEFAULT_SERIES, "kind", seed=0)
    ]
    assert probes[1] - probes[0] == {"member-health"}


@pytest.mark.parametrize(
    ("on", "value", "note"),
    [
        ({}, 2.0, "everywhere"),
        ({"netns": {"value": 7}}, 2.0, "everywhere"),
        ({"docker": {"value": "2 * election_s + 1", "note": "there"}}, 3.0, "there"),
        ({"docker": {"value": 7}}, 7.0, ""),
    ],
)
def test_a_demand_has_the_value_of_its_runtime_and_the_record_no_other(tmp_path, on, value, note):
    demand = {**DEMAND, "value": 2, "note": "everywhere", "on_runtime": on}
    [resolved] = planned(tmp_path, experiment(KILL, expect=[demand]))
    recorded = resolved.record.expect[0]
    assert (recorded.value, recorded.note.in_language("en")) == (value, note)
    assert "on_runtime" not in recorded.model_dump()


def test_a_wrong_lab_of_an_experiment_is_refused_with_its_place(tmp_path):
    own = [experiment(KILL, lab={"etcd": 10}), experiment(KILL, id="b", lab={"moons": 1})]
    with pytest.raises(InputError) as caught:
        load(tmp_path, suite(*own))
    assert "experiments.0.lab.etcd: " in str(caught.value)
    assert "experiments.1.lab.moons: " in str(caught.value)


def test_a_target_is_looked_for_in_the_experiments_own_lab(tmp_path):
    last = {**KILL, "target": "etcd-5"}
    assert planned(tmp_path, experiment(last, lab={"etcd": 5}))
    with pytest.raises(InputError, match="made: step kill: unknown target 'etcd-5'"):
        planned(tmp_path, experiment(last))


def test_all_that_a_report_needs_is_in_the_record(tmp_path):
    [resolved] = planned(tmp_path, experiment(KILL, baseline_s=6), lb="vip", profile="kubespray")
    record = resolved.record
    balancers = [node.name for node in record.nodes if node.roles == ["balancer"]]
    assert balancers == ["balancer-1", "balancer-2"]
    assert record.virtual_addresses == ["10.83.4.100"]
    assert set(record.lab["balancing"]) == {"en", "zh"}
    assert (record.workers, record.members) == (["worker-1"], ["etcd-1", "etcd-2", "etcd-3"])
    assert record.bound_s == 30
    assert record.baseline_s == 6
    assert record.settings["election_s"] == 5
    assert {"etcd", "haproxy", "keepalived"} <= record.environments.keys()
    assert all("=" in text for text in record.environments["etcd"])
    assert "kube-scheduler" in record.supervision.in_language("en")
    assert "kube-scheduler" in record.supervision.in_language("zh")
    assert ExperimentRecord.model_validate_json(record.model_dump_json()) == record


def test_requests_and_states_are_measured_where_there_are_masters(tmp_path):
    [resolved] = planned(tmp_path, experiment(KILL), kubelets=True)
    probes = {(each.probe, each.connection) for each in resolved.record.series}
    assert {("read", "new"), ("watch", "reused"), ("node-ready", "direct")} <= probes
    [alone] = planned(tmp_path, experiment(KILL), **ALONE)
    assert alone.record.series == []
    assert "kube-scheduler" not in alone.record.supervision.in_language("en")


@pytest.mark.parametrize(
    ("lab", "asked", "store"),
    [
        pytest.param({}, None, "kubernetes", id="with masters"),
        pytest.param({}, "etcd", "etcd", id="etcd itself with masters"),
        pytest.param(ALONE, None, "etcd", id="without masters"),
    ],
)
def test_operations_go_where_they_can(tmp_path, lab, asked, store):
    operations = {"rate_hz": 40, **({"store": asked} if asked else {})}
    [resolved] = planned(tmp_path, experiment(KILL, operations=operations), **lab)
    assert resolved.record.operations.store == store
    assert (resolved.record.operations.keys, resolved.record.operations.timeout_s) == (6, 2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, IMPLIED, id="no demand"),
        pytest.param({"expect": [DEMAND]}, [("reads", "outage_s"), *IMPLIED], id="of requests"),
        pytest.param({"expect": [LOST]}, [("lost", "lost_writes")], id="one of theirs"),
        pytest.param(
            {"expect": [DEMAND], "operations": None}, [("reads", "outage_s")], id="no operations"
        ),
    ],
)
def test_operations_have_their_demands_unless_one_is_named(tmp_path, changes, expected):
    [resolved] = planned(tmp_path, experiment(KILL, **changes))
    assert [(each.id, each.metric) for each in resolved.record.expect] == expected


def test_a_demand_may_not_have_the_name_of_an_implied_one(tmp_path):
    named = experiment(KILL, expect=[{**DEMAND, "id": "made-nothing-lost"}])
    with pytest.raises(InputError, match="the id made-nothing-lost is given 2 times"):
        planned(tmp_path, named)


def test_the_note_of_a_demand_is_kept_in_both_languages(tmp_path):
    note = {"en": "as seen", "zh": "如所见"}
    [resolved] = planned(tmp_path, experiment(KILL, expect=[{**DEMAND, "note": note}]))
    assert resolved.record.expect[0].note.in_language("zh") == "如所见"


OWN = """\
stream {{
  upstream m {{ server a:6443; server b:6443; }}
  server {{ listen 6443; proxy_pass m; proxy_timeout {timeout}; }}
}}
"""
IDLE = {
    "after long": ("10m", ["lb-file-supplied"], 9),
    "after 3 s": ("3s", ["lb-file-supplied", "lb-file-closes-idle"], 9),
    "before the next of a slow series": (
        "1s",
        ["lb-file-supplied", "lb-file-closes-idle", "lb-file-series-lost"],
        7,
    ),
}


@pytest.mark.parametrize(("timeout", "keys", "count"), IDLE.values(), ids=IDLE)
def test_series_that_a_balancer_would_close_are_left_out_and_the_cause_is_named(
    tmp_path, timeout, keys, count
):
    own = OWN.format(timeout=timeout)
    [resolved] = planned(tmp_path, experiment(KILL), masters=2, lb_config=own)
    record = resolved.record
    assert [remark.key for remark in record.balancer_file_remarks] == keys
    requests = [each for each in record.series if each.connection != "direct"]
    assert len(requests) == count
    lost = {each.probe for each in DEFAULT_SERIES} - {
        each.probe for each in requests if each.connection == "reused"
    }
    assert lost == ({"livez", "readyz"} if timeout == "1s" else set())


@pytest.mark.parametrize(
    ("runtime", "asked", "stacked"),
    [("netns", False, False), ("netns", True, True), ("kind", False, True)],
)
def test_members_on_masters_are_recorded_whether_or_not_they_were_asked_for(
    tmp_path, runtime, asked, stacked
):
    kill = experiment({**KILL, "target": "etcd:any"})
    loaded = load(tmp_path, suite(kill, runtime=runtime, etcd=3, masters=3, stacked=asked))
    [resolved] = plan_suite(loaded, DEFAULT_SERIES, runtime, seed=0)
    assert resolved.record.lab["stacked"] is stacked
