"""How components are started, and how a lab is talked to: as values, with agents that note it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from lab.bootstrap import launch
from lab.components import plan_lab
from lab.lab import Lab
from lab.registry import LabRecord, Registry
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


def test_an_unknown_runtime_is_refused_with_those_that_there_are():
    with pytest.raises(ValidationError, match="qemu is none of netns, docker"):
        LabSpec(runtime="qemu")


class Opening:
    """A runtime whose channels are opened by all threads at once."""

    def __init__(self, threads):
        self.together = threading.Barrier(threads)
        self.opened = []

    def channel(self, _node):
        self.together.wait(5)
        self.opened.append(SimpleNamespace(closed=False))
        self.opened[-1].close = lambda one=self.opened[-1]: setattr(one, "closed", True)
        return self.opened[-1]


def test_threads_that_ask_for_one_agent_at_once_share_it_and_leave_no_channel_open(tmp_path):
    runtime = Opening(4)
    lab = Lab(LabRecord("lab", LabSpec()), Registry(Path(tmp_path)), runtime)
    with ThreadPoolExecutor(4) as pool:
        clients = list(pool.map(lambda _: lab.agent("etcd-1"), range(4)))
    assert len(set(map(id, clients))) == 1
    assert len(runtime.opened) == 4
    assert [one.closed for one in runtime.opened].count(False) == 1
