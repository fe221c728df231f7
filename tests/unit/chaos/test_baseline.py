"""A fault is put in after a baseline that was good, however often that takes."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from chaos import engine
from chaos.errors import NotConfirmedError
from lab.components import plan_lab
from lab.spec import LabSpec


class Clock:
    """Time that passes in sleep alone, and at once."""

    now_s = 100.0

    def monotonic(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


@pytest.fixture
def trial(monkeypatch):
    """A trial whose events are heard, and whose lab is steady whenever it is asked."""
    monkeypatch.setattr(engine, "time", Clock())
    monkeypatch.setattr(engine.Trial, "_wait_steady", lambda *_: None)
    lab = SimpleNamespace(plan=plan_lab(LabSpec()), apiserver=lambda *_: None, etcd=lambda *_: None)
    heard = []
    history = SimpleNamespace(event=lambda at_s, kind, **fields: heard.append((at_s, kind, fields)))
    made = engine.Trial(lab, None, [], random.Random(0), history)
    made._zero_s = 100.0
    made.heard = heard
    return made


def probers_that_say(*evidence):
    """Probers that were unclean with this evidence, one window after the other."""
    said, windows_s = iter(evidence), []

    def unclean(window_s):
        windows_s.append(window_s)
        return next(said)

    return SimpleNamespace(unclean=unclean, windows_s=windows_s)


def test_a_good_baseline_is_held_once_and_looked_at_up_to_a_deadline_ago(trial):
    trial._probers = probers_that_say("")
    trial._hold_baseline()
    assert trial.heard == []
    assert trial._probers.windows_s == [engine.BASELINE_S - engine.DEADLINE_S]


def test_a_bad_one_is_begun_again_with_its_evidence(trial):
    trial._probers = probers_that_say("write from worker-1: late", "read: timeout", "")
    trial._hold_baseline()
    assert trial.heard == [
        (4.0, "baseline_again", {"evidence": "write from worker-1: late"}),
        (8.0, "baseline_again", {"evidence": "read: timeout"}),
    ]


def test_one_that_is_never_good_ends_the_trial_with_the_last_evidence(trial):
    trial._probers = probers_that_say(*["write from worker-1: late"] * 99)
    with pytest.raises(NotConfirmedError, match=r"a good baseline .* write from worker-1: late"):
        trial._hold_baseline()
    assert trial.heard[-1][0] <= engine.STEADY_TIMEOUT_S + engine.BASELINE_S
