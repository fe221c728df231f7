"""The self-test as a whole: what cannot be had is unknown, and the lab is taken down."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.errors import ChaosError, NotConfirmedError
from chaos.selftest import run, silent_fault
from chaos.selftest.statements import STATEMENTS, summary, verdict
from lab.components.lab_plan import plan_lab
from lab.errors import BinaryError, CleanupError, NotReadyError
from lab.lab import Lab
from lab.runtime.netns.driver import NetnsDriver
from lab.spec import LabSpec
from reports.locale.catalogue import text_of
from reports.locale.message import message, verbatim

NOTE = verbatim("so")
CHECKS = {
    "check_known_outages": "known-outage",
    "check_stale_read": "planted-stale-read",
    "check_planted_loss": "planted-loss",
    "check_silent_fault": "silent-fault",
    "check_clean_up": "clean-up",
}


@pytest.fixture
def machine(monkeypatch):
    """A machine on which everything holds; `downs` are the labs that were taken down."""
    downs = []
    lab = SimpleNamespace(etcd=lambda node: node, down=lambda: downs.append("down"))
    monkeypatch.setattr(NetnsDriver, "unavailable", lambda *_: "")
    monkeypatch.setattr(Lab, "up", lambda *_, **__: lab)
    monkeypatch.setattr(run, "work_on", lambda _: "work")
    for name, statement in CHECKS.items():
        held = verdict(statement, "holds", NOTE)
        monkeypatch.setattr(run, name, lambda *_, held=held: held)
    return SimpleNamespace(downs=downs)


def values():
    verdicts = run.run_selftest(lambda _: None).verdicts
    assert [entry.id for entry in verdicts] == list(STATEMENTS)
    return [entry.verdict for entry in verdicts]


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.usefixtures("machine")
def test_every_statement_is_tried():
    assert values() == ["holds"] * 5


@pytest.mark.usefixtures("machine")
def test_without_namespaces_all_is_unknown(monkeypatch):
    monkeypatch.setattr(NetnsDriver, "unavailable", lambda *_: "no namespaces can be made: no")
    assert values() == ["unknown"] * 5


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("error", [BinaryError("no network"), NotReadyError("busy"), OSError()])
def test_without_a_lab_only_outages_are_known(monkeypatch, error):
    monkeypatch.setattr(Lab, "up", failing(error))
    assert values() == ["holds", *["unknown"] * 4]


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_fails_is_unknown_and_stops_no_other(machine, monkeypatch, name):
    monkeypatch.setattr(run, name, failing(ChaosError("it did not work")))
    expected = ["unknown" if statement == CHECKS[name] else "holds" for statement in STATEMENTS]
    assert values() == expected
    # the last check takes the lab down itself
    assert machine.downs == []


@pytest.mark.usefixtures("machine")
def test_clients_that_do_not_work_make_both_plants_unknown(monkeypatch):
    monkeypatch.setattr(run, "work_on", failing(NotReadyError("too slow")))
    monkeypatch.setattr(run, "check_stale_read", lambda work, _: work)
    monkeypatch.setattr(run, "check_planted_loss", lambda work, _: work)
    assert values() == ["holds", "unknown", "unknown", "holds", "holds"]


@pytest.mark.usefixtures("machine")
def test_what_cannot_be_removed_is_violated(monkeypatch):
    left = CleanupError("still there")
    monkeypatch.setattr(run, "check_clean_up", failing(left))
    assert values()[-1] == "violated"
    assert run.run_selftest(lambda _: None).left == [left]


@pytest.mark.usefixtures("machine")
def test_what_a_start_that_failed_left_behind_is_not_passed_over(monkeypatch):
    left = CleanupError("still there")
    monkeypatch.setattr(Lab, "up", failing(left))
    tried = run.run_selftest(lambda _: None)
    assert [entry.verdict for entry in tried.verdicts] == ["holds", *["unknown"] * 4]
    assert tried.left == [left]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a defect")])
def test_a_lab_is_taken_down_however_it_ends(machine, monkeypatch, error):
    monkeypatch.setattr(run, "check_silent_fault", failing(error))
    with pytest.raises(type(error)):
        run.run_selftest(lambda _: None)
    assert machine.downs == ["down"]


def test_the_summary_has_a_sentence_for_each_value_that_there_is():
    verdicts = [verdict(name, "holds", NOTE) for name in list(STATEMENTS)[:3]]
    verdicts += [
        verdict("silent-fault", "violated", NOTE),
        verdict("clean-up", "unknown", NOTE),
    ]
    held, failed, unknown = (text_of(sentence, "en") for sentence in summary(verdicts))
    assert held == (
        "Can be believed on this machine: an outage is as long as its bracket; "
        "a stale read is noticed; a lost write is noticed."
    )
    assert failed.startswith("Must not be believed on this machine: a fault that did nothing")
    assert unknown == "Not shown on this machine: nothing of a lab is left behind."
    assert len(summary(verdicts[:3])) == 1


class Effects:
    """An injection whose confirmation is planned."""

    def __init__(self, confirmed):
        self._confirmed = confirmed
        self.calls = []

    def choose_observers(self):
        self.calls.append("observers")

    def begin(self):
        self.calls.append("begin")

    def confirm(self):
        if not self._confirmed:
            raise NotConfirmedError(message("dial-answered"))
        return NOTE

    def end(self):
        self.calls.append("end")


@pytest.mark.parametrize(("confirmed", "value"), [(False, "holds"), (True, "violated")])
def test_a_silent_fault_must_not_be_confirmed(confirmed, value):
    injection = Effects(confirmed)
    assert silent_fault._silent(injection, NOTE).verdict == value
    assert injection.calls == ["observers", "begin", "end"]


def test_the_silent_fault_expects_what_a_real_isolation_does_and_drops_nothing():
    plan = plan_lab(LabSpec(etcd=1, masters=0, workers=1))
    targets = (silent_fault.TARGET,)
    silent = silent_fault.SilentIsolation().plan(plan, targets, (), "f1")
    real = silent_fault.Isolate().plan(plan, targets, (), "f1")
    assert silent.effects == real.effects
    assert [request.kind for request in silent.requests] == [r.kind for r in real.requests]
    assert [request.parameters for request in silent.requests] == [
        {"ruleset": "table inet halab_f1 {}"}
    ]
