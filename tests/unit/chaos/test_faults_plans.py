"""The plan of each fault: requests to agents, and effects to be observed. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from chaos.errors import InputError
from chaos.faults.base import ExpectedEffect, FaultKind
from chaos.faults.document import markdown, rows
from chaos.faults.registry import check_faults_capable, fault_kinds, fault_of
from chaos.faults.split import Split
from chaos.target_parser import parse
from chaos.targets import Target
from lab.components.lab_plan import plan_lab
from lab.errors import NotCapableError
from lab.runtime.capabilities import CAPABILITIES
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=3, masters=2, workers=2))
KIND = plan_lab(LabSpec(runtime="kind", etcd=3, masters=3, workers=2, stacked=True))
ETCD = tuple(Target(f"etcd-{number}", "etcd") for number in (1, 2, 3))
API = tuple(Target(f"master-{number}", "kube-apiserver") for number in (1, 2))
PROXIES = tuple(Target(f"worker-{number}", "nginx") for number in (1, 2))
ADDRESS = {node.address: node.name for node in PLAN.nodes}
PARAMETERS = {"cut": {"from": "worker:all"}}


def made(kind, **parameters):
    return fault_of(kind, parameters or PARAMETERS.get(kind, {}))


def rulesets(fault_plan):
    return {request.node: request.parameters["ruleset"] for request in fault_plan.requests}


def dropped(fault_plan):
    """Node -> the nodes whose packets it drops."""
    return {
        node: {ADDRESS[address] for address in re.findall(r"10\.[\d.]+", rules)}
        for node, rules in rulesets(fault_plan).items()
    }


def test_every_fault_is_known_by_its_name():
    signals, packets = {"kill", "hang", "crash"}, {"cut", "isolate"}
    assert set(fault_kinds()) == signals | packets | {"power-off", "swap-addresses"}
    assert all(made(name).kind == name for name in fault_kinds())


@pytest.mark.parametrize("kind", fault_kinds().values(), ids=fault_kinds())
def test_every_fault_says_what_it_is_and_needs(kind):
    assert isinstance(kind, FaultKind)
    assert kind.help.endswith(".")
    assert kind.effect
    assert kind.capability in CAPABILITIES
    assert kind.stops == (kind.name not in {"cut", "isolate"})
    assert all(parameter.help for parameter in kind.parameters)


WRONG = {
    "an unknown fault": ("burn", {}, "unknown fault 'burn'; there are .*kill"),
    "a parameter too many": ("kill", {"from": "etcd"}, "kill: unknown parameter from; .* none"),
    "a misspelt one": ("cut", {"form": "etcd"}, "unknown parameter form; cut takes from"),
    "one that is missing": ("cut", {}, "from: "),
    "one of a wrong type": ("cut", {"from": 3.0}, "from: .*string"),
}


@pytest.mark.parametrize(("kind", "parameters", "why"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_fault_is_refused_with_what_there_is(kind, parameters, why):
    with pytest.raises(InputError, match=re.compile(why, re.DOTALL)):
        fault_of(kind, parameters)


@pytest.mark.parametrize("kind", ["kill", "hang", "crash"])
def test_a_process_that_is_not_there_cannot_be_hit(kind):
    plan = plan_lab(LabSpec(etcd=1, masters=2, workers=2, lb="external"))
    host = parse("worker:all", plan)
    with pytest.raises(InputError, match=f"{kind} worker:all: no component"):
        made(kind).check(host, {}, plan)
    made("power-off").check(host, {}, plan)
    there = "master:any/kube-scheduler" if kind == "crash" else "worker:all"
    made(kind).check(parse(there, PLAN), {}, PLAN)


@pytest.mark.parametrize("target", ["etcd:leader", "master:any", "worker:all"])
def test_what_nobody_starts_again_does_not_crash(target):
    with pytest.raises(InputError, match=f"crash {target}: .* nobody starts it again"):
        made("crash").check(parse(target, PLAN), {}, PLAN)


@pytest.mark.parametrize(
    ("plan", "target"),
    [
        (PLAN, "master:any/kube-scheduler"),
        (KIND, "etcd:leader"),
        (KIND, "frontend:worker-1"),
        (KIND, "worker-1/kubelet"),
    ],
)
def test_what_an_agent_a_kubelet_or_systemd_starts_again_may_crash(plan, target):
    made("crash").check(parse(target, plan), {}, plan)


@pytest.mark.parametrize("target", ["worker:all/kubelet", "master-1/kubelet"])
def test_in_a_found_cluster_only_what_a_kubelet_starts_is_held_down(target):
    with pytest.raises(InputError, match=f"kill {target}: .*for systemd starts it again; hang"):
        made("kill").check(parse(target, KIND), {}, KIND)
    made("hang").check(parse(target, KIND), {}, KIND)
    made("kill").check(parse("etcd:leader", KIND), {}, KIND)


def test_our_own_kubelets_are_held_down_by_their_agents():
    plan = plan_lab(LabSpec(etcd=1, masters=1, workers=1, kubelets=True))
    made("kill").check(parse("worker-1/kubelet", plan), {}, plan)


def test_each_target_gets_the_address_of_the_next_and_is_silent_meanwhile():
    targets = tuple(Target(f"master-{number}", "etcd") for number in (1, 2, 3))
    fault_plan = made("swap-addresses").plan(KIND, targets, (), "f1")
    addresses = {node.address: node.name for node in KIND.nodes}
    assert [
        (request.agent, request.parameters["node"], addresses[request.parameters["address"]])
        for request in fault_plan.requests
    ] == [
        ("host", "master-1", "master-2"),
        ("host", "master-2", "master-3"),
        ("host", "master-3", "master-1"),
    ]
    assert fault_plan.effects == [ExpectedEffect(target, "timeout") for target in targets]
    assert fault_plan.passes


@pytest.mark.parametrize("target", ["master:any", "etcd:leader", "master-2", "etcd:followers"])
def test_nobody_swaps_addresses_alone(target):
    with pytest.raises(InputError, match="swapped between two nodes or more"):
        made("swap-addresses").check(parse(target, KIND), {}, KIND)
    with pytest.raises(InputError, match="swapped between two nodes or more"):
        made("swap-addresses").plan(KIND, (Target("master-2", "etcd"),), (), "f1")


@pytest.mark.parametrize("target", ["master:any[2]", "etcd:majority", "master:all"])
def test_two_nodes_or_more_swap_addresses(target):
    made("swap-addresses").check(parse(target, KIND), {}, KIND)


def test_a_crash_is_looked_for_while_it_is_put_in():
    fault_plan = made("crash").plan(KIND, (Target("master-1", "etcd"),), (), "f1")
    assert fault_plan.passes
    assert [(r.asked, r.kind, r.parameters) for r in fault_plan.requests] == [
        ("master-1", "crash", {"component": "etcd"})
    ]
    assert fault_plan.effects == [ExpectedEffect(Target("master-1", "etcd"), "refused")]
    assert not made("kill").plan(KIND, (Target("master-1", "etcd"),), (), "f1").passes


def test_who_switches_the_power_from_outside_is_asked_for_each_node():
    masters = tuple(Target(f"master-{number}", "etcd") for number in (1, 3))
    fault_plan = made("power-off").plan(KIND, masters, (), "f1")
    assert [(r.node, r.asked, r.parameters) for r in fault_plan.requests] == [
        (node, "host", {"node": node}) for node in ("master-1", "master-3")
    ]
    assert fault_plan.effects == [ExpectedEffect(target, "timeout") for target in masters]


def test_a_cut_is_of_all_addresses_of_a_node():
    more = ("fd00:83::1", "10.244.0.0/24")
    first, *others = KIND.nodes
    plan = replace(KIND, nodes=(replace(first, more_addresses=more), *others))
    fault_plan = made("isolate").plan(plan, (Target("worker-1", "nginx"),), (), "f1")
    (rules,) = rulesets(fault_plan).values()
    assert all(address in rules for address in (first.address, *more))


@pytest.mark.parametrize(
    ("target", "other"), [("etcd-1", "etcd-1"), ("etcd:all", "etcd:leader"), ("etcd", "etcd-2")]
)
def test_a_cut_that_can_have_no_other_side_is_refused(target, other):
    cut = made("cut", **{"from": other})
    near, far = parse(target, PLAN), {"from": parse(other, PLAN)}
    with pytest.raises(InputError, match=f"a cut of {target} from {other} has no other side"):
        cut.check(near, far, PLAN)
    cut.check(parse("etcd:leader", PLAN), {"from": parse("etcd:all", PLAN)}, PLAN)


def test_a_cut_whose_other_side_turns_out_to_be_the_target_itself_is_refused():
    with pytest.raises(InputError, match="a cut of etcd-2 from etcd:leader has no other side"):
        made("cut", **{"from": "etcd:leader"}).plan(PLAN, (ETCD[1],), (ETCD[1],), "f1")


@pytest.mark.parametrize(
    ("kind", "wanted", "parameters"),
    [
        ("kill", "refused", {"component": "kube-apiserver"}),
        ("hang", "silent", {"component": "kube-apiserver"}),
        ("power-off", "timeout", {}),
    ],
)
def test_each_target_is_asked_by_its_own_agent_and_seen_by_anybody(kind, wanted, parameters):
    fault_plan = made(kind).plan(PLAN, API, (), "f1")
    assert [
        (request.node, request.kind, request.parameters) for request in fault_plan.requests
    ] == [
        ("master-1", kind, parameters),
        ("master-2", kind, parameters),
    ]
    assert fault_plan.effects == [ExpectedEffect(target, wanted) for target in API]
    assert not fault_plan.simultaneous


def test_both_sides_of_a_cut_drop_the_other_and_not_their_own():
    fault_plan = made("cut").plan(PLAN, API[:1], PROXIES, "f1")
    assert dropped(fault_plan) == {
        "master-1": {"worker-1", "worker-2"},
        "worker-1": {"master-1"},
        "worker-2": {"master-1"},
    }
    assert all("table inet halab_f1 " in rules for rules in rulesets(fault_plan).values())
    assert fault_plan.simultaneous


def test_a_cut_is_seen_from_every_node_of_the_other_side():
    effects = made("cut").plan(PLAN, API[:1], PROXIES, "f1").effects
    assert effects == [ExpectedEffect(API[0], "timeout", observer.node) for observer in PROXIES]


def test_a_target_is_not_cut_from_itself():
    assert dropped(made("cut").plan(PLAN, ETCD[1:2], ETCD, "f1")) == {
        "etcd-2": {"etcd-1", "etcd-3"},
        "etcd-1": {"etcd-2"},
        "etcd-3": {"etcd-2"},
    }


@pytest.mark.parametrize(
    ("near", "far", "only_etcd"),
    [
        pytest.param(ETCD[:1], ETCD, True, id="between members"),
        pytest.param(ETCD[:1], API, False, id="between a member and masters"),
        pytest.param(API, PROXIES, False, id="between masters and workers"),
    ],
)
def test_only_between_members_the_cut_is_of_etcds_ports(near, far, only_etcd):
    for rules in rulesets(made("cut").plan(PLAN, near, far, "f1")).values():
        assert ("{ 2379, 2380 }" in rules) is only_etcd


def test_who_is_isolated_drops_everybody_other_targets_among_them():
    fault_plan = made("isolate").plan(PLAN, ETCD[:2], (), "f1")
    everybody = {node.name for node in PLAN.nodes}
    assert dropped(fault_plan) == {
        "etcd-1": everybody - {"etcd-1"},
        "etcd-2": everybody - {"etcd-2"},
    }
    assert fault_plan.effects == [ExpectedEffect(target, "timeout") for target in ETCD[:2]]


def test_every_group_of_a_split_drops_the_others_and_a_bridge_nobody():
    split = Split(((ETCD[0],), (ETCD[1], API[0]), (API[1],)))
    fault_plan = split.plan(PLAN, split.members, (ETCD[2],), "f1")
    assert dropped(fault_plan) == {
        "etcd-1": {"etcd-2", "master-1", "master-2"},
        "etcd-2": {"etcd-1", "master-2"},
        "master-1": {"etcd-1", "master-2"},
        "master-2": {"etcd-1", "etcd-2", "master-1"},
    }


def test_members_of_one_group_must_see_the_others_hang_and_a_bridge_hear_both():
    split = Split((ETCD[:2], API))
    effects = split.plan(PLAN, split.members, ETCD[2:], "f1").effects
    assert {(effect.observer, str(effect.target), effect.wanted) for effect in effects} == {
        ("etcd-1", "master-1/kube-apiserver", "timeout"),
        ("etcd-2", "master-1/kube-apiserver", "timeout"),
        ("master-1", "etcd-1/etcd", "timeout"),
        ("master-2", "etcd-1/etcd", "timeout"),
        ("etcd-3", "etcd-1/etcd", "answered"),
        ("etcd-3", "master-1/kube-apiserver", "answered"),
    }


def test_a_fault_that_the_runtime_cannot_do_is_refused(monkeypatch):
    check_faults_capable(fault_kinds(), "kind")
    check_faults_capable(set(fault_kinds()) - {"swap-addresses"}, "docker")
    with pytest.raises(NotCapableError, match=r"swap-addresses cannot be .* docker: .* planned"):
        check_faults_capable(["swap-addresses"], "docker")
    monkeypatch.setattr(type(DRIVERS["docker"]), "lacking", lambda _: {"power": "no switch"})
    with pytest.raises(NotCapableError, match=r"power-off cannot be .* docker: no switch"):
        check_faults_capable(["kill", "power-off"], "docker")


def test_the_document_is_what_the_registry_says(request):
    path = request.config.rootpath / "docs/faults.md"
    assert path.read_text(encoding="utf-8") == markdown(), "python -m chaos.faults.document"
    assert [row[0] for row in rows()[1:]] == list(fault_kinds())
