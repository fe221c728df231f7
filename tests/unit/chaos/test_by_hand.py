"""A fault by hand that fails half way: its error, and what is in."""

from __future__ import annotations

import threading

import pytest

from chaos.errors import NotConfirmedError
from chaos.faults import by_hand
from chaos.journal import Journal
from lab.errors import AgentError
from reports.locale.catalogue import text_of
from tests.fakes import FakeLab


@pytest.fixture
def lab(tmp_path):
    return FakeLab(tmp_path, etcd=3, masters=2, workers=2)


def test_one_that_could_not_be_put_in_everywhere_names_the_way_out(lab):
    lab.raises("etcd-2", "inject cut", AgentError("the channel broke"))
    with pytest.raises(NotConfirmedError, match="the channel broke; `halab heal` undoes it"):
        by_hand.inject(lab, "isolate", "etcd", {}, None)
    assert Journal(lab.directory).open_undos()


def test_what_was_sick_before_is_not_hit(lab, monkeypatch):
    monkeypatch.setattr("chaos.faults.injection.PATIENCE_S", 0.05)
    lab.faults["x", "etcd-1"] = ("hang", {"component": "etcd"})
    with pytest.raises(NotConfirmedError, match="no node saw it unbroken before") as caught:
        by_hand.inject(lab, "kill", "etcd-1", {}, None)
    assert "halab heal" not in str(caught.value)
    assert lab.asked == []


def test_power_is_switched_on_before_the_agents_of_the_nodes_are_asked(tmp_path):
    lab = FakeLab(tmp_path, runtime="kind", etcd=1, masters=1, workers=1, stacked=True)
    by_hand.inject(lab, "power-off", "worker-1", {}, None)

    def no_agent():
        assert not lab.hit, "a node without power has no agent"

    for node in lab.plan.nodes:
        lab.slow[node.name, "heal "] = no_agent
    (undone,) = by_hand.heal(lab)
    assert "-worker-1" in text_of(undone, "en")
    assert not lab.hit
    assert Journal(lab.directory).open_undos() == []


def test_agents_that_hang_delay_the_heal_of_no_other_node(lab):
    """The first two fail only when every other node has been healed."""
    names = [node.name for node in lab.plan.nodes]
    hung, others = names[:2], names[2:]
    healed = {name: threading.Event() for name in others}

    def hang():
        assert all(event.wait(5) for event in healed.values())
        raise AgentError("no answer within 30 s")

    for name in hung:
        lab.slow[name, "heal hang"] = hang
    for name in others:
        lab.slow[name, "heal hang"] = healed[name].set
    for name in names:
        lab.faults["u1", name] = ("hang", {"component": "etcd"})
    with pytest.raises(NotConfirmedError, match=r"no answer.*no answer"):
        list(by_hand.heal(lab))
    assert {node for _, node in lab.faults} == set(hung)
