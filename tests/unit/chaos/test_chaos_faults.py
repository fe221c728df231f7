"""Faults made from their description, and how they are observed and undone; no lab is needed."""

from __future__ import annotations

import contextlib
import random
from types import SimpleNamespace

import pytest

from chaos import targets
from chaos.errors import InputError, NotConfirmedError
from chaos.experiment.schema import FaultSpec
from chaos.faults import Cut, Hang, Injection, Kill, PowerOff, choose
from chaos.faults.base import heal_nodes, observer, seen_across
from chaos.targets import Target
from lab.components import plan_lab
from lab.errors import AgentError
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=3, masters=2, workers=2))
ETCD = tuple(Target(f"etcd-{n}", "etcd") for n in (1, 2, 3))
API = tuple(Target(f"master-{n}", "kube-apiserver") for n in (1, 2))
PROXIES = tuple(Target(f"worker-{n}", "nginx") for n in (1, 2))
TIMES = {"sent_s": 1.0, "gone_s": 2.0}
HEALED = {"healed": ["f1"], "errors": {}, "fired": []}


def answering(**answers):
    """Return a lab whose agents note every request and answer by its name.

    An answer that is a function is given the node and the request.
    """
    asked = []

    def agent(node):
        def call(op, **request):
            asked.append((node, op, request))
            answer = answers[op]
            return answer(node, request) if callable(answer) else answer

        return SimpleNamespace(call=call)

    def open_agent(node):
        return contextlib.nullcontext(agent(node))

    return SimpleNamespace(plan=PLAN, agent=agent, open_agent=open_agent, asked=asked)


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"kind": "kill", "target": "etcd:leader"}, Kill((ETCD[1],))),
        ({"kind": "hang", "target": "master:all"}, Hang(API)),
        ({"kind": "power-off", "target": "worker-1"}, PowerOff((PROXIES[0],))),
        ({"kind": "cut", "target": "etcd:leader", "from": "worker:all"}, Cut((ETCD[1],), PROXIES)),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_description_becomes_a_fault(monkeypatch, spec, fault):
    monkeypatch.setattr(targets, "etcd_leader", lambda _lab: "etcd-2")
    assert choose(FaultSpec(**spec), answering(), random.Random(1)) == fault


@pytest.mark.parametrize("far", ["etcd:leader", "etcd-2"])
def test_a_cut_whose_other_side_turns_out_to_be_the_target_itself_is_refused(monkeypatch, far):
    monkeypatch.setattr(targets, "etcd_leader", lambda _lab: "etcd-2")
    spec = FaultSpec(kind="cut", target="etcd:leader", others=far)
    with pytest.raises(InputError, match=f"a cut of etcd:leader from {far} has no other side"):
        choose(spec, answering(), random.Random(1))


def test_a_fault_of_what_the_lab_does_not_have_is_refused():
    with pytest.raises(InputError, match="etcd-9"):
        choose(FaultSpec(kind="kill", target="etcd-9"), answering(), random.Random(1))


@pytest.mark.parametrize(
    ("avoid", "seen_by"),
    [
        pytest.param({"etcd-1"}, "worker-1", id="a worker if there is one"),
        pytest.param({"worker-1"}, "worker-2", id="another worker"),
        pytest.param({"worker-1", "worker-2"}, "etcd-1", id="anybody else"),
        pytest.param({"worker-1", "worker-2", "etcd-1", "etcd-2"}, "etcd-3", id="who is left"),
    ],
)
def test_a_fault_is_observed_from_outside(avoid, seen_by):
    assert observer(answering(), avoid) == seen_by


def test_a_fault_of_every_node_has_no_observer():
    with pytest.raises(NotConfirmedError, match="nobody is left to observe it"):
        observer(answering(), {node.name for node in PLAN.nodes})


def test_an_effect_is_waited_for_by_dialling_the_component():
    said = iter(["answered", "answered", "refused"])
    lab = answering(dial=lambda _node, _request: next(said))
    evidence = seen_across(lab, [("worker-1", ETCD[1])], "refused", 5)
    assert evidence == "worker-1 dials etcd-2:2379: refused"
    node, _, request = lab.asked[0]
    assert (node, request["host"], request["port"]) == ("worker-1", "10.83.1.2", 2379)


def test_an_effect_that_does_not_come_is_not_confirmed_with_what_was_seen():
    with pytest.raises(NotConfirmedError) as caught:
        seen_across(answering(dial="answered"), [("worker-1", API[0])], "refused", 0.05)
    assert "for master-1/kube-apiserver to be refused" in str(caught.value)
    assert "worker-1 dials 10.83.2.1:6443: answered" in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "kind", "broken", "whole"),
    [
        pytest.param(Kill(API), "kill", "refused", "answered", id="kill"),
        pytest.param(Hang(API), "hang", "silent", "answered", id="hang"),
        pytest.param(PowerOff(API), "power-off", "timeout", "answered", id="power-off"),
    ],
)
def test_a_fault_of_components_asks_every_agent_and_is_confirmed(fault, kind, broken, whole):
    lab = answering(inject=TIMES, dial=broken)
    assert fault.inject(lab, Injection("f1", "lab", 9.0)) == {t.node: TIMES for t in API}
    assert sorted(lab.asked, key=lambda one: one[0]) == [
        (
            target.node,
            "inject",
            {
                "undo": "f1",
                "kind": kind,
                "owner": "lab",
                "for_s": 9.0,
                "component": "kube-apiserver",
            },
        )
        for target in API
    ]
    assert fault.confirm(lab) == (
        f"worker-1 dials master-1:6443: {broken}; worker-1 dials master-2:6443: {broken}"
    )
    assert whole in fault.confirm_undone(answering(dial=whole))


def test_a_cut_is_prepared_everywhere_before_it_is_fired_anywhere():
    lab = answering(prepare_cut=None, inject=TIMES)
    assert set(Cut(API, PROXIES).inject(lab, Injection("f1"))) == {
        "master-1",
        "master-2",
        "worker-1",
        "worker-2",
    }
    assert [op for _, op, _ in lab.asked] == ["prepare_cut"] * 4 + ["inject"] * 4


def rulesets(fault):
    lab = answering(prepare_cut=None, inject=TIMES)
    fault.inject(lab, Injection("f1"))
    return {node: request["ruleset"] for node, op, request in lab.asked if op == "prepare_cut"}


def test_both_sides_of_a_cut_drop_the_other_and_not_their_own():
    found = rulesets(Cut((API[0],), PROXIES))
    assert set(found) == {"master-1", "worker-1", "worker-2"}
    assert "saddr { 10.83.3.1, 10.83.3.2 } drop" in found["master-1"]
    for worker in ("worker-1", "worker-2"):
        assert "saddr { 10.83.2.1 } drop" in found[worker]
        assert "10.83.3" not in found[worker]
    assert all("table inet halab_f1" in ruleset for ruleset in found.values())


def test_a_target_is_not_cut_from_itself():
    found = rulesets(Cut((ETCD[1],), ETCD))
    assert "daddr { 10.83.1.1, 10.83.1.3 }" in found["etcd-2"]
    assert set(found) == {"etcd-1", "etcd-2", "etcd-3"}


@pytest.mark.parametrize(
    ("fault", "only_etcd"),
    [
        pytest.param(Cut((ETCD[0],), ETCD), True, id="between members"),
        pytest.param(Cut((ETCD[0],), API), False, id="between a member and masters"),
        pytest.param(Cut(API, PROXIES), False, id="between masters and workers"),
    ],
)
def test_only_between_members_the_cut_is_of_etcds_ports(fault, only_etcd):
    for ruleset in rulesets(fault).values():
        assert ("{ 2379, 2380 }" in ruleset) is only_etcd


def test_a_cut_is_seen_from_every_node_of_the_other_side():
    lab = answering(dial="timeout")
    Cut((API[0],), PROXIES).confirm(lab)
    assert sorted((node, request["host"]) for node, _, request in lab.asked) == [
        ("worker-1", "10.83.2.1"),
        ("worker-2", "10.83.2.1"),
    ]


@pytest.mark.parametrize(
    ("fault", "nodes"),
    [
        pytest.param(Kill(API), ["master-1", "master-2"], id="kill"),
        pytest.param(Hang(ETCD[:1]), ["etcd-1"], id="hang"),
        pytest.param(PowerOff(API), ["master-1", "master-2"], id="power-off"),
        pytest.param(Cut(API[:1], PROXIES), ["master-1", "worker-1", "worker-2"], id="cut"),
    ],
)
def test_a_fault_is_undone_on_every_node_it_touched(fault, nodes):
    lab = answering(heal=HEALED)
    fault.undo(lab, Injection("f1"))
    assert lab.asked == [(node, "heal", {"names": ["f1"]}) for node in nodes]


def test_one_node_that_cannot_be_healed_stops_no_other():
    def heal(node, _request):
        if node == "etcd-1":
            raise AgentError("etcd-1: the channel broke")
        return {**HEALED, "errors": {"f1": "nft failed"}} if node == "etcd-2" else HEALED

    lab = answering(heal=heal)
    with pytest.raises(NotConfirmedError) as caught:
        heal_nodes(lab, ["etcd-1", "etcd-2", "etcd-3"], "f1")
    assert [node for node, _, _ in lab.asked] == ["etcd-1", "etcd-2", "etcd-3"]
    assert "'etcd-1': 'etcd-1: the channel broke'" in str(caught.value)
    assert "'etcd-2 f1': 'nft failed'" in str(caught.value)


def test_a_fault_that_the_dead_mans_switch_undid_proves_nothing():
    lab = answering(heal={"healed": [], "errors": {}, "fired": ["f1"]})
    with pytest.raises(NotConfirmedError, match="dead man's switch of etcd-1, etcd-2 undid"):
        heal_nodes(lab, ["etcd-1", "etcd-2"], "f1")
