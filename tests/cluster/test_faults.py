"""Every fault on a real lab: seen from outside, undone, and caught when it does not happen."""

from __future__ import annotations

import random
import time

import pytest

from chaos.errors import NotConfirmedError
from chaos.experiment.schema import FaultSpec
from chaos.faults import Cut, Hang, Injection, Kill, PowerOff, choose
from chaos.faults import component as component_faults
from chaos.faults import cut as cut_faults
from chaos.faults import power as power_faults
from chaos.faults.component import inject_components
from chaos.journal import new_undo
from chaos.targets import Target
from lab.bootstrap import serves
from lab.errors import LabError
from lab.health import etcd_leader, unhealthy
from lab.readiness import wait_until

MASTER = Target("master-1", "kube-apiserver")
ETCD = Target("etcd-1", "etcd")
WORKERS = (Target("worker-1", "nginx"), Target("worker-2", "nginx"))
PEERS = (Target("etcd-2", "etcd"), Target("etcd-3", "etcd"))

FAULTS = {
    "kill": Kill((MASTER,)),
    "kill two": Kill((MASTER, ETCD)),
    "hang": Hang((MASTER,)),
    "hang etcd": Hang((ETCD,)),
    "power-off": PowerOff((MASTER,)),
    "cut from workers": Cut((MASTER,), WORKERS),
    "cut from peers": Cut((ETCD,), PEERS),
}


def wait_healthy(lab):
    wait_until("the lab to be healthy", lambda: unhealthy(lab), 40)


@pytest.fixture(autouse=True)
def fast_failures(monkeypatch):
    """Confirmations that must fail need not take as long as they may."""
    for module in (component_faults, cut_faults, power_faults):
        monkeypatch.setattr(module, "CONFIRM_TIMEOUT_S", 2.5)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_seen_from_outside_and_so_is_its_end(lab, fault):
    injection = Injection(new_undo())
    times = fault.inject(lab, injection)
    assert fault.confirm(lab)
    assert {target.node for target in fault.targets} <= set(times)
    fault.undo(lab, injection)
    assert fault.confirm_undone(lab)
    fault.undo(lab, injection)
    wait_healthy(lab)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_that_was_not_put_in_is_not_confirmed(lab, fault):
    with pytest.raises(NotConfirmedError, match="waited"):
        fault.confirm(lab)


WRONG = {
    "killed, not hung": ("kill", Hang((MASTER,))),
    "killed, not powered off": ("kill", PowerOff((MASTER,))),
    "killed, not cut": ("kill", Cut((MASTER,), WORKERS)),
    "hung, not killed": ("hang", Kill((MASTER,))),
    "hung, not cut": ("hang", Cut((MASTER,), WORKERS)),
    "powered off, not killed": ("power-off", Kill((MASTER,))),
}


@pytest.mark.parametrize(("kind", "fault"), WRONG.values(), ids=WRONG.keys())
def test_another_fault_than_the_meant_one_is_not_confirmed(lab, kind, fault):
    inject_components(lab, kind, (MASTER,), Injection("wrong", owner="lab"))
    with pytest.raises(NotConfirmedError):
        fault.confirm(lab)
    lab.agent("master-1").call("heal", names=None)
    wait_healthy(lab)


def test_a_cut_at_one_of_two_sides_only_is_not_confirmed(lab):
    half = Cut((MASTER,), WORKERS[:1])
    injection = Injection(new_undo())
    half.inject(lab, injection)
    with pytest.raises(NotConfirmedError, match="worker-2"):
        Cut((MASTER,), WORKERS).confirm(lab)
    half.undo(lab, injection)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_an_undo_that_did_not_happen_is_not_confirmed(lab, fault, monkeypatch):
    for module in (component_faults, cut_faults, power_faults):
        monkeypatch.setattr(module, "UNDONE_TIMEOUT_S", 1.5)
    injection = Injection(new_undo())
    fault.inject(lab, injection)
    fault.confirm(lab)
    with pytest.raises(NotConfirmedError, match="waited"):
        fault.confirm_undone(lab)
    fault.undo(lab, injection)
    monkeypatch.undo()
    fault.confirm_undone(lab)
    wait_healthy(lab)


def test_an_undo_that_the_dead_mans_switch_did_is_told(lab):
    injection = Injection(new_undo(), owner="lab", for_s=1.0)
    fault = Hang((MASTER,))
    fault.inject(lab, injection)
    fault.confirm_undone(lab)
    with pytest.raises(NotConfirmedError, match="dead man's switch of master-1"):
        fault.undo(lab, injection)


def test_a_component_that_does_not_run_cannot_be_killed(lab):
    fault, injection = Kill((MASTER,)), Injection(new_undo())
    fault.inject(lab, injection)
    with pytest.raises(LabError, match="does not run"):
        fault.inject(lab, Injection(new_undo()))
    lab.agent("master-1").call("heal", names=None)
    wait_healthy(lab)


def test_the_leader_is_found_and_killed_and_another_one_leads(lab):
    before = etcd_leader(lab)
    spec = FaultSpec(kind="kill", target="etcd:leader")
    fault = choose(spec, lab, random.Random(1))
    assert [target.node for target in fault.targets] == [before]
    injection = Injection(new_undo())
    fault.inject(lab, injection)
    wait_until("another leader", lambda: "" if etcd_leader(lab) != before else "the same", 10)
    fault.undo(lab, injection)
    fault.confirm_undone(lab)
    wait_healthy(lab)


def test_a_manager_that_exits_is_started_again_and_one_that_was_killed_is_not(lab):
    agent, name = lab.agent("master-2"), "kube-scheduler"
    first = agent.call("list")[name]["pid"]
    with agent.stream(["kill", "-9", str(first)]).channel as stream:
        stream.recv(1)

    def again():
        seen = agent.call("list")[name]
        return "" if seen["alive"] and seen["pid"] != first else str(seen)

    wait_until("the scheduler to be started again", again, 10)
    kinds = [event["kind"] for event in agent.call("events") if event["component"] == name]
    assert kinds[-2:] == ["component_exit", "component_start"]

    target = Target("master-2", name)
    inject_components(lab, "kill", (target,), Injection("held", owner="lab"))
    time.sleep(3)
    assert not agent.call("list")[name]["alive"]
    agent.call("heal", names=["held"])
    wait_healthy(lab)


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        (["kill", "master-1"], "refused"),
        (["hang", "master-1"], "silent"),
        (["power-off", "node:master-1"], "timeout"),
        (["cut", "master-1", "--from", "worker"], "timeout"),
        (["cut", "etcd-2", "--from", "etcd"], "timeout"),
    ],
    ids=["kill", "hang", "power-off", "cut master", "cut member"],
)
def test_faults_by_hand_say_what_was_seen_and_stay_until_healed(shared, lab, command, seen):
    assert seen in shared.halab(*command).stdout
    assert "undone" in shared.halab("heal").stdout
    assert "no fault was in" in shared.halab("heal").stdout
    wait_healthy(lab)


def test_a_fault_by_hand_ends_by_itself_when_its_time_is_up(shared, lab):
    shared.halab("hang", "master-1", "--for", "2")
    wait_healthy(lab)
    assert lab.agent("master-1").call("active") == []
    assert serves(lab, "worker-1") == ""


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
    assert unhealthy(lab) == ""
