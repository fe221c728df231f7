"""How components are started, and waited for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab import bootstrap
from lab.afterwards import Interrupts
from lab.bootstrap import launch
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError, NotReadyError
from lab.spec import LabSpec

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def started(plan, name, node):
    """Return the command line that a component's agent was asked to start."""
    asked = []
    agent = SimpleNamespace(
        put=lambda _: None, start=lambda name, argv, *, restart: asked.append((name, argv, restart))
    )
    lab = SimpleNamespace(agent=lambda _: agent, command=lambda part, _: list(part.argv))
    launch(lab, plan.component(name, node), lambda program: program)
    return asked[0]


def test_a_component_is_started_with_an_environment_of_our_making():
    name, argv, restart = started(plan_lab(LabSpec()), "kube-scheduler", "master-1")
    assert (name, restart) == ("kube-scheduler", True)
    assert argv[:5] == ["env", "-i", PATH, "LANG=C.UTF-8", "kube-scheduler"]


def test_what_a_profile_adds_comes_last():
    _, argv, _ = started(plan_lab(LabSpec(masters=0, profile="brisk")), "etcd", "etcd-1")
    assert argv[:7] == ["env", "-i", PATH, "LANG=C.UTF-8", "GOMAXPROCS=1", "GOGC=400", "etcd"]


def test_the_environments_of_a_plan_are_those_that_its_components_are_started_with():
    plan = plan_lab(LabSpec(profile="brisk", lb="vip", kubelets=True))
    for part in plan.components:
        argv = started(plan, part.name, part.node)[1]
        assert argv[2 : 2 + len(plan.environments[part.name])] == plan.environments[part.name]
    assert plan.environments["etcd"] == [PATH, "LANG=C.UTF-8", "GOMAXPROCS=1", "GOGC=400"]
    assert plan.environments["kubelet"] == [PATH, "LANG=C.UTF-8"]


class SilentAgent:
    """An agent that takes orders and then says nothing any more; an interrupt comes meanwhile."""

    def __init__(self, interrupts):
        self.interrupts = interrupts
        self.asked = 0

    def put(self, files):
        del files

    def start(self, name, argv, *, restart):
        del name, argv, restart

    def dial(self, *_, **__):
        return "refused"

    def components(self):
        self.asked += 1
        self.interrupts.arrived = True
        raise AgentError("the agent does not answer")


def test_a_lab_that_comes_up_in_a_thread_is_not_waited_for_after_an_interrupt(
    monkeypatch, tmp_path
):
    interrupts = Interrupts()
    monkeypatch.setattr(bootstrap, "INTERRUPTS", interrupts)
    agent = SilentAgent(interrupts)
    lab = SimpleNamespace(
        plan=plan_lab(LabSpec(etcd=1, masters=0, workers=1)),
        agent=lambda _: agent,
        command=lambda part, _: list(part.argv),
        etcd=lambda _: None,
        log=lambda *_: tmp_path / "etcd.log",
    )
    with pytest.raises(NotReadyError, match="interrupted while waiting for etcd on etcd-1"):
        bootstrap.start(lab, lambda name: name, print)
    assert agent.asked == 1
