"""Timelines from a seed: repeatable, as long as wanted, and within `keep`."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_suites import experiment, load, suite

from chaos.errors import InputError
from chaos.experiment.keep_rule import kept_at_worst, still_kept
from chaos.experiment.loader import find_suite, load_suite
from chaos.experiment.overlaps import conflicts
from chaos.experiment.plan import plan_suite
from chaos.experiment.random_timeline import CONFIRMATION_S, draw, why_never_drawn
from chaos.experiment.schema import RandomSpec
from chaos.experiment.timeline import overlap, planned_steps
from chaos.probes.series import DEFAULT_SERIES
from chaos.target_parser import parse
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec

KINDS = ("kill", "hang", "power-off", "isolate", "cut")
TARGETS = (
    *("etcd:any", "etcd:leader", "etcd:follower", "etcd:followers[2]", "etcd:majority", "etcd-1"),
    *("master:any", "master:any[2]", "master:leading(kube-scheduler)", "master-1", "master:all"),
    *("worker:any", "frontend:worker-1", "worker-1"),
)


def fault(kind, target, **keys):
    other = {"from": "worker:all" if target.startswith("etcd") else "etcd:all"}
    about = {"fault": kind, "target": target, "for_s": [2, 9], **keys}
    return {**about, **other} if kind == "cut" else about


def spec_of(faults, **keys):
    about = {"length_s": 60, "keep": "quorum", "pause_s": [1, 6], "faults": faults}
    return RandomSpec.model_validate({**about, **keys})


def allowed(spec, plan):
    """Return the spec with the faults that this lab can have."""
    faults = []
    for fault in spec.faults:
        try:
            faults += [] if why_never_drawn(spec, fault, plan) else [fault]
        except InputError:
            continue
    return spec.model_copy(update={"faults": faults})


@st.composite
def drawn(draw_):
    """Draw a lab, what may be done to it, and a seed."""
    masters = draw_(st.integers(0, 4))
    lab = LabSpec(
        etcd=draw_(st.integers(1, 7)),
        masters=masters,
        workers=draw_(st.integers(1, 2)),
        stacked=masters > 0 and draw_(st.booleans()),
    )
    plan = plan_lab(lab)
    chosen = st.builds(
        fault,
        st.sampled_from(KINDS),
        st.sampled_from(TARGETS),
        weight=st.floats(0.1, 5),
        for_s=st.tuples(st.floats(0.5, 5), st.floats(5, 20)).map(list),
        recovery_s=st.floats(1, 30),
    )
    spec = spec_of(
        draw_(st.lists(chosen, min_size=1, max_size=6)),
        keep=draw_(st.sampled_from(["quorum", "one-master", "nothing"])),
        length_s=draw_(st.floats(5, 200)),
        pause_s=draw_(st.tuples(st.floats(0.1, 3), st.floats(3, 10)).map(list)),
    )
    spec = allowed(spec, plan)
    assume(spec.faults)
    return spec, plan, draw_(st.integers(0, 2**32))


def steps_of(spec, plan, seed):
    return planned_steps(draw(spec, plan, random.Random(seed)))


@settings(deadline=None)
@given(drawn())
def test_the_same_seed_gives_the_same_timeline(case):
    spec, plan, seed = case
    assert steps_of(spec, plan, seed) == steps_of(spec, plan, seed)


@settings(deadline=None)
@given(drawn())
def test_its_length_and_its_ranges_are_kept(case):
    spec, plan, seed = case
    steps = steps_of(spec, plan, seed)
    assert steps[0].at_s == 0
    for before, after in pairwise(steps):
        assert after.at_s >= before.at_s + round(spec.pause_s.least, 1) - 0.1
    for step in steps:
        assert step.after is None
        assert step.at_s + step.for_s <= spec.length_s + 1e-3
        ranges = [fault.for_s for fault in spec.faults if fault.target == step.target]
        assert any(fault.least - 1e-3 <= step.for_s <= fault.most for fault in ranges)


@settings(deadline=None)
@given(drawn(), st.randoms(use_true_random=False))
def test_whatever_the_targets_turn_out_to_be_its_promise_is_kept(case, chance):
    spec, plan, seed = case
    recovery_s = {fault.target: 0.0 for fault in spec.faults}
    for fault in spec.faults:
        recovery_s[fault.target] = max(recovery_s[fault.target], fault.recovery_s)
    unwell = []
    for step in steps_of(spec, plan, seed):
        unwell = [entry for entry in unwell if entry[0] > step.at_s]
        hit_now = {node for _, _, _, nodes in unwell for node in nodes}
        selector = parse(step.target, plan)
        free = [node for node in selector.possible(plan) if node not in hit_now]
        if selector.pick.startswith("follower"):
            free.remove(chance.choice(free))  # who leads now
        chosen = chance.sample(free, selector.size(plan))
        assert still_kept(spec.keep, plan, hit_now, chosen)
        running = {name: (kind, nodes) for _, name, kind, nodes in unwell}
        assert not conflicts(step.fault, chosen, running)
        part = chance.random()  # it may be well again sooner
        least = min(fault.recovery_s for fault in spec.faults if fault.target == step.target)
        until_s = step.at_s + step.for_s + part * (CONFIRMATION_S + least)
        unwell.append((until_s, step.id, step.fault, chosen))


@pytest.mark.parametrize("seed", range(8))
def test_the_shipped_one_has_many_overlapping_faults_of_all_kinds(seed):
    shipped = load_suite(find_suite("random"))
    [planned] = plan_suite(shipped, DEFAULT_SERIES, "netns", seed)
    steps = planned.record.steps
    assert planned.record.keep == "quorum"
    assert len(steps) >= 24
    assert {step.fault for step in steps} == set(KINDS)
    assert sum(overlap(*pair) for pair in combinations(steps, 2)) >= 8
    assert max(step.at_s + step.for_s for step in steps) <= 300
    assert [demand.metric for demand in planned.record.expect] == [
        *("lost_writes", "stale_reads", "watch_disorder", "differing_members")
    ]


def test_a_seed_and_an_experiment_have_a_timeline_of_their_own(tmp_path):
    made = {"steps": [], "random": spec_data(fault("kill", "etcd:any"))}
    loaded = load(tmp_path, suite(experiment(**made), experiment(**made, id="other")))
    first, other = plan_suite(loaded, DEFAULT_SERIES, "netns", 0)
    again, _ = plan_suite(loaded, DEFAULT_SERIES, "netns", 0)
    seventh, _ = plan_suite(loaded, DEFAULT_SERIES, "netns", 7)
    assert first.record.steps == again.record.steps
    assert first.record.steps not in (other.record.steps, seventh.record.steps)


def spec_data(*faults, **keys):
    return {"length_s": 60, "keep": "quorum", "pause_s": [1, 6], "faults": list(faults), **keys}


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        pytest.param(spec_data(fault("melt", "etcd:any")), "unknown fault 'melt'", id="a fault"),
        pytest.param(spec_data(fault("kill", "etcd:boss")), "'boss' is none of", id="a target"),
        pytest.param(spec_data(fault("kill", "step:kill")), "is no step", id="a step's target"),
        pytest.param(
            spec_data(fault("kill", "etcd:majority")),
            "random.faults.0: etcd:majority alone may break keep: quorum",
            id="a majority",
        ),
        pytest.param(
            spec_data(fault("isolate", "master:all"), keep="one-master"),
            "master:all alone may break keep: one-master",
            id="all masters",
        ),
        pytest.param(
            spec_data(fault("kill", "etcd:any", for_s=[70, 80])),
            "it takes 70 s, and length_s is 60",
            id="too long",
        ),
        pytest.param(spec_data(fault("kill", "etcd:any"), pause_s=[3]), "[least, most]", id="one"),
        pytest.param(spec_data(fault("kill", "etcd:any"), pause_s=[3, 2]), "[least,", id="turned"),
        pytest.param(spec_data(fault("kill", "etcd:any"), pause_s=[0, 2]), "greater", id="none"),
        pytest.param(spec_data(), "faults: List should", id="no faults"),
    ],
)
def test_what_can_never_be_drawn_is_refused(tmp_path, keys, problem):
    with pytest.raises(InputError) as caught:
        load(tmp_path, suite(experiment(steps=[], random=keys)))
    assert problem in str(caught.value)


def test_a_random_timeline_has_no_windows(tmp_path):
    demand = {"id": "reads", "metric": "good_share", "probe": "read", "connection": "new"}
    demand |= {"op": "at_least", "value": 0.5}
    made = experiment(steps=[], random=spec_data(fault("kill", "etcd:any")), expect=[demand])
    with pytest.raises(InputError, match="several faults: name a window"):
        load(tmp_path, suite(made))
    demand["during"] = "kill"
    with pytest.raises(InputError, match="there is no fault kill; there are none with a name"):
        load(tmp_path, suite(made))


@pytest.mark.parametrize(
    ("keep", "hit", "candidates", "kept"),
    [
        pytest.param("quorum", ["etcd-1"], ["etcd-2"], True, id="two of five"),
        pytest.param("quorum", ["etcd-1", "etcd-2"], ["etcd-3"], False, id="three of five"),
        pytest.param("quorum", ["etcd-1", "etcd-2"], ["etcd-2"], True, id="one of them again"),
        pytest.param("quorum", ["master-1"], ["master-2"], False, id="all masters"),
        pytest.param("one-master", ["etcd-1", "etcd-2"], ["etcd-3"], True, id="etcd may go"),
        pytest.param("one-master", ["master-1"], ["master-2"], False, id="no master may"),
        pytest.param("nothing", ["master-1", "etcd-1"], ["master-2"], True, id="all may go"),
        pytest.param("quorum", [], ["worker-1"], True, id="a worker"),
    ],
)
def test_what_is_kept_is_asked_again_when_the_targets_are_known(keep, hit, candidates, kept):
    plan = plan_lab(LabSpec(etcd=5, masters=2, workers=1))
    assert still_kept(keep, plan, hit, candidates) == kept


@pytest.mark.parametrize(
    ("targets", "kept"),
    [
        pytest.param(["master:any"], True, id="one of three"),
        pytest.param(["master:any", "etcd:any"], False, id="a master and a member"),
        pytest.param(["master-1", "etcd:master-1"], True, id="the same node twice"),
        pytest.param(["worker:any", "master:any"], True, id="a worker beside it"),
    ],
)
def test_a_stacked_member_goes_with_its_master(targets, kept):
    plan = plan_lab(LabSpec(etcd=3, masters=3, workers=2, stacked=True))
    assert kept_at_worst("quorum", plan, [parse(target, plan) for target in targets]) == kept
