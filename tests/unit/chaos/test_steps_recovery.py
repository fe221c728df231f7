"""When a step has recovered: its nodes, the series, and the masters behind the balancer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.steps import recovery as module
from chaos.steps.recovery import MARGIN_S, Recovery
from chaos.steps.running_steps import RunningStep, RunningSteps
from chaos.targets import Target
from reports.history.events import NotServedAgain, Recovered
from reports.history.schema import StepRecord
from reports.locale.message import verbatim
from tests.fakes import FakeClock

RETURNS_S = 10.0
BEGUN_S = 50.0
GONE_S = 100.0
BOUND_S = RETURNS_S + MARGIN_S


class Steps:
    """Step `a`, gone at second 100, of a lab whose clock stands still between two looks.

    `out`: worker -> masters that the balancer leaves out; `unclean`: what a series shows.
    """

    def __init__(self, monkeypatch):
        self.clock = FakeClock(GONE_S)
        self.events, self.out, self.asked, self.clean_since_s = [], {}, [], []
        self.unclean = None
        self.then = lambda: None
        monkeypatch.setattr(module, "time", self.clock)
        monkeypatch.setattr(module, "node_problem", lambda *_: "")
        self.running = RunningSteps()
        self.a = self.step("a", "master-1")
        self.a.undone = True
        self.recovery = Recovery(
            *(None, self.running, self.events.append, self._unclean, self._unserved, RETURNS_S)
        )

    def step(self, name, node, begun_s=BEGUN_S):
        record = StepRecord(id=name, fault="kill", target=node, for_s=1)
        running = RunningStep(record, (Target(node, "kube-apiserver"),), begun_s=begun_s)
        self.running.claim(running, lambda: None)
        return running

    def _unclean(self, since_s):
        self.clean_since_s.append(since_s)
        return self.unclean or (
            verbatim("not for long") if self.clock.now_s < since_s + 4 else None
        )

    def _unserved(self, *moments_s):
        self.asked.append(moments_s)
        return self.out

    def wait(self, seconds):
        """Let time pass, as the event that ends a trial does: it does not."""
        self.clock.sleep(seconds)
        self.then()
        assert self.clock.now_s < GONE_S + 1000

    def watch(self):
        self.recovery.watch(self.a, GONE_S, SimpleNamespace(wait=self.wait))
        return self.events


@pytest.fixture
def steps(monkeypatch):
    return Steps(monkeypatch)


def at_s(event):
    return event.t_s - GONE_S


def test_without_a_master_that_is_left_out_it_is_over_when_all_is_clean(steps):
    (recovered,) = steps.watch()
    assert isinstance(recovered, Recovered)
    assert at_s(recovered) == 4
    assert steps.asked == [(BEGUN_S, GONE_S)]


def test_what_a_master_answers_first_is_waited_for(steps):
    steps.out = {"worker-2": ["master-1"]}
    seen = []

    def then():
        seen.append(steps.a.returning)
        if steps.clock.now_s == GONE_S + 9:
            steps.out = {}

    steps.then = then
    (recovered,) = steps.watch()
    assert isinstance(recovered, Recovered)
    assert at_s(recovered) == 13, "every series was clean once more since the return"
    assert seen == [False] * 8 + [True] * 10 + [False] * 8
    assert steps.a.recovered
    assert not steps.a.returning


def test_a_master_that_returns_just_before_all_is_clean_is_watched_as_long(steps):
    steps.out = {"worker-2": ["master-1"]}
    steps.then = lambda: steps.out.clear() if steps.clock.now_s == GONE_S + 3.5 else None
    (recovered,) = steps.watch()
    assert at_s(recovered) == 7.5


def test_it_is_not_waited_for_longer_than_the_balancer_may_take(steps):
    steps.out = {"worker-2": ["master-3", "master-1"], "worker-1": ["master-1"]}
    *missed, recovered = steps.watch()
    assert missed == [
        NotServedAgain(missed[0].t_s, "a", "worker-2", ["master-1", "master-3"], BOUND_S),
        NotServedAgain(missed[0].t_s, "a", "worker-1", ["master-1"], BOUND_S),
    ]
    assert 4 + BOUND_S < at_s(missed[0]) <= 4 + BOUND_S + 0.5
    assert isinstance(recovered, Recovered)


def test_the_bound_counts_from_when_all_else_is_well_and_begins_once(steps):
    steps.out = {"worker-1": ["master-1"]}
    steps.unclean = verbatim("403")

    def then():
        steps.unclean = (
            verbatim("403") if at_s(SimpleNamespace(t_s=steps.clock.now_s)) < 8 else None
        )

    steps.then = then
    missed, _ = steps.watch()
    assert 8 + BOUND_S < at_s(missed) <= 8 + BOUND_S + 0.5


def test_what_another_step_hits_is_not_missed(steps):
    steps.step("b", "master-2", begun_s=60.0)
    steps.out = {"worker-1": ["master-2"]}
    assert [type(event) for event in steps.watch()] == [Recovered]


def test_the_workers_that_another_step_hits_miss_nothing(steps):
    steps.step("b", "worker-1", begun_s=60.0)
    steps.out = {"worker-1": ["master-1"]}
    assert [type(event) for event in steps.watch()] == [Recovered]


def test_while_another_step_is_in_the_time_does_not_pass(steps):
    other = steps.step("b", "etcd-1", begun_s=60.0)
    steps.out = {"worker-1": ["master-1"]}
    steps.then = lambda: setattr(other, "undone", steps.clock.now_s >= GONE_S + 30)
    missed, _ = steps.watch()
    assert 29.5 + BOUND_S < at_s(missed) <= 30.5 + BOUND_S


def test_a_step_that_changed_nothing_waits_for_its_nodes_alone(steps):
    steps.a.begun_s = None
    steps.out = {"worker-1": ["master-1"]}
    assert steps.watch() == []
    assert steps.a.recovered
