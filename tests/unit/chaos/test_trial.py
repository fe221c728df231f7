"""A trial from steady state to steady state, with parts that are set up here and no lab."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from chaos.errors import ChaosError
from chaos.probes.series import DEADLINE_S
from chaos.run.recorder import TrialRecorder
from chaos.run.trial import BASELINE_TIMEOUT_S, Parts, Trial
from chaos.steps.steady_state import STEADY_TIMEOUT_S, NotSteadyError
from lab.errors import AgentError, NotReadyError
from reports.history import events
from reports.history.final_state import FinalState
from reports.history.operations import Operation
from reports.history.samples import Sample
from reports.locale.catalogue import text_of
from reports.locale.message import verbatim
from tests.fakes import FakeClock

BASELINE_S = 4.0
FINAL = FinalState(members={}, compacted=0, versions=[])


def english(sentence):
    return text_of(sentence, "en")


class History:
    """The events, samples and operations that a trial's writer got."""

    def __init__(self):
        self.events, self.samples, self.operations = [], [], []
        self.event, self.sample = self.events.append, self.samples.append
        self.operation = self.operations.append


class Harness:
    """A trial whose parts note what is done to them, and fail as in `fails`.

    `fails`: part -> what it raises; `unclean`: the evidence of one window after the other.
    """

    def __init__(self):
        self.clock = FakeClock()
        self.done, self.fails, self.unclean, self.windows_s, self.kept = [], {}, [], [], []
        self.history = History()
        self.recorder = TrialRecorder(self.history)
        self.parts = Parts(
            around=[self.entered("probers")],
            within=[self.entered("clients")],
            begun=lambda _at_s: self.note("begun"),
            unclean=self._unclean,
            unsteady=lambda: self.note("steady"),
            returning=lambda: False,
            steps=lambda: self.note("steps"),
            load=SimpleNamespace(
                finish=lambda: self.note("finish"),
                final_state=lambda: self.note("final state") or FINAL,
            ),
            components=lambda _since_s: self.note("components"),
            cpu_shares=lambda: {"worker-1": 0.1},
            in_use=lambda: 0.5,
            steady_timeout_s=STEADY_TIMEOUT_S,
        )

    def trial(self, **changed):
        """Make the trial, some of its parts changed."""
        parts = replace(self.parts, **changed)
        return Trial(parts, self.recorder, self.kept.append, BASELINE_S, self.clock)

    @contextlib.contextmanager
    def entered(self, name):
        self.note(f"{name} begin")
        yield
        self.note(f"{name} end")

    def note(self, part):
        self.done.append(part)
        if part in self.fails:
            raise self.fails[part]

    def _unclean(self, window_s):
        self.windows_s.append(window_s)
        return verbatim(self.unclean.pop(0)) if self.unclean else None

    def kinds(self):
        return [events.kind_of(type(event)) for event in self.history.events]


@pytest.fixture
def harness():
    return Harness()


WHOLE = [
    *(
        "probers begin",
        "steady",
        "begun",
        "clients begin",
        "steps",
        "steady",
        "finish",
        "final state",
    ),
    *("clients end", "components", "probers end"),
]


def test_a_trial_goes_from_steady_state_to_steady_state_and_its_end_is_proved(harness):
    assert harness.trial().run() is None
    assert harness.done == WHOLE
    assert harness.kinds() == [
        *("baseline_begin", "steady", "steady_again", "probing_end", "probe_cpu", "machine_cpu"),
    ]
    assert harness.kept == [FINAL]


# --- the baseline


def test_a_good_baseline_is_held_once_and_looked_at_up_to_a_deadline_ago(harness):
    harness.trial().run()
    assert harness.windows_s == [BASELINE_S - DEADLINE_S]
    begun, steady_at = harness.history.events[:2]
    assert (begun.t_s, steady_at.t_s) == (0.0, BASELINE_S)


def test_a_bad_one_is_begun_again_with_its_evidence(harness):
    harness.unclean = ["write from worker-1: late", "read: timeout"]
    assert harness.trial().run() is None
    again = [event for event in harness.history.events if isinstance(event, events.BaselineAgain)]
    assert [(event.t_s, english(event.evidence)) for event in again] == [
        (4.0, "write from worker-1: late"),
        (8.0, "read: timeout"),
    ]


def test_one_that_is_never_good_ends_the_trial_with_the_last_evidence(harness):
    harness.unclean = ["write from worker-1: late"] * 99
    doubt = harness.trial().run()
    assert doubt.kind == "not-measured"
    why = "a good baseline was not seen within 120 s: write from worker-1: late"
    assert why in english(doubt.reason)
    gave_up = next(event for event in harness.history.events if isinstance(event, events.GaveUp))
    assert gave_up.t_s <= BASELINE_TIMEOUT_S + BASELINE_S
    assert "steps" not in harness.done


# --- what breaks


DOUBTS = {
    "no steady state before": ("probers begin", AgentError("gone"), "not-measured"),
    "clients that are not served": ("clients begin", ChaosError("no client"), "not-measured"),
    "an effect that nobody sees": ("steps", ChaosError("not refused"), "not-measured"),
    "an undo that nobody sees": ("steps", NotSteadyError("not answered"), "not-recovered"),
    "operations that are missing": ("finish", ChaosError("1 of 2"), "not-measured"),
    "members that do not answer": ("final state", AgentError("gone"), "not-measured"),
    "an agent that is gone in the end": ("components", AgentError("gone"), "not-measured"),
}


@pytest.mark.parametrize(("part", "error", "kind"), DOUBTS.values(), ids=DOUBTS.keys())
def test_a_lab_that_breaks_is_a_doubt_and_no_error(harness, part, error, kind):
    harness.fails[part] = error
    doubt = harness.trial().run()
    assert (doubt.kind, english(doubt.reason)) == (kind, str(error))


def test_a_lab_that_does_not_come_back_has_not_recovered(harness, monkeypatch):
    monkeypatch.setattr(harness, "note", harness.done.append)
    evidence = iter([None])
    late = verbatim("a write was late")
    doubt = harness.trial(unsteady=lambda: next(evidence, late)).run()
    assert doubt.kind == "not-recovered"
    why = "after the last heal was not reached within 40 s: a write was late"
    assert why in english(doubt.reason)
    assert harness.kept == [FINAL], "what was acknowledged is looked for all the same"


def test_the_time_for_a_steady_state_counts_from_the_return_of_the_masters(harness):
    clock, begun_s = harness.clock, harness.clock.now_s
    back_s = begun_s + BASELINE_S + 2 * STEADY_TIMEOUT_S

    def unsteady():
        late = begun_s + BASELINE_S <= clock.now_s < back_s + 5
        return verbatim("not recovered") if late else None

    changed = {"unsteady": unsteady, "returning": lambda: clock.now_s < back_s}
    assert harness.trial(**changed).run() is None
    steady_again = next(e for e in harness.history.events if isinstance(e, events.SteadyAgain))
    assert begun_s + steady_again.t_s == pytest.approx(back_s + 5, abs=0.3)


@pytest.mark.parametrize("part", ["steps", "finish"])
def test_the_end_is_proved_whatever_became_of_the_steps(harness, part):
    harness.fails[part] = NotSteadyError("the first")
    harness.fails["components"] = AgentError("a later one")
    assert english(harness.trial().run().reason) == "the first"
    assert harness.kept == [FINAL]
    assert harness.kinds().count("gave_up") == 1


@pytest.mark.parametrize("part", ["steps", "clients begin", "final state"])
@pytest.mark.parametrize("error", [AgentError("gone"), OSError("no space left"), RuntimeError()])
def test_an_interrupt_keeps_what_was_measured_and_nothing_replaces_it(harness, part, error):
    harness.fails = {part: KeyboardInterrupt(), "components": error}
    with pytest.raises(KeyboardInterrupt):
        harness.trial().run()
    assert "components" in harness.done
    assert "probing_end" in harness.kinds()


def test_an_error_that_was_not_foreseen_is_one(harness):
    harness.fails["steps"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        harness.trial().run()
    assert "probing_end" in harness.kinds()


def test_an_agent_that_is_gone_is_not_a_cluster_that_did_not_recover(harness):
    looks = iter([True])

    def unsteady():
        if not next(looks, False):
            raise NotReadyError("the agent of etcd-1 was restarted")

    begun_s = harness.clock.now_s
    doubt = harness.trial(unsteady=unsteady).run()
    assert doubt.kind == "not-measured"
    assert english(doubt.reason) == "the agent of etcd-1 was restarted"
    assert harness.clock.now_s - begun_s < STEADY_TIMEOUT_S


# --- the record


def sample(scheduled_s):
    times = {"scheduled_s": scheduled_s, "started_s": scheduled_s, "ended_s": scheduled_s + 0.5}
    about = {"probe": "read", "worker": "worker-1", "connection": "new", "outcome": "ok"}
    return Sample(**about, **times, status=200, error="", master="master-1", client_port=1)


def test_what_belongs_to_the_trial_is_on_its_clock_and_nothing_else_is_written():
    history = History()
    recorder = TrialRecorder(history)
    recorder.sample(sample(99))
    recorder.event(events.Leader(99.0, "etcd-1", 2))
    recorder.begin(100.0)
    recorder.sample(sample(99.9))
    recorder.sample(sample(101))
    recorder.event(events.Leader(101.5, "etcd-1", 3))
    nodes = {"etcd-1": {"sent_s": 102.25, "gone_s": 102.5}}
    recorder.event(events.InjectEnd(103.0, "kill", nodes))
    recorder.operation(Operation(1, "write", "k", "v", 104.0, 105.0, "ok"))
    recorder.end(110.0)
    recorder.sample(sample(109))
    recorder.sample(sample(110))
    recorder.event(events.Leader(111.0, "etcd-1", 4))
    recorder.close()
    recorder.sample(sample(108))
    recorder.event(events.Leader(108.0, "etcd-1", 5))
    recorder.event(events.GaveUp(112.0, verbatim("late")))
    assert [sample.scheduled_s for sample in history.samples] == [1.0, 9.0]
    assert [sample.ended_s for sample in history.samples] == [1.5, 9.5]
    leader, inject_end, gave_up = history.events
    assert gave_up == events.GaveUp(10.0, verbatim("late"))
    assert leader == events.Leader(1.5, "etcd-1", 3)
    assert inject_end.nodes == {"etcd-1": {"sent_s": 2.25, "gone_s": 2.5}}
    assert [(operation.invoke_s, operation.complete_s) for operation in history.operations] == [
        (4.0, 5.0)
    ]
