"""The split of a network as a fault; agents that note what they are asked stand for a lab."""

from __future__ import annotations

import contextlib
import re
from types import SimpleNamespace

import pytest

from chaos.errors import NotConfirmedError
from chaos.faults import split as split_module
from chaos.faults.base import Injection
from chaos.faults.split import Split
from chaos.targets import Target
from lab.components import plan_lab
from lab.spec import LabSpec

PLAN = plan_lab(LabSpec(etcd=5, masters=0, workers=1))
ONE, TWO, THREE, FOUR, FIVE = (Target(f"etcd-{number}", "etcd") for number in range(1, 6))
INJECTION = Injection("f1")
ADDRESS = {node.address: node.name for node in PLAN.nodes}


def answering(dial="timeout"):
    asked = []

    def agent(node):
        def call(op, **request):
            asked.append((node, op, request))
            if op == "dial":
                host = ADDRESS[request["host"]]
                return dial(node, host) if callable(dial) else dial
            if op == "heal":
                return {"healed": ["f1"], "errors": {}, "fired": []}
            return {"sent_s": 1.0, "gone_s": 1.0}

        return SimpleNamespace(call=call)

    return SimpleNamespace(
        plan=PLAN, agent=agent, open_agent=lambda n: contextlib.nullcontext(agent(n)), asked=asked
    )


def dropped(lab):
    """Node -> the nodes whose packets it drops."""
    rules = {node: request["ruleset"] for node, op, request in lab.asked if op == "prepare_cut"}
    heard = {node: re.findall(r"10\.[\d.]+", text) for node, text in rules.items()}
    return {node: {ADDRESS[one] for one in addresses} for node, addresses in heard.items()}


def test_every_group_drops_the_others_and_nobody_else():
    lab = answering()
    Split(((ONE, TWO), (THREE, FOUR), (FIVE,))).inject(lab, INJECTION)
    assert dropped(lab) == {
        "etcd-1": {"etcd-3", "etcd-4", "etcd-5"},
        "etcd-2": {"etcd-3", "etcd-4", "etcd-5"},
        "etcd-3": {"etcd-1", "etcd-2", "etcd-5"},
        "etcd-4": {"etcd-1", "etcd-2", "etcd-5"},
        "etcd-5": {"etcd-1", "etcd-2", "etcd-3", "etcd-4"},
    }
    fired = [node for node, op, _ in lab.asked if op == "inject"]
    assert sorted(fired) == sorted(dropped(lab))
    assert max(i for i, one in enumerate(lab.asked) if one[1] == "prepare_cut") < 5


def test_a_bridge_is_cut_from_nobody():
    lab = answering()
    Split(((ONE, TWO), (THREE, FOUR)), (FIVE,)).inject(lab, INJECTION)
    assert "etcd-5" not in dropped(lab)
    assert "etcd-5" not in set().union(*dropped(lab).values())


def test_members_of_one_group_see_the_others_hang_and_a_bridge_sees_both():
    lab = answering(lambda node, _host: "answered" if node == "etcd-5" else "timeout")
    evidence = Split(((ONE, TWO), (THREE, FOUR)), (FIVE,)).confirm(lab)
    assert evidence.count("timeout") == 4
    assert "etcd-5 dials etcd-1:2379: answered; etcd-5 dials etcd-3:2379: answered" in evidence


LOOKS = {
    "a group that still hears another": lambda _node, host: (
        "answered" if host == "etcd-1" else "timeout"
    ),
    "a bridge that does not hear": lambda *_: "timeout",
}


@pytest.mark.parametrize("dial", LOOKS.values(), ids=LOOKS.keys())
def test_what_was_not_seen_is_not_confirmed(monkeypatch, dial):
    monkeypatch.setattr(split_module, "CONFIRM_TIMEOUT_S", 0.05)
    with pytest.raises(NotConfirmedError, match="etcd-"):
        Split(((ONE, TWO), (THREE, FOUR)), (FIVE,)).confirm(answering(dial))


def test_a_split_is_undone_on_every_node_and_seen_undone():
    split = Split(((ONE, TWO), (THREE,)))
    lab = answering("answered")
    split.undo(lab, INJECTION)
    assert {node for node, op, _ in lab.asked if op == "heal"} == {"etcd-1", "etcd-2", "etcd-3"}
    assert split.confirm_undone(lab).count("answered") == 3
