"""Timelines: their defaults, and which impossible ones are refused."""

from __future__ import annotations

import time

import pytest
from made_suites import DEMAND, experiment, load, suite

from chaos.errors import InputError
from chaos.experiment.overlaps import conflicts
from chaos.experiment.plan import plan_suite
from chaos.experiment.schema import StepSpec
from chaos.experiment.timeline import StepOrder, planned_steps
from chaos.probes.series import DEFAULT_SERIES

ISSUE = {
    "id": "leader-lost-while-one-is-cut",
    "title": "The leader is lost while another one is cut",
    "hypothesis": "Three of five go on.",
    "lab": {"etcd": 5},
    "steps": [
        {"id": "cut", "fault": "cut", "target": "etcd:follower", "from": "etcd:all", "for_s": 20},
        {"id": "lost", "fault": "kill", "target": "etcd:leader", "at_s": 5, "for_s": 10},
        {
            "id": "renew",
            "action": "replace-member",
            "target": "step:lost",
            "how": "learner",
            "after": "cut",
        },
    ],
    "operations": {"rate_hz": 40},
    "expect": [
        {
            "id": "reads",
            "metric": "good_share",
            "during": "lost",
            "probe": "read",
            "connection": "new",
            "op": "at_least",
            "value": 0.6,
        }
    ],
}


def kill(target="etcd-1", **keys):
    return {"fault": "kill", "target": target, "for_s": 10, **keys}


def hang(target="etcd-1", **keys):
    return {"fault": "hang", "target": target, "for_s": 10, **keys}


def cut(target="etcd-1", **keys):
    return {"fault": "cut", "target": target, "from": "etcd:all", "for_s": 10, **keys}


def planned(*steps):
    return planned_steps([StepSpec.model_validate(step) for step in steps])


def test_the_example_of_the_format_loads(tmp_path):
    [experiment] = plan_suite(load(tmp_path, suite(ISSUE)), DEFAULT_SERIES, "netns", seed=0)
    assert experiment.lab.etcd == 5
    assert experiment.record.members == [f"etcd-{n}" for n in range(1, 6)]
    assert [(step.id, step.at_s, step.after) for step in experiment.record.steps] == [
        ("cut", 0, None),
        ("lost", 5, None),
        ("renew", 0, "cut"),
    ]
    assert experiment.record.step("cut").parameters == {"from": "etcd:all"}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([kill()], [("kill", 0, None)], id="one begins at once"),
        pytest.param(
            [kill(), hang(), kill()],
            [("kill", 0, None), ("hang", 0, "kill"), ("kill-2", 0, "hang")],
            id="one after the other",
        ),
        pytest.param(
            [kill(), hang(at_s=3)], [("kill", 0, None), ("hang", 3, None)], id="from the first"
        ),
        pytest.param(
            [kill(), hang(), kill(after="kill", at_s=2)],
            [("kill", 0, None), ("hang", 0, "kill"), ("kill-2", 2, "kill")],
            id="a pause after a step",
        ),
        pytest.param(
            [kill(), kill(id="kill-2"), kill()],
            [("kill", 0, None), ("kill-2", 0, "kill"), ("kill-3", 0, "kill-2")],
            id="a name that is taken",
        ),
    ],
)
def test_what_is_not_said_of_a_step_is_filled_in(steps, expected):
    assert [(step.id, step.at_s, step.after) for step in planned(*steps)] == expected


@pytest.mark.parametrize(
    ("first", "second", "certainly"),
    [
        pytest.param(0, 1, True, id="of two from the first, the earlier"),
        pytest.param(1, 0, False, id="not the later"),
        pytest.param(0, 2, True, id="one and what comes after it"),
        pytest.param(1, 2, True, id="one that began while the other was waited for"),
        pytest.param(3, 2, False, id="one that may still be to come"),
        pytest.param(2, 3, False, id="what may come earlier or later"),
        pytest.param(0, 4, True, id="one and what comes after what comes after it"),
        pytest.param(2, 4, True, id="two that count from one moment"),
    ],
)
def test_which_step_certainly_begins_before_which(first, second, certainly):
    steps = planned(
        kill(id="a"),
        kill(id="b", at_s=5),
        kill(id="c", after="a"),
        kill(id="d", at_s=30),
        kill(id="e", after="a", at_s=1),
    )
    assert StepOrder(steps).begins_before(steps[first], steps[second]) == certainly


def refused(tmp_path, *steps, **changes):
    with pytest.raises(InputError) as caught:
        load(tmp_path, suite(experiment(*steps, **changes)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        pytest.param(
            [kill(id="a"), hang(id="a")], "the step a is there 2 times", id="a name twice"
        ),
        pytest.param(
            [kill(), hang(after="cut")],
            "step hang: after: there is no step cut",
            id="after one that is not there",
        ),
        pytest.param([kill(id="a", after="a")], "step a: after: a -> a", id="after itself"),
        pytest.param(
            [kill(id="a", after="b"), kill(id="b", after="c"), kill(id="c", after="a")],
            "step a: after: a -> b -> c -> a",
            id="a circle",
        ),
        pytest.param([kill(at_s=3)], "steps: at least one must begin at once", id="no beginning"),
        pytest.param(
            [kill("step:kill-2"), kill("etcd-2")],
            "step kill: target 'step:kill-2': 'kill-2' is no step before this one",
            id="what a later one hits",
        ),
        pytest.param(
            [kill(id="a"), kill("etcd-2", id="b", after="a"), cut("step:b", at_s=15)],
            "step cut: target 'step:b': 'b' is no step before this one",
            id="what one hits that may come later",
        ),
        pytest.param(
            [kill(), cut("etcd-2", at_s=2, settle=True)],
            "step cut: settle: kill will be in effect then",
            id="steady beside a fault",
        ),
        pytest.param(
            [{"action": "replace-member", "target": "etcd:all", "how": "direct"}],
            "step replace-member: ",
            id="an action that means nothing there",
        ),
    ],
)
def test_an_impossible_timeline_is_refused(tmp_path, steps, problem):
    assert f"made: {problem}" in refused(tmp_path, *steps)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([kill("etcd-1"), hang("etcd-1", at_s=9)], id="one node by its name"),
        pytest.param([hang("etcd:all"), kill("etcd:any", at_s=1)], id="all and any"),
        pytest.param([kill("etcd:majority"), hang("etcd:majority", at_s=1)], id="two majorities"),
        pytest.param([kill("etcd:leader"), hang("step:kill", at_s=1)], id="what a step hit"),
        pytest.param(
            [
                kill("etcd-1"),
                hang("master-1", after="kill"),
                kill("master-1", after="kill", at_s=5),
            ],
            id="counted from the same heal",
        ),
    ],
)
def test_what_stops_a_node_twice_at_one_time_is_refused(tmp_path, steps):
    assert "on one node" in refused(tmp_path, *steps)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([kill("etcd-1"), hang("etcd-1", after="kill")], id="one after the other"),
        pytest.param([kill("etcd-1"), hang("etcd-2", at_s=1)], id="two nodes"),
        pytest.param([kill("etcd:any"), hang("etcd:any", at_s=1)], id="two of three"),
        pytest.param([kill("etcd:any"), hang("etcd:not(kill)", at_s=1)], id="another one"),
        pytest.param([cut("etcd-1"), kill("etcd-1", at_s=1)], id="a kill behind a cut"),
        pytest.param([kill("etcd-1"), hang("etcd-1", at_s=10)], id="perhaps healed by then"),
        pytest.param([kill("etcd:all"), cut("etcd-2", at_s=1)], id="a cut of what is dead"),
    ],
)
def test_what_may_overlap_loads(tmp_path, steps):
    assert load(tmp_path, suite(experiment(*steps)))


@pytest.mark.parametrize(
    ("kind", "nodes", "expected"),
    [
        pytest.param("kill", ["etcd-1"], ["hung"], id="a second one that stops it"),
        pytest.param("power-off", ["etcd-1", "etcd-3"], ["hung", "off"], id="several"),
        pytest.param("kill", ["etcd-2"], [], id="behind a cut"),
        pytest.param("isolate", ["etcd-1"], [], id="a fault of the network"),
        pytest.param("kill", ["etcd-4"], [], id="another node"),
    ],
)
def test_conflicts_are_found_when_targets_are_known(kind, nodes, expected):
    running = {
        "hung": ("hang", ["etcd-1"]),
        "apart": ("cut", ["etcd-2"]),
        "off": ("power-off", ["etcd-3"]),
    }
    assert conflicts(kind, nodes, running) == expected


READS = {**DEMAND, "metric": "good_share", "op": "at_least"}


def lost(**keys):
    return {"id": "lost", "metric": "lost_writes", "op": "at_most", "value": 0, **keys}


@pytest.mark.parametrize(
    ("demand", "problem"),
    [
        pytest.param(READS, "several faults: name a window", id="no window"),
        pytest.param(
            {**READS, "during": "hold"},
            "during: there is no fault hold; there are kill, hang",
            id="no such step",
        ),
        pytest.param(
            {**READS, "during": "dial"}, "during: there is no fault dial", id="an action's"
        ),
        pytest.param(
            {**READS, "during": "kill", "after_heal_of": "hang"},
            "`during` and `after_heal_of` are two",
            id="two",
        ),
        pytest.param(lost(during="kill"), "lost_writes takes no window", id="none is taken"),
        pytest.param(
            {**lost(), "metric": "served_writes"}, "served_writes takes during", id="one is needed"
        ),
        pytest.param(lost(probe="read"), "lost_writes is about operations", id="no series"),
        pytest.param(
            {**lost(during="kill"), "metric": "good_share"},
            "good_share needs `probe`",
            id="no probe",
        ),
        pytest.param(
            {**READS, "during": "kill", "probe": "touch"}, "no touch:new is measured", id="a probe"
        ),
        pytest.param(
            {**READS, "during": "kill", "probe": "watch"}, "no watch:new is measured", id="a series"
        ),
        pytest.param(
            {**READS, "during": "kill", "probe": "node-ready", "connection": "direct"},
            "this lab has no node-ready",
            id="a state",
        ),
        pytest.param(
            {**READS, "during": "kill", "probe": "lease-kube-scheduler"},
            "lease-kube-scheduler goes with connection: direct",
            id="a state that nobody asks through a proxy",
        ),
    ],
)
def test_a_demand_that_cannot_be_judged_is_refused(tmp_path, demand, problem):
    dial = {"action": "dial", "target": "worker-1", "port": 6443, "tls": True}
    shown = refused(tmp_path, dial, kill(), hang("etcd-2", after="dial", at_s=1), expect=[demand])
    assert f"made: expectation {demand['id']}: {problem}" in shown


def test_a_demand_of_operations_needs_them_and_of_requests_needs_masters(tmp_path):
    assert "lost_writes needs `operations`" in refused(
        tmp_path, kill(), operations=None, expect=[lost()]
    )
    alone = suite(experiment(kill(), expect=[DEMAND]), masters=0)
    with pytest.raises(InputError, match="this lab has no masters"):
        load(tmp_path, alone)
    far = suite(experiment(kill(), operations={"rate_hz": 9, "store": "kubernetes"}), masters=0)
    with pytest.raises(InputError, match=r"kubernetes needs lab\.masters"):
        load(tmp_path, far)


def test_one_fault_needs_no_window(tmp_path):
    assert load(tmp_path, suite(experiment(kill(), expect=[READS])))


def test_what_a_step_names_stands_above_it_in_the_file(tmp_path):
    """The trial reads the steps in this order too."""
    later = {"id": "later", "fault": "kill", "target": "step:first", "after": "first", "for_s": 5}
    first = {"id": "first", "fault": "hang", "target": "etcd-1", "for_s": 5}
    with pytest.raises(InputError, match="step later"):
        load(tmp_path, suite(experiment(later, first)))


def test_rejoining_is_demanded_only_where_it_can_be_seen(tmp_path):
    demand = {"id": "back", "metric": "rejoined_s", "op": "at_most", "value": 30}
    kill_leader = {"fault": "kill", "target": "etcd:leader", "for_s": 5}
    changes = {"operations": {"rate_hz": 10}, "expect": [DEMAND, demand]}
    with pytest.raises(InputError, match=r"rejoined_s: .*store: etcd"):
        load(tmp_path, suite(experiment(kill_leader, **changes)))


def test_an_old_metric_that_is_no_text_is_bad_input(tmp_path):
    with pytest.raises(InputError):
        load(tmp_path, suite(experiment(expect=[{**DEMAND, "metric": ["x"]}])))


def test_many_steps_are_checked_at_once(tmp_path):
    many = [experiment(*[cut() for _ in range(50)], id=f"e{number}") for number in range(20)]
    begun_s = time.process_time()
    assert len(load(tmp_path, suite(*many)).experiments) == 20
    assert time.process_time() - begun_s < 4


def test_steps_are_bounded(tmp_path):
    with pytest.raises(InputError, match="steps: List should have at most 50 items"):
        load(tmp_path, suite(experiment(*[cut()] * 51)))
