"""Every fault on a real lab: seen from outside, undone, and caught when it does not happen."""

from __future__ import annotations

import random
import time

import pytest

from chaos.errors import MaskedError, NotConfirmedError, SwitchFiredError
from chaos.faults import injection as module
from chaos.faults.injection import Injection, injected
from chaos.faults.registry import fault_of
from chaos.target_parser import parse
from chaos.targets import Target
from lab.bootstrap import proxy_problem
from lab.errors import LabError
from lab.health import etcd_leader, lab_problem
from lab.readiness import wait_until
from reports.locale.catalogue import text_of

pytestmark = pytest.mark.beside

MASTER = Target("master-1", "kube-apiserver")
SCHEDULER = Target("master-1", "kube-scheduler")
ETCD = Target("etcd-1", "etcd")
WORKERS = (Target("worker-1", "nginx"), Target("worker-2", "nginx"))
PEERS = (Target("etcd-2", "etcd"), Target("etcd-3", "etcd"))

# kind, targets, the other side
FAULTS = {
    "kill": ("kill", (MASTER,), ()),
    "kill two": ("kill", (MASTER, ETCD), ()),
    "crash": ("crash", (SCHEDULER,), ()),
    "hang": ("hang", (MASTER,), ()),
    "hang etcd": ("hang", (ETCD,), ()),
    "power-off": ("power-off", (MASTER,), ()),
    "isolate": ("isolate", (MASTER,), ()),
    "cut from workers": ("cut", (MASTER,), WORKERS),
    "cut from peers": ("cut", (ETCD,), PEERS),
}
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
STAY = {name: fault for name, fault in FAULTS.items() if name != "crash"}


def wait_healthy(lab):
    wait_until("the lab to be healthy", lambda: lab_problem(lab), 40)


def made(lab, fault, **how):
    kind, targets, others = fault
    parameters = {"from": "the other side"} if others else {}
    return Injection(lab, kind, fault_of(kind, parameters), targets, others, **how)


@pytest.fixture(autouse=True)
def fast_failures(monkeypatch):
    """Confirmations that must fail need not take as long as they may."""
    monkeypatch.setattr(module, "CONFIRM_TIMEOUT_S", 2.5)


@pytest.fixture
def nothing_done(monkeypatch):
    """Agents are asked for nothing when a fault begins."""

    def skip(injection):
        injection.choose_observers()
        monkeypatch.setattr(injection, "begin", dict)
        return injection

    return skip


@every_fault
def test_a_fault_is_seen_from_outside_and_so_is_its_end(lab, fault):
    injection = made(lab, fault)
    times = injection.begin()
    assert injection.confirm()
    assert {target.node for target in injection.targets} <= set(times)
    injection.end()
    assert injection.confirm_undone()
    injection.end()
    wait_healthy(lab)


@every_fault
def test_a_fault_that_was_not_put_in_is_not_confirmed(lab, fault, nothing_done):
    with pytest.raises(NotConfirmedError, match="waited"), injected(nothing_done(made(lab, fault))):
        pass


WRONG = {
    "killed, not hung": ("kill", "hang"),
    "killed, not powered off": ("kill", "power-off"),
    "killed, not cut": ("kill", "cut from workers"),
    "killed, not isolated": ("kill", "isolate"),
    "hung, not killed": ("hang", "kill"),
    "hung, not cut": ("hang", "cut from workers"),
    "powered off, not killed": ("power-off", "kill"),
}


@pytest.mark.parametrize(("done", "meant"), WRONG.values(), ids=WRONG.keys())
def test_another_fault_than_the_meant_one_is_not_confirmed(lab, done, meant, nothing_done):
    injection = nothing_done(made(lab, FAULTS[meant]))
    with injected(made(lab, FAULTS[done])), pytest.raises(NotConfirmedError):
        injection.confirm()
    wait_healthy(lab)


def test_a_cut_at_one_of_two_sides_only_is_not_confirmed(lab, nothing_done):
    whole = nothing_done(made(lab, FAULTS["cut from workers"]))
    with (
        injected(made(lab, ("cut", (MASTER,), WORKERS[:1]))),
        pytest.raises(NotConfirmedError, match="worker-2"),
    ):
        whole.confirm()


@pytest.mark.parametrize("fault", STAY.values(), ids=STAY.keys())
def test_an_undo_that_did_not_happen_is_not_confirmed(lab, fault, monkeypatch):
    monkeypatch.setattr("lab.plan.RESTART_TIMEOUT_S", 1.5)
    injection = made(lab, fault)
    with injected(injection), pytest.raises(NotConfirmedError, match="waited"):
        injection.confirm_undone()
    monkeypatch.undo()
    injection.confirm_undone()
    wait_healthy(lab)


def test_a_dark_worker_confirms_nothing_and_another_one_looks(lab, nothing_done):
    dark = made(lab, ("isolate", WORKERS[:1], ()))
    with injected(dark):
        with pytest.raises(NotConfirmedError, match="worker-2 dials"):
            nothing_done(made(lab, FAULTS["isolate"], running=lambda: [dark])).confirm()
        other = made(lab, FAULTS["isolate"], running=lambda: [dark])
        with injected(other) as evidence:
            assert text_of(evidence, "en") == "worker-2 dials master-1:6443: timeout"
        other.confirm_undone()
    dark.confirm_undone()
    wait_healthy(lab)


def test_overlapping_faults_are_seen_hidden_and_healed_in_another_order(lab):
    running = []
    isolated = made(lab, ("isolate", (ETCD,), ()), running=lambda: running)
    killed = made(lab, ("kill", (ETCD,), ()), running=lambda: running)
    cut = made(lab, FAULTS["cut from peers"], running=lambda: running)

    def begin(injection):
        injection.begin()
        running.append(injection)
        return text_of(injection.confirm(), "en")

    own = lab.plan.node("etcd-1").address
    assert begin(isolated) == "worker-1 dials etcd-1:2379: timeout"
    assert begin(killed) == f"etcd-1 dials {own}:2379: refused"
    with pytest.raises(MaskedError) as hidden:
        begin(cut)
    assert set(hidden.value.by) == {"isolate", "kill"}
    for injection in (isolated, killed, cut):
        injection.end()
        running.remove(injection)
    for injection in (cut, isolated, killed):
        injection.confirm_undone()
    wait_healthy(lab)


def test_an_undo_that_the_dead_mans_switch_did_is_told(lab):
    injection = made(lab, FAULTS["hang"], owner="lab", for_s=1.0)
    injection.begin()
    injection.confirm_undone()
    with pytest.raises(SwitchFiredError, match="dead man's switch of master-1"):
        injection.end()


def test_a_component_that_does_not_run_cannot_be_killed(lab):
    first = made(lab, FAULTS["kill"])
    with (
        injected(first),
        pytest.raises(LabError, match="does not run"),
        injected(made(lab, FAULTS["kill"], running=lambda: [first])),
    ):
        pass
    with (
        injected(made(lab, FAULTS["kill"])),
        pytest.raises(NotConfirmedError, match="no node saw it unbroken before"),
    ):
        made(lab, FAULTS["kill"]).begin()
    wait_healthy(lab)


def test_the_leader_is_found_and_killed_and_another_one_leads(lab):
    before = etcd_leader(lab)
    targets = parse("etcd:leader", lab.plan).resolve(lab, random.Random(1))
    assert [target.node for target in targets] == [before]
    injection = made(lab, ("kill", targets, ()))
    with injected(injection):
        wait_until("another leader", lambda: "" if etcd_leader(lab) != before else "the same", 10)
    injection.confirm_undone()
    wait_healthy(lab)


def test_a_manager_that_exits_is_started_again_and_one_that_was_killed_is_not(lab):
    agent, name = lab.agent("master-2"), "kube-scheduler"
    first = agent.components()[name].pid
    with agent.stream(["kill", "-9", str(first)]).channel as stream:
        stream.recv(1)

    def again():
        found = agent.components()[name]
        return "" if found.alive and found.pid != first else str(found)

    wait_until("the scheduler to be started again", again, 10)
    kinds = [event.kind for event in agent.events() if event.component == name]
    assert kinds[-2:] == ["component_exit", "component_start"]

    def served():
        place = lab.plan.node("master-2").address, lab.plan.component(name, "master-2").port
        outcome = agent.dial(*place, tls=True, timeout_s=1.0)
        return "" if outcome == "answered" else outcome

    wait_until("the scheduler to answer", served, 20)

    with injected(made(lab, ("kill", (Target("master-2", name),), ()))):
        time.sleep(3)
        assert not agent.components()[name].alive
    wait_healthy(lab)


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        (["kill", "master-1"], "refused"),
        (["hang", "master-1"], "silent"),
        (["power-off", "node:master-1"], "timeout"),
        (["isolate", "etcd-2"], "timeout"),
        (["inject", "hang", "etcd:leader"], "silent"),
        (["cut", "master-1", "--from", "worker"], "timeout"),
        (["cut", "etcd-2", "--from", "etcd"], "timeout"),
    ],
    ids=["kill", "hang", "power-off", "isolate", "inject", "cut master", "cut member"],
)
def test_faults_by_hand_say_what_was_seen_and_stay_until_healed(shared, lab, command, seen):
    assert seen in shared.halab(*command).stdout
    assert "undone" in shared.halab("heal").stdout
    assert "no fault was in" in shared.halab("heal").stdout
    wait_healthy(lab)


def test_a_fault_by_hand_ends_by_itself_when_its_time_is_up(shared, lab):
    shared.halab("hang", "master-1", "--for", "2")
    wait_healthy(lab)
    assert lab.agent("master-1").active() == []
    assert proxy_problem(lab, "worker-1") is None


@pytest.mark.parametrize(
    "command",
    [
        ["kill", "etcd:nobody"],
        ["kill", "etcd-9"],
        ["hang", "etcd:followers[3]"],
        ["cut", "master-1", "--from", "moon"],
        ["kill", "etcd-1/kube-apiserver"],
    ],
    ids=" ".join,
)
def test_an_impossible_target_is_bad_input_and_breaks_nothing(shared, lab, command):
    shared.halab(*command, code=2)
    assert lab_problem(lab) is None
