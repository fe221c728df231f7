"""Faults by hand: what is printed, what is in the journal, and how it ends."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from chaos.errors import NotConfirmedError
from chaos.journal import Journal
from chaos.targets import Target
from lab.components import plan_lab
from lab.errors import AgentError
from lab.spec import LabSpec

INJECTING = {
    "kill": (["kill", "etcd-1"], None),
    "hang": (["hang", "etcd-1", "--for", "10"], 10.0),
    "power-off": (["power-off", "etcd-1"], None),
    "cut": (["cut", "etcd-1", "--from", "etcd", "--for", "0.5"], 0.5),
}


@pytest.fixture
def lab(monkeypatch, tmp_path):
    """A lab whose agents answer `heal` from `answers`; a node without an answer is silent."""

    def agent(node):
        def call(op, names):
            assert (op, names) == ("heal", None)
            return made.answers[node]

        if node not in made.answers:
            raise AgentError(f"no agent answers on node {node}")
        return SimpleNamespace(call=call)

    plan = plan_lab(LabSpec(etcd=3, masters=1, workers=1))
    made = SimpleNamespace(
        plan=plan,
        directory=tmp_path,
        agent=agent,
        answers={node.name: {"healed": [], "errors": {}, "fired": []} for node in plan.nodes},
    )
    monkeypatch.setattr("chaos.cli.faults.attach", lambda _: made)
    return made


@pytest.fixture
def fault(monkeypatch):
    """The fault that is chosen, whatever was asked for; what is done to it is noted."""

    def inject(lab, injection):
        made.open_when_injected = Journal(lab.directory).open_undos()
        made.injections.append(injection)

    made = SimpleNamespace(
        targets=(Target("etcd-1", "etcd"), Target("etcd-2", "etcd")),
        inject=inject,
        confirm=lambda _: "refused after 0.01 s",
        injections=[],
    )

    def choose(spec, *_):
        made.spec = spec
        return made

    monkeypatch.setattr("chaos.faults.choose", choose)
    return made


@pytest.mark.parametrize(("argv", "for_s"), INJECTING.values(), ids=INJECTING.keys())
def test_a_fault_is_in_the_journal_before_it_is_in_the_lab(halab, lab, fault, argv, for_s):
    ended = halab(*argv)
    (injection,) = fault.injections
    assert ended.code == 0
    assert ended.out == f"{argv[0]} etcd-1/etcd, etcd-2/etcd: refused after 0.01 s\n"
    assert (fault.spec.kind, fault.spec.target) == (argv[0], "etcd-1")
    assert fault.spec.others == ("etcd" if argv[0] == "cut" else None)
    assert (injection.owner, injection.for_s) == ("lab", for_s)
    assert fault.open_when_injected == [injection.undo]
    (line,) = map(json.loads, Journal(lab.directory).path.read_text().splitlines())
    assert (line["state"], line["fault"], line["target"]) == ("planned", argv[0], "etcd-1")


def test_a_fault_that_nobody_sees_ends_in_3_and_heal_is_named(halab, lab, fault):
    def confirm(_):
        raise NotConfirmedError("etcd-1 still answers")

    fault.confirm = confirm
    ended = halab("kill", "etcd-1")
    assert ended.code == 3
    assert ended.err == (
        "halab: kill etcd-1/etcd, etcd-2/etcd: etcd-1 still answers; `halab heal` undoes it\n"
    )
    assert Journal(lab.directory).open_undos()


UNKNOWN_TARGETS = ["etcd-9", "nosuch:any", "etcd:nosuch", ""]


@pytest.mark.parametrize("target", UNKNOWN_TARGETS, ids=lambda text: text or "nothing")
def test_a_target_that_the_lab_lacks_is_refused_and_nothing_is_noted(halab, lab, target):
    ended = halab("kill", target)
    assert ended.code == 2
    assert ended.err.count("halab: ") == 1
    assert not Journal(lab.directory).path.exists()


@pytest.mark.usefixtures("lab")
def test_a_lab_without_a_fault_is_healed_and_that_is_said(halab):
    ended = halab("heal")
    assert (ended.code, ended.out) == (0, "no fault was in\n")


def test_heal_names_what_was_undone_where_and_closes_the_journal(halab, lab):
    Journal(lab.directory).note("f1", "planned")
    lab.answers["etcd-2"]["healed"] = ["f1"]
    ended = halab("heal")
    assert (ended.code, ended.out) == (0, "etcd-2: undone f1\n")
    assert Journal(lab.directory).open_undos() == []


def test_a_fault_that_healed_by_itself_is_closed_without_a_word(halab, lab):
    Journal(lab.directory).note("f1", "planned")
    lab.answers["etcd-2"]["fired"] = ["f1"]
    ended = halab("heal")
    assert (ended.code, ended.out) == (0, "")
    assert Journal(lab.directory).open_undos() == []


def silent(lab):
    del lab.answers["master-1"]


def refusing(lab):
    lab.answers["master-1"]["errors"] = {"f2": "nft: busy"}


HARD_TO_HEAL = {
    "a node that is silent": (silent, "no agent answers on node master-1"),
    "an undo that fails": (refusing, "master-1 f2': 'nft: busy"),
}


@pytest.mark.parametrize(("hinder", "why"), HARD_TO_HEAL.values(), ids=HARD_TO_HEAL.keys())
def test_heal_undoes_the_rest_ends_in_3_and_leaves_the_journal_open(halab, lab, hinder, why):
    Journal(lab.directory).note("f1", "planned")
    Journal(lab.directory).note("f2", "planned")
    lab.answers["worker-1"]["healed"] = ["f1"]
    hinder(lab)
    ended = halab("heal")
    assert ended.code == 3
    assert ended.out == "worker-1: undone f1\n"
    assert why in ended.err
    assert "f2" in Journal(lab.directory).open_undos()
