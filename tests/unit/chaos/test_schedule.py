"""When the steps of a timeline are due, whatever happens. A clock of numbers, nothing runs."""

from __future__ import annotations

import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.steps.schedule import ReachedMoment, new_schedule
from reports.history.schema import StepRecord

START_S = 100.0


def fault(name, **about):
    return StepRecord(id=name, fault="kill", target="etcd:any", **{"for_s": 5.0, **about})


def action(name, **about):
    return StepRecord(id=name, action="dial", target="etcd-1", **about)


class Cluster:
    """Runs a timeline on a clock of numbers. What a step does takes 0 s, unless `took` has it.

    `took`: (step, what) -> seconds, of choosing, confirming, undoing, seeing, doing. `hidden`:
    steps whose undo is masked while another one is in; `refused`: steps that are not injected.
    """

    def __init__(self, steps, took=None, hidden=(), refused=()):
        self.took, self.hidden, self.refused = took or {}, hidden, refused
        self.done = []
        self.schedule = new_schedule(steps, START_S)
        self.coming = []
        self.now_s = START_S

    def run(self):
        for _ in range(1000):
            if self.schedule.finished:
                return [(act, step, at_s - START_S) for act, step, at_s in self.done]
            due = self.schedule.due()
            if due and (not self.coming or due[0].at_s <= self.coming[0][0]):
                self.now_s = max(self.now_s, due[0].at_s)
                self.schedule = self.schedule.with_asked(due[0], self.now_s)
                self.act(due[0])
                continue
            assert self.coming, f"nothing will ever happen: {self.schedule.progress}"
            self.now_s, _, step, moment = heapq.heappop(self.coming)
            if moment == "looked":
                others = [
                    moments for name, moments in self.schedule.progress.items() if name != step
                ]
                masked = any(moments.begun_s and not moments.healed_s for moments in others)
                moment = "hidden_s" if masked and step in self.hidden else "ended_s"
            self.schedule = self.schedule.with_moments([ReachedMoment(step, moment, self.now_s)])
        raise AssertionError("it does not end")

    def act(self, due):
        step, at_s = due.step.id, self.now_s
        self.done.append((due.act, step, at_s))
        if due.act == "begin" and step in self.refused:
            self.tell(step, at_s, ("choosing", "ended_s"))
        elif due.act == "begin" and due.step.action:
            self.tell(step, at_s, ("doing", "ended_s"))
        elif due.act == "begin":
            self.tell(step, at_s, ("choosing", "begun_s"), ("confirming", "held_s"))
        elif due.act == "heal":
            self.tell(step, at_s, ("undoing", "healed_s"), ("seeing", "looked"))
        else:
            self.tell(step, at_s, ("seeing", "looked"))

    def tell(self, step, at_s, *moments):
        for what, moment in moments:
            at_s += self.took.get((step, what), 0.0)
            heapq.heappush(self.coming, (at_s, len(self.done), step, moment))


CASES = {
    "one": (
        [fault("a")],
        {},
        [("begin", "a", 0), ("heal", "a", 5)],
    ),
    "the hold counts from the confirmation": (
        [fault("a")],
        {"took": {("a", "confirming"): 0.7}},
        [("begin", "a", 0), ("heal", "a", 5.7)],
    ),
    "steps overlap, and heal in another order than they began": (
        [fault("a", for_s=9), fault("b", at_s=2, for_s=2), fault("c", at_s=3, for_s=3)],
        {},
        [("begin", "a", 0), ("begin", "b", 2), ("begin", "c", 3),
         ("heal", "b", 4), ("heal", "c", 6), ("heal", "a", 9)],
    ),
    "at_s counts from the first injection, not from when its target was asked for": (
        [fault("a", for_s=9), fault("b", at_s=2, for_s=2)],
        {"took": {("a", "choosing"): 1.5}},
        [("begin", "a", 0), ("begin", "b", 3.5), ("heal", "b", 5.5), ("heal", "a", 10.5)],
    ),
    "after is after the confirmed heal": (
        [fault("a"), fault("b", after="a", for_s=1)],
        {"took": {("a", "undoing"): 0.2, ("a", "seeing"): 1.3}},
        [("begin", "a", 0), ("heal", "a", 5), ("begin", "b", 6.5), ("heal", "b", 7.5)],
    ),
    "after and at_s is a pause after that": (
        [fault("a"), fault("b", after="a", at_s=2, for_s=1)],
        {},
        [("begin", "a", 0), ("heal", "a", 5), ("begin", "b", 7), ("heal", "b", 8)],
    ),
    "a heal waits for no confirmation": (
        [fault("a", for_s=2), fault("b", at_s=1, for_s=2)],
        {"took": {("a", "seeing"): 30.0, ("b", "undoing"): 1.0}},
        [("begin", "a", 0), ("begin", "b", 1), ("heal", "a", 2), ("heal", "b", 3)],
    ),
    "nor for an undo that takes its time": (
        [fault("a", for_s=2), fault("b", at_s=1, for_s=2)],
        {"took": {("a", "undoing"): 10.0}},
        [("begin", "a", 0), ("begin", "b", 1), ("heal", "a", 2), ("heal", "b", 3)],
    ),
    "what comes after a step that was not injected comes at once": (
        [fault("a"), fault("b", after="a", for_s=1)],
        {"refused": ["a"], "took": {("a", "choosing"): 2.0}},
        [("begin", "a", 0), ("begin", "b", 2), ("heal", "b", 3)],
    ),
    "an action has no heal": (
        [action("look"), fault("a", after="look", for_s=1), action("again", after="a")],
        {"took": {("look", "doing"): 0.5}},
        [("begin", "look", 0), ("begin", "a", 0.5), ("heal", "a", 1.5), ("begin", "again", 1.5)],
    ),
    "an undo that others hide is looked at again after the last heal": (
        [fault("a", for_s=2), fault("b", at_s=1, for_s=9), fault("c", at_s=2, for_s=3)],
        {"hidden": ["a"]},
        [("begin", "a", 0), ("begin", "b", 1), ("heal", "a", 2), ("begin", "c", 2),
         ("heal", "c", 5), ("heal", "b", 10), ("look", "a", 10)],
    ),
    "and what waits for it does not keep it waiting": (
        [fault("a", for_s=2), fault("b", at_s=1, for_s=4), fault("c", after="a", for_s=1)],
        {"hidden": ["a"]},
        [("begin", "a", 0), ("begin", "b", 1), ("heal", "a", 2), ("heal", "b", 5), ("look", "a", 5),
         ("begin", "c", 5), ("heal", "c", 6)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "about", "wanted"), CASES.values(), ids=CASES.keys())
def test_what_is_done_when(steps, about, wanted):
    done = Cluster(steps, **about).run()
    assert [(act, step) for act, step, _ in done] == [(act, step) for act, step, _ in wanted]
    assert [at_s for *_, at_s in done] == pytest.approx([at_s for *_, at_s in wanted])


seconds = st.floats(min_value=0, max_value=20)


@st.composite
def timelines(draw):
    steps = []
    for number in range(draw(st.integers(1, 6))):
        after = draw(st.sampled_from([None, *(step.id for step in steps)]))
        at_s = draw(seconds) if number else 0.0
        steps.append(fault(f"s{number}", after=after, at_s=at_s, for_s=0.1 + draw(seconds)))
    names = [step.id for step in steps]
    whats = ("choosing", "confirming", "undoing", "seeing")
    took = {(name, what): draw(seconds) for name in names for what in whats}
    some = st.lists(st.sampled_from(names), unique=True)
    return Cluster(steps, took, draw(some), draw(some))


@given(timelines())
def test_every_timeline_ends_and_every_heal_is_on_time(cluster):
    done = cluster.run()
    begun = {step: at_s for act, step, at_s in done if act == "begin"}
    healed = {step: at_s for act, step, at_s in done if act == "heal"}
    assert set(begun) == set(cluster.schedule.progress)
    assert set(healed) == set(begun) - set(cluster.refused)
    for step in cluster.schedule.steps:
        if step.id in healed:
            took_s = sum(cluster.took[step.id, what] for what in ("choosing", "confirming"))
            assert healed[step.id] == pytest.approx(begun[step.id] + took_s + step.for_s)
        if step.after:
            ended_s = cluster.schedule.progress[step.after].ended_s - START_S
            assert begun[step.id] == pytest.approx(ended_s + step.at_s)
