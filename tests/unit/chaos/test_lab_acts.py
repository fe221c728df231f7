"""Timelines in real threads, on a lab in memory: their events, and that no fault stays in."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from chaos.errors import NotConfirmedError
from chaos.faults.injection import Injection
from chaos.run.assembly import refusal_of, run_timeline
from chaos.steps import lab_acts, recovery, timeline
from chaos.steps.lab_acts import LabActs
from chaos.steps.recovery import Recovery
from chaos.steps.running_steps import RunningStep, RunningSteps
from chaos.steps.steady_state import NotSteadyError
from chaos.steps.target_choice import TargetChoice
from chaos.steps.timeline import TimelineRun
from lab.errors import AgentError, NotReadyError
from lab.readiness import wait_until
from reports.history import events
from reports.history.schema import StepRecord
from reports.locale.catalogue import text_of
from reports.locale.message import verbatim
from tests.fakes import FakeLab

SETTINGS = {"election_s": 0.1, "lease_duration_s": 0.1}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(recovery, "POLL_S", 0.01)
    monkeypatch.setattr("chaos.steps.target_choice.POLL_S", 0.01)
    monkeypatch.setattr("chaos.steps.steady_state.POLL_S", 0.01)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)
    monkeypatch.setattr("chaos.faults.injection.CONFIRM_TIMEOUT_S", 0.1)
    monkeypatch.setattr("lab.plan.RESTART_TIMEOUT_S", 0.1)
    monkeypatch.setattr("chaos.faults.injection.PATIENCE_S", 0.1)


@pytest.fixture
def lab(tmp_path):
    return FakeLab(tmp_path, etcd=3, masters=2, workers=2)


def fault(name, kind, target, *, for_s=0.3, at_s=0.0, after=None, settle=False, **parameters):
    return StepRecord(
        id=name,
        fault=kind,
        target=target,
        for_s=for_s,
        at_s=at_s,
        after=after,
        settle=settle,
        parameters=parameters,
    )


class Run:
    """A timeline on a lab; `events` has its events in order, unless `write` takes them."""

    def __init__(
        self,
        lab,
        steps,
        keep="nothing",
        unsteady=lambda: None,
        rejoining=None,
        write=None,
        unserved=None,
    ):
        self.lab, self.events = lab, []
        self.running = RunningSteps()
        experiment = SimpleNamespace(steps=steps, settings=SETTINGS, keep=keep)
        refusal = refusal_of(experiment, lab.plan)
        self.acts = LabActs(
            lab,
            TargetChoice(lab, experiment, random.Random(1), refusal, self.running),
            self.running,
            rejoining or SimpleNamespace(acknowledged=lambda: 0),
            write or self.events.append,
            rejoins=rejoining is not None,
            unsteady=unsteady,
            recovery=Recovery(
                *(lab, self.running, write or self.events.append, lambda _since_s: None),
                *(unserved or (lambda _before_s, _since_s: {}), 0.0),
            ),
        )
        self.timeline = TimelineRun(steps, self.acts)

    def go(self):
        with self.acts:
            self.timeline.run()
            wait_until("everything to recover", self.running.unrecovered, 3)
        return self

    def of(self, step):
        """Return the kinds of events of a step, in order."""
        about = [event for event in self.events if getattr(event, "injection", None) == step]
        return [events.kind_of(type(event)) for event in about]

    def at_s(self, kind, step):
        return next(
            event.t_s
            for event in self.events
            if isinstance(event, kind) and getattr(event, "injection", None) == step
        )

    def hit(self, step):
        return next(
            event.hit
            for event in self.events
            if isinstance(event, events.InjectBegin) and event.injection == step
        )


WHOLE = [
    *("inject_begin", "inject_end", "effect_confirmed", "heal_begin", "heal_end"),
    *("heal_confirmed", "recovered"),
]
UNSEEN = [WHOLE[0], WHOLE[1], "effect_masked", *WHOLE[3:]]


def clean(lab):
    return not lab.hit


def test_faults_of_three_kinds_on_three_nodes_overlap_and_heal_in_another_order(lab):
    steps = [
        fault("kill", "kill", "etcd-1", for_s=0.6),
        fault("cut", "cut", "etcd-2", for_s=0.1, at_s=0.1, **{"from": "etcd-3"}),
        fault("hang", "hang", "master-1", for_s=0.2, at_s=0.2),
    ]
    run = Run(lab, steps).go()
    assert [run.of(step.id) for step in steps] == [WHOLE] * 3
    heals = [event.injection for event in run.events if isinstance(event, events.HealBegin)]
    assert heals == ["cut", "hang", "kill"]
    for step in steps:
        held_s = run.at_s(events.HealBegin, step.id) - run.at_s(events.EffectConfirmed, step.id)
        assert step.for_s <= held_s < step.for_s + 0.15
    begun_s = [run.at_s(events.InjectBegin, step.id) for step in steps]
    assert 0.1 <= begun_s[1] - begun_s[0] < 0.25
    assert clean(lab)
    undos = (lab.directory / "journal.jsonl").read_text()
    assert undos.count('"planned"') == undos.count('"undone"') == 3


def test_an_injection_that_another_hides_is_masked_and_its_undo_looked_at_after_the_last_heal(lab):
    steps = [
        fault("first", "isolate", "etcd-1", for_s=0.5),
        fault("second", "isolate", "etcd-1", for_s=0.1, at_s=0.1),
    ]
    run = Run(lab, steps).go()
    assert run.of("first") == WHOLE
    assert run.of("second") == UNSEEN
    masked = next(event for event in run.events if isinstance(event, events.EffectMasked))
    assert masked.by == ["first"]
    confirmed_s = run.at_s(events.HealConfirmed, "second")
    assert run.at_s(events.HealEnd, "second") < run.at_s(events.HealEnd, "first") < confirmed_s


def test_a_heal_is_on_time_while_another_one_takes_for_ever(lab):
    held = threading.Event()
    lab.slow["etcd-1", "heal kill"] = lambda: held.wait(5)
    steps = [
        fault("slow", "kill", "etcd-1", for_s=0.1),
        fault("quick", "kill", "etcd-2", for_s=0.2, at_s=0.05),
    ]
    run = Run(lab, steps)
    threading.Timer(0.6, held.set).start()
    run.go()
    held_s = run.at_s(events.HealEnd, "quick") - run.at_s(events.EffectConfirmed, "quick")
    assert held_s < 0.35
    assert run.at_s(events.HealEnd, "slow") > run.at_s(events.HealEnd, "quick")


def test_nobody_leads_so_the_step_waits_twice_its_timeout_and_is_not_injected(lab):
    lab.leader = ""
    begun_s = time.monotonic()
    run = Run(lab, [fault("lost", "kill", "etcd:leader"), fault("next", "kill", "master-1")])
    run.go()
    assert run.of("lost") == ["not_injected"]
    assert 0.2 <= run.at_s(events.NotInjected, "lost") - begun_s < 0.5
    assert run.of("next") == WHOLE


def test_a_leader_that_is_elected_meanwhile_is_hit(lab):
    lab.leader = ""
    threading.Timer(0.1, lambda: setattr(lab, "leader", "etcd-3")).start()
    run = Run(lab, [fault("lost", "kill", "etcd:leader")]).go()
    assert run.hit("lost") == ["etcd-3/etcd"]


def test_no_step_chooses_a_node_that_another_one_has_hit(lab):
    steps = [fault(f"s{n}", "kill", "etcd:any", for_s=0.4, at_s=n * 0.02) for n in range(4)]
    run = Run(lab, steps).go()
    hit = [run.hit(f"s{n}")[0] for n in range(3)]
    assert sorted(hit) == ["etcd-1/etcd", "etcd-2/etcd", "etcd-3/etcd"]
    assert run.of("s3") == ["not_injected"]


REFUSED = {
    "a hang where a kill is": ("nothing", fault("b", "hang", "etcd-1", at_s=0.1), "hit by a"),
    "a power-off there": ("nothing", fault("b", "power-off", "etcd-1", at_s=0.1), "hit by a"),
    "a second member of three": ("quorum", fault("b", "kill", "etcd-2", at_s=0.1), "quorum"),
    "the members' last": ("quorum", fault("b", "kill", "etcd:any", at_s=0.1), "quorum"),
}


@pytest.mark.parametrize(("keep", "second", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_rules_forbid_is_not_injected(lab, keep, second, reason):
    run = Run(lab, [fault("a", "kill", "etcd-1"), second], keep).go()
    assert run.of("a") == WHOLE
    (refused,) = [event for event in run.events if isinstance(event, events.NotInjected)]
    assert refused.injection == "b"
    assert reason in text_of(refused.reason, "en")


def test_a_cut_may_hit_a_node_that_is_killed(lab):
    second = fault("b", "cut", "etcd-1", at_s=0.1, **{"from": "etcd-2"})
    run = Run(lab, [fault("a", "kill", "etcd-1"), second]).go()
    assert "inject_begin" in run.of("b")


def test_a_step_may_hit_what_another_step_hit(lab):
    steps = [fault("a", "kill", "etcd:any"), fault("b", "kill", "step:a", after="a")]
    run = Run(lab, steps).go()
    assert run.hit("a") == run.hit("b")
    assert run.at_s(events.HealConfirmed, "a") < run.at_s(events.InjectBegin, "b")


def test_with_settle_a_step_waits_for_the_steady_state(lab):
    unsteady = iter([verbatim("late"), verbatim("late"), None])
    waits = [fault("a", "kill", "etcd-1"), fault("b", "kill", "etcd-2", after="a", settle=True)]
    run = Run(lab, waits, unsteady=lambda: next(unsteady)).go()
    assert run.of("b") == WHOLE
    assert list(unsteady) == []


def test_a_step_that_settles_waits_for_masters_that_the_balancer_leaves_out(lab, monkeypatch):
    monkeypatch.setattr("chaos.steps.steady_state.STEADY_TIMEOUT_S", 0.1)
    back_s = time.monotonic() + 1.5
    out = {"worker-1": ["master-1"]}
    waits = [fault("a", "kill", "master-1"), fault("b", "kill", "etcd-2", after="a", settle=True)]
    run = Run(lab, waits, unserved=lambda *_: out if time.monotonic() < back_s else {})
    run.acts._unsteady = run.running.unrecovered
    run.go()
    assert run.of("a") == run.of("b") == WHOLE
    assert run.at_s(events.InjectBegin, "b") > run.at_s(events.Recovered, "a") >= back_s


def test_where_an_agent_was_lost_it_is_the_reason(lab):
    def run():
        raise NotSteadyError("not answered")

    with pytest.raises(NotSteadyError):
        run_timeline(SimpleNamespace(run=run), lab)
    lab.record.boots["etcd-2"] = "another"
    with pytest.raises(NotReadyError, match="the agent of etcd-2 was restarted"):
        run_timeline(SimpleNamespace(run=run), lab)


def test_a_lab_that_does_not_settle_ends_the_timeline(lab, monkeypatch):
    monkeypatch.setattr("chaos.steps.steady_state.STEADY_TIMEOUT_S", 0.1)
    steps = [
        fault("a", "kill", "etcd-1", for_s=9),
        fault("b", "kill", "etcd-2", settle=True),
    ]
    with pytest.raises(NotSteadyError, match="steady state before b"):
        Run(lab, steps, unsteady=lambda: verbatim("a write was late")).go()
    assert clean(lab)


class Undone:
    """What a heal of step a is answered when it is looked for; the looks of others see it gone."""

    def __init__(self, monkeypatch, *looks):
        looks, real = iter(looks), Injection.confirm_undone

        def confirm_undone(injection):
            if injection.id == "a":
                next(looks, lambda: None)()
            return real(injection)

        monkeypatch.setattr(Injection, "confirm_undone", confirm_undone)


def test_an_undo_whose_last_mask_was_undone_while_it_was_looked_for_is_looked_for_again(
    lab, monkeypatch
):
    steps = [fault("a", "kill", "etcd-1", for_s=0.1), fault("b", "kill", "etcd-2", for_s=0.3)]
    run = Run(lab, steps)

    def look():
        wait_until("b's end", lambda: "" if "heal_end" in run.of("b") else "not yet", 3)
        raise NotConfirmedError("not answered")

    Undone(monkeypatch, look)
    run.go()
    assert run.of("a") == run.of("b") == WHOLE
    assert run.at_s(events.HealConfirmed, "a") > run.at_s(events.HealEnd, "b")


def test_what_was_already_sick_is_not_hit(lab):
    lab.faults["x", "etcd-1"] = ("hang", {"component": "etcd"})
    run = Run(lab, [fault("a", "kill", "etcd-1"), fault("b", "kill", "etcd-2")]).go()
    assert run.of("a") == ["not_injected"]
    (refused,) = [event for event in run.events if isinstance(event, events.NotInjected)]
    assert "no node saw it unbroken before" in text_of(refused.reason, "en")
    assert ("etcd-1", "inject kill") not in lab.asked
    assert run.of("b") == WHOLE


RECOVERING = {
    "on the same node": ("nothing", fault("b", "hang", "etcd-1", after="a"), True),
    "beside it": ("quorum", fault("b", "kill", "etcd-2", after="a"), True),
    "one that is still in": ("nothing", fault("b", "hang", "etcd-1", at_s=0.05), False),
}


@pytest.mark.parametrize(("keep", "second", "hits"), RECOVERING.values(), ids=RECOVERING.keys())
def test_what_is_only_not_well_yet_is_waited_for(lab, monkeypatch, keep, second, hits):
    well_s = time.monotonic() + 1.0
    monkeypatch.setattr(
        recovery, "node_problem", lambda *_: "starting" if time.monotonic() < well_s else ""
    )
    run = Run(lab, [fault("a", "kill", "etcd-1", for_s=0.2), second], keep).go()
    assert run.of("b") == (WHOLE if hits else ["not_injected"])


def test_what_never_gets_well_is_waited_for_so_long(lab, monkeypatch):
    monkeypatch.setattr("chaos.steps.target_choice.RECOVERY_S", 0.5)
    monkeypatch.setattr(recovery, "node_problem", lambda *_: "starting")
    steps = [fault("a", "kill", "etcd-1", for_s=0.1), fault("b", "hang", "etcd-1", after="a")]
    run = Run(lab, steps)
    with run.acts:
        run.timeline.run()
    waited_s = run.at_s(events.NotInjected, "b") - run.at_s(events.HealConfirmed, "a")
    assert 0.5 <= waited_s < 1


def test_what_comes_after_a_heal_does_not_wait_until_the_node_is_well(lab, monkeypatch):
    def slow(*_):
        time.sleep(0.5)
        return ""

    monkeypatch.setattr(recovery, "node_problem", slow)
    steps = [fault("a", "kill", "etcd-1", for_s=0.1), fault("b", "kill", "etcd-2", after="a")]
    run = Run(lab, steps).go()
    assert run.at_s(events.InjectBegin, "b") - run.at_s(events.HealConfirmed, "a") < 0.4


def test_what_fails_after_the_last_step_has_ended_is_raised_too(lab):
    class Acts:
        def begin(self, step, notify):
            notify(step.id, "ended_s")
            raise ZeroDivisionError

        heal = look = begin

        def undo_all(self):
            assert clean(lab)

    timeline = TimelineRun([fault("a", "kill", "etcd-1", for_s=0.1)], Acts())
    with pytest.raises(ZeroDivisionError):
        timeline.run()


def test_a_heal_is_tried_again_when_all_is_undone_and_begins_once(lab):
    lab.refusing["etcd-1"] = "busy"
    run = Run(lab, [fault("a", "kill", "etcd-1", for_s=0.1)])
    with pytest.raises(NotConfirmedError, match="busy"):
        run.go()
    assert run.of("a") == WHOLE[:4]
    assert lab.asked.count(("etcd-1", "heal kill")) == 2


def test_newest_first_is_by_when_they_began(lab):
    run = Run(lab, [])
    for name, begun_s in (("a", 5.0), ("b", 9.0), ("c", 7.0)):
        injection = SimpleNamespace(end=lambda: None)
        step = fault(name, "kill", "etcd-1")
        running = RunningStep(step, (), injection=injection, begun_s=begun_s)
        run.running.claim(running, lambda: None)
    run.acts.undo_all()
    heals = [event.injection for event in run.events if isinstance(event, events.HealBegin)]
    assert heals == ["b", "c", "a"]


def test_an_effect_that_nobody_sees_ends_the_timeline_and_all_is_undone(lab):
    lab.inert.add("inject")
    with pytest.raises(NotConfirmedError):
        Run(
            lab,
            [
                fault("a", "cut", "etcd-1", for_s=9, **{"from": "etcd-2"}),
                fault("b", "kill", "etcd-3", for_s=9),
            ],
        ).go()
    assert clean(lab)


def test_an_undo_that_nobody_sees_did_not_recover(lab):
    lab.inert.add("heal")
    with pytest.raises(NotSteadyError):
        Run(lab, [fault("a", "kill", "etcd-1", for_s=0.1)]).go()


def test_a_switch_that_fired_ends_the_timeline_and_is_written(lab):
    lab.fired["etcd-1"] = ["f1"]
    run = Run(lab, [fault("a", "kill", "etcd-1", for_s=0.1)])
    with pytest.raises(NotConfirmedError, match="dead man's switch of etcd-1"):
        run.go()
    assert run.of("a") == [*WHOLE[:4], "switch_fired"]


def interrupt_when(run, kind, step):
    """Interrupt this process as soon as an event is written."""

    def wait():
        wait_until("the moment", lambda: "" if kind in run.of(step) else "not yet", 5)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


def test_an_interrupt_undoes_all_newest_first_and_one_that_fails_stops_no_other(lab):
    steps = [fault(f"s{n}", "kill", f"etcd-{n + 1}", for_s=60, at_s=n * 0.05) for n in range(3)]
    run = Run(lab, steps)

    lab.raises("etcd-2", "heal kill", AgentError("the channel broke"))
    interrupt_when(run, "effect_confirmed", "s2")
    with pytest.raises(KeyboardInterrupt):
        run.go()
    heals = [event.injection for event in run.events if isinstance(event, events.HealBegin)]
    assert heals == ["s2", "s1", "s0"]
    assert lab.hit == {"etcd-2"}
    assert "the channel broke" in next(
        text_of(event.reason, "en") for event in run.events if isinstance(event, events.GaveUp)
    )


def test_on_an_interrupt_an_undo_that_hangs_is_waited_for_a_bounded_time(lab, monkeypatch):
    monkeypatch.setattr(lab_acts, "UNDO_TIMEOUT_S", 0.2)
    steps = [fault(f"s{n}", "kill", f"etcd-{n + 1}", for_s=60, at_s=n * 0.05) for n in range(2)]
    run = Run(lab, steps)
    held = threading.Event()
    lab.slow["etcd-2", "heal kill"] = lambda: held.wait(10)
    interrupt_when(run, "effect_confirmed", "s1")
    begun_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run.go()
    assert time.monotonic() - begun_s < 2
    assert ("etcd-1", "heal kill") in lab.asked
    held.set()


def test_an_interrupt_while_a_fault_is_put_in_waits_for_that_and_undoes_it(lab):
    going_in = threading.Event()
    lab.slow["etcd-1", "inject kill"] = lambda: going_in.wait(0.3)
    run = Run(lab, [fault("a", "kill", "etcd-1", for_s=60)])
    interrupt_when(run, "inject_begin", "a")
    with pytest.raises(KeyboardInterrupt):
        run.go()
    assert lab.asked == [("etcd-1", "inject kill"), ("etcd-1", "heal kill")]
    assert clean(lab)


def test_a_full_disk_keeps_no_fault_in(lab):
    def write(event):
        if isinstance(event, events.HealBegin):
            raise OSError(28, "No space left on device")

    Run(lab, [fault("a", "kill", "etcd-1", for_s=0.1)], write=write).go()
    assert clean(lab)


def test_what_is_to_end_the_timeline_does_so_while_a_fault_is_held(lab, monkeypatch):
    monkeypatch.setattr(timeline, "CHECK_S", 0.05)
    steps = [fault("a", "kill", "etcd-1", for_s=60)]
    run = Run(lab, steps)

    def check():
        if any(isinstance(event, events.EffectConfirmed) for event in run.events):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), run.acts:
        TimelineRun(steps, run.acts, check).run()
    assert clean(lab)
