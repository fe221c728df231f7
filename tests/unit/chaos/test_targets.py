"""What a fault hits: selectors parsed against a plan and resolved against a lab."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from chaos import targets
from chaos.errors import InputError, NoTargetError
from chaos.target_parser import parse
from chaos.targets import Selector, Target
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=3, masters=2, workers=2))
STACKED = plan_lab(LabSpec(etcd=3, masters=3, workers=1, stacked=True))
PARTLY = plan_lab(LabSpec(etcd=2, masters=3, workers=1, stacked=True))
MORE = plan_lab(LabSpec(etcd=3, masters=2, workers=1, stacked=True))
LAB = SimpleNamespace(plan=PLAN)
API = tuple(Target(f"master-{number}", "kube-apiserver") for number in (1, 2))


@pytest.fixture
def _led(monkeypatch):
    monkeypatch.setattr(targets, "etcd_leader", lambda _lab: "etcd-2")


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("etcd:leader", Selector("etcd", "leader", 1, "etcd")),
        ("etcd:follower", Selector("etcd", "follower", 1, "etcd")),
        ("etcd:followers[2]", Selector("etcd", "followers", 2, "etcd")),
        ("etcd:majority", Selector("etcd", "majority", 1, "etcd")),
        ("etcd:all", Selector("etcd", "all", 1, "etcd")),
        ("etcd:except(etcd-2)", Selector("etcd", "except", 1, "etcd", "etcd-2")),
        ("etcd", Selector("etcd", "all", 1, "etcd")),
        ("master:any", Selector("master", "any", 1, "kube-apiserver")),
        ("masters", Selector("master", "all", 1, "kube-apiserver")),
        ("worker:all", Selector("worker", "all", 1, "nginx")),
        ("  worker:all\n", Selector("worker", "all", 1, "nginx")),
        ("master-2", Selector("master", "master-2", 1, "kube-apiserver")),
        ("master:master-2", Selector("master", "master-2", 1, "kube-apiserver")),
        ("node:etcd-3", Selector("etcd", "etcd-3", 1, "etcd")),
        ("worker-1/nginx", Selector("worker", "worker-1", 1, "nginx")),
        ("master-1/kube-scheduler", Selector("master", "master-1", 1, "kube-scheduler")),
        ("master:any/kube-scheduler", Selector("master", "any", 1, "kube-scheduler")),
    ],
)
def test_a_selector_means(text, selector):
    assert parse(text, PLAN) == selector


@pytest.mark.parametrize(
    ("text", "component"),
    [("master-1", "kube-apiserver"), ("etcd:master-1", "etcd"), ("master-1/etcd", "etcd")],
)
def test_a_stacked_node_is_a_master_first(text, component):
    assert parse(text, STACKED).component == component


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("master:any/etcd", Selector("master", "any", 1, "etcd")),
        ("etcd:leader/kube-apiserver", Selector("etcd", "leader", 1, "kube-apiserver")),
    ],
)
def test_where_all_members_are_stacked_a_role_may_take_the_others_component(text, selector):
    assert parse(text, STACKED) == selector


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        pytest.param("", ["unknown target ''", "etcd:leader"], id="nothing"),
        pytest.param("apiserver", ["unknown target 'apiserver'", "master:any"], id="no role"),
        pytest.param("etcd-9", ["unknown target 'etcd-9'"], id="no such node"),
        pytest.param("etcd:", ["unknown target 'etcd:'"], id="nothing picked"),
        pytest.param("etcd:followers[x]", ["unknown target"], id="count that is no number"),
        pytest.param("etcd:followers[-1]", ["unknown target"], id="negative count"),
        pytest.param("/etcd", ["unknown target"], id="component without node"),
        pytest.param(
            "etcd:boss",
            ["'boss' is none of", "leader", "majority", "etcd-1", "master-2"],
            id="unknown pick",
        ),
        pytest.param(
            "master:leader", ["'leader' is none of", "all", "any", "master-1"], id="no leader there"
        ),
        pytest.param("node:all", ["'all' is none of", "etcd-1"], id="all nodes"),
        pytest.param("etcd:except(worker-1)", ["worker-1 is no member"], id="no member left out"),
        pytest.param("etcd:except", ["None is no member"], id="nobody left out"),
        pytest.param("master:except(etcd-1)", ["'except' is none of"], id="members only"),
        pytest.param("worker:worker-3", ["'worker-3' is none of", "worker-2"], id="third worker"),
        pytest.param(
            "etcd:followers[3]", ["3 members have only 2 followers"], id="too many followers"
        ),
        pytest.param(
            "master:etcd-1", ["no component kube-apiserver on etcd-1"], id="node without the role"
        ),
        pytest.param(
            "etcd-1/kube-apiserver",
            ["no component kube-apiserver on etcd-1"],
            id="component that is elsewhere",
        ),
        pytest.param(
            "worker-1/kubelet", ["no component kubelet on worker-1"], id="unknown component"
        ),
        pytest.param(
            "etcd:leader/foo",
            ["no component foo on etcd-1, etcd-2, etcd-3"],
            id="component that nobody has",
        ),
        pytest.param("etcd:all/nginx", ["no component nginx on etcd-1"], id="a worker's component"),
        pytest.param(
            "worker:all/etcd",
            ["no component etcd on worker-1, worker-2"],
            id="a member's component",
        ),
        pytest.param(
            "master:any/etcd",
            ["no component etcd on master-1, master-2"],
            id="a member's component on masters",
        ),
        pytest.param(
            "etcd:followers[0]", ["only followers and any are counted"], id="no follower at all"
        ),
        pytest.param(
            "etcd:follower[1]", ["only followers and any are counted"], id="counted follower"
        ),
        pytest.param("master:any[9]", ["this lab has only"], id="more masters than there are"),
        pytest.param(
            "etcd:majority[1]", ["only followers and any are counted"], id="counted majority"
        ),
        pytest.param("etcd:etcd-1[1]", ["only followers and any are counted"], id="counted node"),
    ],
)
def test_a_wrong_selector_is_refused_with_what_there_is(text, fragments):
    with pytest.raises(InputError) as caught:
        parse(text, PLAN)
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("text", "plan", "lacking"),
    [
        pytest.param("master:any/etcd", PARTLY, "etcd on master-3", id="a master too many"),
        pytest.param(
            "etcd:all/kube-apiserver", MORE, "apiserver on etcd-1", id="a member too many"
        ),
    ],
)
def test_a_component_that_not_every_possible_node_has_is_refused_with_those(text, plan, lacking):
    with pytest.raises(InputError, match=f"no component .*{lacking}$"):
        parse(text, plan)


MEMBERS = ["etcd-1", "etcd-2", "etcd-3"]
POSSIBLE_AND_CERTAIN = [
    ("etcd:leader", MEMBERS, []),
    ("etcd:follower", MEMBERS, []),
    ("etcd:followers[2]", MEMBERS, []),
    ("etcd:majority", MEMBERS, []),
    ("etcd:any", MEMBERS, []),
    ("etcd:all", MEMBERS, MEMBERS),
    ("etcd", MEMBERS, MEMBERS),
    ("etcd-2", ["etcd-2"], ["etcd-2"]),
    ("node:etcd-2", ["etcd-2"], ["etcd-2"]),
    ("master:any", ["master-1", "master-2"], []),
    ("masters", ["master-1", "master-2"], ["master-1", "master-2"]),
    ("master-1/kube-scheduler", ["master-1"], ["master-1"]),
    ("worker:all", ["worker-1", "worker-2"], ["worker-1", "worker-2"]),
]


@pytest.mark.parametrize(("text", "possible", "certain"), POSSIBLE_AND_CERTAIN)
def test_it_is_known_before_which_nodes_a_selector_may_and_which_it_must_hit(
    text, possible, certain
):
    selector = parse(text, PLAN)
    assert selector.possible(PLAN) == possible
    assert selector.certain(PLAN) == certain


def test_on_a_stacked_lab_a_role_may_hit_whoever_holds_it():
    assert parse("etcd:leader", PARTLY).possible(PARTLY) == ["master-1", "master-2"]
    assert parse("etcd:all", MORE).certain(MORE) == ["master-1", "master-2", "etcd-1"]


def test_a_role_that_the_lab_does_not_have_is_refused():
    with pytest.raises(InputError, match="this lab has no worker"):
        parse("worker:all", plan_lab(LabSpec(workers=0)))


def test_a_single_member_has_no_follower():
    with pytest.raises(InputError, match="1 members have only 0 followers"):
        parse("etcd:follower", plan_lab(LabSpec(etcd=1)))


def resolve(text, seed=1, plan=PLAN):
    return parse(text, plan).resolve(SimpleNamespace(plan=plan), random.Random(seed))


@pytest.mark.usefixtures("_led")
@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("etcd:leader", ["etcd-2"]),
        ("etcd:followers[2]", ["etcd-1", "etcd-3"]),
        ("etcd:all", ["etcd-1", "etcd-2", "etcd-3"]),
        ("master:all", ["master-1", "master-2"]),
        ("worker-2", ["worker-2"]),
        ("node:master-1", ["master-1"]),
    ],
)
def test_a_selector_without_chance_hits(text, nodes):
    assert [target.node for target in resolve(text)] == nodes


@pytest.mark.usefixtures("_led")
@pytest.mark.parametrize(
    ("text", "count", "among"),
    [
        pytest.param("etcd:follower", 1, {"etcd-1", "etcd-3"}, id="one follower"),
        pytest.param("etcd:any", 1, {"etcd-1", "etcd-2", "etcd-3"}, id="any member"),
        pytest.param("etcd:majority", 2, {"etcd-1", "etcd-2", "etcd-3"}, id="majority"),
        pytest.param("master:any", 1, {"master-1", "master-2"}, id="any master"),
    ],
)
def test_chance_chooses_among_all_that_are_meant(text, count, among):
    choices = [[target.node for target in resolve(text, seed)] for seed in range(100)]
    assert {node for nodes in choices for node in nodes} == among
    assert all(len(set(nodes)) == count and nodes == sorted(nodes) for nodes in choices)


@pytest.mark.parametrize(
    ("size", "majority"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (9, 5)]
)
def test_a_majority_is_more_than_half(size, majority):
    assert len(resolve("etcd:majority", plan=plan_lab(LabSpec(etcd=size)))) == majority


@pytest.mark.usefixtures("_led")
@pytest.mark.parametrize("text", ["etcd:follower", "etcd:majority", "master:any"])
def test_the_same_seed_chooses_the_same(text):
    def choices(seed):
        chance = random.Random(seed)
        return [parse(text, PLAN).resolve(LAB, chance) for _ in range(20)]

    assert choices(7) == choices(7)
    assert len({choices(seed)[0] for seed in range(20)}) > 1


@pytest.mark.usefixtures("_led")
@pytest.mark.parametrize(("text", "possible", "certain"), POSSIBLE_AND_CERTAIN)
def test_what_is_hit_is_all_that_is_certain_and_nothing_impossible(text, possible, certain):
    for seed in range(10):
        hit = {target.node for target in resolve(text, seed)}
        assert set(certain) <= hit <= set(possible)


def test_the_component_goes_with_the_target():
    assert resolve("master:all/kube-scheduler") == (
        Target("master-1", "kube-scheduler"),
        Target("master-2", "kube-scheduler"),
    )


def test_an_unknown_leader_leaves_nobody_to_be_chosen(monkeypatch):
    def nobody(_lab):
        raise LabError("no etcd member says that it leads")

    monkeypatch.setattr(targets, "etcd_leader", nobody)
    with pytest.raises(NoTargetError, match="etcd:follower: no etcd member"):
        resolve("etcd:follower")
    assert resolve("etcd:all"), "all of them are known without a leader"


def test_a_selector_reads_as_it_was_written():
    assert str(parse(" etcd:followers[2]/etcd ", PLAN)) == "etcd:followers[2]/etcd"


# --- nodes that are to be avoided


AVOIDED = [
    # text, avoided, who is left to be chosen
    ("etcd:any", {"etcd-1"}, {"etcd-2", "etcd-3"}),
    ("etcd:any", {"etcd-1", "etcd-3"}, {"etcd-2"}),
    ("etcd:majority", {"etcd-1"}, {"etcd-2", "etcd-3"}),
    ("etcd:follower", {"etcd-1"}, {"etcd-3"}),
    ("etcd:leader", {"etcd-1"}, {"etcd-2"}),
    ("master:any", {"master-2", "etcd-1"}, {"master-1"}),
    ("etcd:any", {"etcd-1", "etcd-2", "etcd-3"}, None),
    ("etcd:majority", {"etcd-1", "etcd-2"}, None),
    ("etcd:followers[2]", {"etcd-1"}, None),
    ("etcd:leader", {"etcd-2"}, None),
    ("master:leading(kube-scheduler)", {"master-1"}, None),
    # what a user names is hit
    ("etcd-1", {"etcd-1"}, {"etcd-1"}),
    ("node:etcd-1", {"etcd-1"}, {"etcd-1"}),
    ("master:all", {"master-1"}, {"master-1", "master-2"}),
]


@pytest.mark.usefixtures("_led")
@pytest.mark.parametrize(("text", "avoid", "left"), AVOIDED)
def test_what_is_chosen_is_chosen_from_those_without_a_fault(monkeypatch, text, avoid, left):
    monkeypatch.setattr(targets, "lease_holder", lambda *_: "master-1")
    selector = parse(text, PLAN)

    def choose(seed):
        return selector.resolve(LAB, random.Random(seed), avoid=avoid)

    if left is None:
        with pytest.raises(NoTargetError, match="without a fault"):
            choose(1)
    else:
        assert {target.node for seed in range(30) for target in choose(seed)} == left


# --- what other steps have hit


HITS = {
    "lost": (Target("etcd-2", "etcd"),),
    "both": (Target("etcd-1", "etcd"), Target("etcd-2", "etcd")),
}
STEPS = {
    "lost": parse("etcd:leader", PLAN),
    "both": parse("etcd:majority", PLAN),
    "first": parse("etcd-1", PLAN),
    "every": parse("etcd:all", PLAN),
}
OF_STEPS = [
    # text, possible, certain, hit
    ("step:lost", MEMBERS, [], [{"etcd-2/etcd"}]),
    ("step:first", ["etcd-1"], ["etcd-1"], None),
    ("step:both", MEMBERS, [], [{str(target) for target in HITS["both"]}]),
    ("etcd:not(lost)", MEMBERS, [], [{"etcd-1/etcd"}, {"etcd-3/etcd"}]),
    ("etcd:not(both)", MEMBERS, [], [{"etcd-3/etcd"}]),
    ("etcd:not(first)", ["etcd-2", "etcd-3"], [], None),
]


@pytest.mark.parametrize(("text", "possible", "certain", "hit"), OF_STEPS)
def test_a_step_is_a_target_and_so_is_who_it_did_not_hit(text, possible, certain, hit):
    selector = parse(text, PLAN, STEPS)
    assert (selector.possible(PLAN), selector.certain(PLAN)) == (possible, certain)

    def choose(seed):
        return {str(target) for target in selector.resolve(LAB, random.Random(seed), hits=HITS)}

    if hit is None:
        with pytest.raises(NoTargetError, match="the step first has hit nothing"):
            choose(1)
    else:
        choices = [choose(seed) for seed in range(30)]
        assert all(choice in hit for choice in choices)
        assert all(choice in choices for choice in hit)


def test_the_component_of_a_step_is_known_before():
    steps = {"lost": parse("master-1/kube-scheduler", PLAN)}
    assert parse("step:lost", PLAN, steps).component == "kube-scheduler"
    assert parse("etcd:not(lost)", PLAN, steps).component == "etcd"


def test_another_component_of_what_a_step_hit_can_be_named():
    steps = {"lost": parse("master-1", PLAN)}
    selector = parse("step:lost/kube-scheduler", PLAN, steps)
    assert selector.resolve(LAB, random.Random(1), hits={"lost": API[:1]}) == (
        Target("master-1", "kube-scheduler"),
    )
    with pytest.raises(InputError, match="no component etcd on master-1"):
        parse("step:lost/etcd", PLAN, steps)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("step:later", "'later' is no step before this one; lost, both"),
        ("etcd:not(later)", "'later' is no step before this one"),
        ("etcd:not", "'' is no step"),
        ("etcd:not(every)", "every hits all that there are"),
        ("master:not(lost)", "no step before|'not' is none of"),
        ("step:lost[2]", "only followers and any are counted"),
        ("step", "no step before"),
    ],
)
def test_a_step_that_means_nothing_is_refused(text, why):
    with pytest.raises(InputError, match=why):
        parse(text, PLAN, STEPS)


def test_who_was_hit_by_an_earlier_step_is_avoided_beside_those_with_a_fault():
    selector = parse("etcd:not(lost)", PLAN, STEPS)
    with pytest.raises(NoTargetError):
        selector.resolve(LAB, random.Random(1), avoid={"etcd-1", "etcd-3"}, hits=HITS)


def test_all_members_but_one_are_always_the_same():
    selector = parse("etcd:except(etcd-2)", PLAN)
    assert selector.possible(PLAN) == selector.certain(PLAN) == ["etcd-1", "etcd-3"]
    chosen = selector.resolve(LAB, random.Random(0), avoid={"etcd-1"})
    assert chosen == (Target("etcd-1", "etcd"), Target("etcd-3", "etcd"))
