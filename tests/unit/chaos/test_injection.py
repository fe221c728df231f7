"""An injection: journalled, put in, confirmed from outside, undone, confirmed. No lab is needed."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chaos.errors import MaskedError, NotConfirmedError, SwitchFiredError
from chaos.faults import injection as module
from chaos.faults.injection import Injection, injected
from chaos.faults.registry import fault_of
from chaos.faults.split import Split
from chaos.journal import Journal
from chaos.targets import Target
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError, AgentLostError
from lab.found import POWER_AGENT, FoundCluster
from lab.spec import LabSpec
from reports.locale.catalogue import text_of
from tests.fakes import FakeLab

SPEC = {"etcd": 3, "masters": 2, "workers": 2}
PLAN = plan_lab(LabSpec(**SPEC))
ETCD = tuple(Target(f"etcd-{number}", "etcd") for number in (1, 2, 3))
API = tuple(Target(f"master-{number}", "kube-apiserver") for number in (1, 2))
PROXIES = tuple(Target(f"worker-{number}", "nginx") for number in (1, 2))
FROM = {"from": "worker:all"}
# name -> kind, parameters, targets, others, nodes that are asked, outcome of a dial
FACTS = {
    "kill": ("kill", {}, API, (), {"master-1", "master-2"}, "refused"),
    "hang": ("hang", {}, ETCD[:1], (), {"etcd-1"}, "silent"),
    "power-off": ("power-off", {}, API, (), {"master-1", "master-2"}, "timeout"),
    "isolate": ("isolate", {}, ETCD[:2], (), {"etcd-1", "etcd-2"}, "timeout"),
    "cut": ("cut", FROM, API[:1], PROXIES, {"master-1", "worker-1", "worker-2"}, "timeout"),
    "cut of a member": (
        "cut",
        {"from": "etcd"},
        ETCD[:1],
        ETCD,
        {member.node for member in ETCD},
        "time",
    ),
}
PLACES = (*ETCD, *API, *PROXIES)
every_fault = pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS.keys())


@pytest.fixture(autouse=True, scope="module")
def _quick():
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(module, "CONFIRM_TIMEOUT_S", 0.05)
    monkeypatch.setattr("lab.plan.RESTART_TIMEOUT_S", 0.05)
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)
    yield
    monkeypatch.undo()


@pytest.fixture
def lab(tmp_path):
    return FakeLab(tmp_path, **SPEC)


def english(evidence):
    return text_of(evidence, "en")


def made(lab, fact, running=(), **how):
    kind, parameters, targets, others, *_ = fact
    fault = fault_of(kind, parameters)
    return Injection(lab, kind, fault, targets, others, running=lambda: running, **how)


def simple(lab, kind, *targets, running=(), name=""):
    return Injection(lab, name or kind, fault_of(kind, {}), targets, running=lambda: running)


def begun(injection):
    injection.begin()
    return injection


def observers(lab):
    return {observer for observer, *_ in lab.dials}


# --- one fault


@every_fault
def test_a_fault_is_seen_from_outside_and_so_is_its_end(lab, fact):
    *_, nodes, outcome = fact
    injection = made(lab, fact)
    times = injection.begin()
    assert injection.touched == set(injection.nodes) == set(times) == nodes
    assert outcome in english(injection.confirm())
    injection.end()
    assert "answered" in english(injection.confirm_undone())
    assert not lab.hit
    assert observers(lab).isdisjoint(target.node for target in injection.targets)


def test_what_was_hit_is_named_and_when_it_was_done(lab):
    injection = made(lab, FACTS["kill"])
    assert injection.hit == ["master-1/kube-apiserver", "master-2/kube-apiserver"]
    times = injection.begin()["master-1"]
    assert 0 < times["sent_s"] <= times["gone_s"] <= time.monotonic()
    assert english(injection.confirm()) == (
        "worker-1 dials master-1:6443: refused; worker-1 dials master-2:6443: refused"
    )
    assert set(made(lab, FACTS["hang"]).begin()["etcd-1"]) == {"sent_s"}


@every_fault
def test_the_undo_is_in_the_journal_before_anything_is_in_the_lab(lab, fact):
    injection = begun(made(lab, fact))
    assert lab.injected
    assert all(noted == [injection.undo] for *_, noted in lab.injected)
    injection.end()
    assert Journal(lab.directory).open_undos() == []


@every_fault
def test_a_fault_that_was_not_put_in_is_not_confirmed(lab, fact):
    lab.inert = {"inject"}
    with pytest.raises(NotConfirmedError, match="waited"):
        begun(made(lab, fact)).confirm()


@every_fault
def test_an_undo_that_does_nothing_is_noticed(lab, fact):
    injection = begun(made(lab, fact))
    injection.confirm()
    lab.inert = {"heal"}
    injection.end()
    with pytest.raises(NotConfirmedError, match="to be answered") as caught:
        injection.confirm_undone()
    assert not isinstance(caught.value, MaskedError)


def test_what_a_lost_node_keeps_down_is_not_waited_for(lab, monkeypatch):
    injection = begun(made(lab, FACTS["kill"]))
    injection.confirm()
    injection.end()
    lab.crashed = {("master-1", "kube-apiserver")}  # it does not come back without its etcd
    lab.raises("etcd-1", "hello", AgentError("its container was removed"))
    monkeypatch.setattr("lab.plan.RESTART_TIMEOUT_S", 60)
    monkeypatch.setattr("chaos.faults.observer.LOST_PERIOD_S", 0)
    with pytest.raises(AgentLostError, match="etcd-1 does not answer: its container was removed"):
        injection.confirm_undone()


def test_an_agent_that_ends_with_the_power_of_its_node_is_not_lost(lab, monkeypatch):
    found = FoundCluster(lab.plan.nodes, lab.plan.components, POWER_AGENT, restart_timeout_s=0.05)
    lab.plan = dataclasses.replace(lab.plan, found=found)
    injection = begun(made(lab, FACTS["kill"]))
    injection.confirm()
    injection.end()
    lab.crashed = {("master-1", "kube-apiserver")}
    lab.raises("etcd-1", "hello", AgentError("its power is off"))
    monkeypatch.setattr("chaos.faults.observer.LOST_PERIOD_S", 0)
    with pytest.raises(NotConfirmedError):
        injection.confirm_undone()


@pytest.mark.parametrize("kind", ["kill", "hang", "power-off", "isolate"])
@pytest.mark.parametrize("other", ["kill", "hang", "power-off"])
def test_another_fault_than_the_meant_one_is_not_confirmed(lab, kind, other):
    outcomes = {"kill": "refused", "hang": "silent"}
    if outcomes.get(kind, "timeout") == outcomes.get(other, "timeout"):
        return
    injection = made(lab, (kind, {}, API[:1], ()))
    injection.choose_observers()
    lab.inert = {"inject"}
    injection.begin()
    lab.inert = set()
    begun(simple(lab, other, API[0]))
    with pytest.raises(NotConfirmedError):
        injection.confirm()


def test_a_cut_at_one_of_two_sides_only_is_not_confirmed(lab):
    whole = made(lab, FACTS["cut"])
    whole.choose_observers()
    lab.inert = {"inject"}
    whole.begin()
    lab.inert = set()
    begun(made(lab, ("cut", {"from": "worker-1"}, API[:1], PROXIES[:1])))
    with pytest.raises(NotConfirmedError, match="worker-2 dials master-1:6443: answered"):
        whole.confirm()


def test_network_faults_are_prepared_everywhere_before_they_are_fired_anywhere(lab):
    begun(made(lab, FACTS["cut"]))
    assert [request for _, request in lab.asked] == ["prepare cut"] * 3 + ["inject cut"] * 3


def test_who_owns_the_undo_and_for_how_long_is_told_to_the_agents(lab):
    injection = begun(made(lab, FACTS["hang"], owner="lab", for_s=9.0))
    [request] = lab.injected
    assert request[:4] == (injection.undo, "hang", "lab", 9.0)


def test_a_bridge_that_does_not_hear_is_not_confirmed(lab):
    split = Split((ETCD[:1], ETCD[1:2]))
    injection = begun(Injection(lab, "s", split, split.members, ETCD[2:]))
    assert "etcd-3 dials etcd-1:2379: answered" in english(injection.confirm())
    begun(made(lab, ("cut", {"from": "etcd-3"}, ETCD[:1], ETCD[2:])))
    with pytest.raises(NotConfirmedError, match="etcd-3 dials etcd-1:2379: timeout"):
        injection.confirm()


@pytest.fixture
def kind(tmp_path):
    """A lab whose components are started again by kubelets, and whose power is the host's."""
    return FakeLab(tmp_path, runtime="kind", etcd=3, masters=3, workers=2, stacked=True)


def test_a_crash_that_is_over_when_it_has_been_put_in_is_seen(kind, monkeypatch):
    monkeypatch.setattr(module, "PASSING_TIMEOUT_S", 5.0)
    injection = simple(kind, "crash", Target("master-1", "etcd"))
    assert set(injection.begin()["master-1"]) == {"sent_s", "gone_s"}
    assert kind.crashed == set()
    assert english(injection.confirm()) == "worker-1 dials master-1:2379: refused"
    injection.end()
    assert "answered" in english(injection.confirm_undone())
    assert Journal(kind.directory).open_undos() == []


def test_a_crash_that_did_not_happen_is_not_confirmed(kind, monkeypatch):
    monkeypatch.setattr(module, "PASSING_TIMEOUT_S", 0.05)
    kind.inert = {"inject"}
    with pytest.raises(NotConfirmedError, match="master-1:2379: answered"):
        begun(simple(kind, "crash", Target("master-1", "etcd"))).confirm()


def test_power_that_is_switched_from_outside_is_undone_there_node_by_node(kind):
    masters = [Target(f"master-{number}", "etcd") for number in (1, 3)]
    injection = begun(simple(kind, "power-off", *masters))
    undos = {f"{injection.undo}-{target.node}" for target in masters}
    assert kind.faults.keys() == {(undo, "host") for undo in undos}
    assert kind.hit == injection.touched == {"master-1", "master-3"}
    assert "worker-1 dials master-3:2379: timeout" in english(injection.confirm())
    kind.fired = {"host": [f"{injection.undo}-master-3"]}
    with pytest.raises(SwitchFiredError) as caught:
        injection.end()
    assert not kind.hit
    assert "master-3" in caught.value.nodes
    assert {node for node, request in kind.asked if "power-off" in request} == {"host"}


# --- who looks


def test_a_dark_worker_confirms_no_isolation(lab):
    begun(simple(lab, "isolate", Target("worker-1", "nginx")))
    lab.inert = {"inject"}
    with pytest.raises(NotConfirmedError, match="worker-2 dials etcd-1:2379: answered"):
        begun(simple(lab, "isolate", ETCD[0])).confirm()


def test_a_node_that_another_injection_touches_does_not_look(lab):
    other = begun(simple(lab, "hang", Target("worker-1", "nginx")))
    lab.dials.clear()
    injection = begun(simple(lab, "isolate", ETCD[0], running=[other]))
    assert "worker-2 dials" in english(injection.confirm())
    assert observers(lab) == {"worker-2"}


def test_where_every_other_node_is_touched_a_network_fault_is_masked(lab):
    others = [begun(simple(lab, "isolate", *(Target(node.name, "") for node in PLAN.nodes[1:])))]
    injection = begun(simple(lab, "isolate", ETCD[0], running=others, name="mine"))
    with pytest.raises(MaskedError) as caught:
        injection.confirm()
    assert caught.value.by == ["isolate"]
    assert "no node is left to observe etcd-1/etcd" in english(caught.value.evidence)


def test_a_fault_of_every_node_has_no_observer(lab):
    injection = simple(lab, "isolate", *(Target(node.name, "") for node in PLAN.nodes))
    with pytest.raises(NotConfirmedError, match="no node is left to observe"):
        injection.begin()
    assert (lab.asked, Journal(lab.directory).open_undos()) == ([], [])


def test_processes_on_every_node_are_seen_by_themselves(lab):
    injection = begun(simple(lab, "hang", *ETCD, *API, *PROXIES))
    assert "etcd-1 dials 10.83.1.1:2379: silent" in english(injection.confirm())


@pytest.mark.parametrize(("kind", "outcome"), [("kill", "refused"), ("hang", "silent")])
def test_a_process_behind_an_isolation_is_seen_from_its_own_node(lab, kind, outcome):
    other = begun(simple(lab, "isolate", ETCD[0]))
    injection = begun(simple(lab, kind, ETCD[0], running=[other]))
    assert english(injection.confirm()) == f"etcd-1 dials 10.83.1.1:2379: {outcome}"
    injection.end()
    assert english(injection.confirm_undone()) == "etcd-1 dials 10.83.1.1:2379: answered"


def test_a_process_behind_a_cut_is_seen_from_its_side(lab):
    others = (*PROXIES, *API, ETCD[2])
    other = begun(made(lab, ("cut", FROM, ETCD[:2], others)))
    injection = begun(simple(lab, "kill", ETCD[0], running=[other]))
    assert english(injection.confirm()) == "etcd-2 dials etcd-1:2379: refused"


def test_what_nobody_saw_unbroken_is_not_put_in(lab):
    begun(simple(lab, "hang", ETCD[0]))
    done = [*lab.asked]
    injection = simple(lab, "isolate", ETCD[0], name="mine")
    for _ in range(2):
        with pytest.raises(NotConfirmedError, match="no node saw it unbroken before") as caught:
            injection.begin()
        assert not isinstance(caught.value, MaskedError)
    assert lab.asked == done
    assert len(Journal(lab.directory).open_undos()) == 1


def test_on_a_busy_machine_the_unbroken_state_may_be_seen_at_the_second_look(lab, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 4.0)
    outcome = lab.outcome
    late = iter(["timeout"] * 5)  # every node that may look, once
    monkeypatch.setattr(lab, "outcome", lambda *at: next(late, "") or outcome(*at))
    begun_s = time.monotonic()
    injection = begun(simple(lab, "kill", ETCD[0]))
    assert english(injection.confirm()) == "worker-1 dials etcd-1:2379: refused"
    assert time.monotonic() - begun_s < 2


def test_what_another_injection_hides_is_not_waited_for(lab, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 4.0)
    other = begun(simple(lab, "isolate", ETCD[0]))
    begun_s = time.monotonic()
    with pytest.raises(MaskedError):
        begun(simple(lab, "isolate", ETCD[0], running=[other], name="mine")).confirm()
    assert time.monotonic() - begun_s < 2


def test_what_another_injection_hides_is_masked_by_it(lab):
    others = [begun(simple(lab, "hang", ETCD[0])), begun(simple(lab, "kill", API[0]))]
    injection = begun(simple(lab, "isolate", ETCD[0], running=others, name="mine"))
    with pytest.raises(MaskedError, match="dials etcd-1:2379: silent") as caught:
        injection.confirm()
    assert caught.value.by == ["hang"]


@pytest.mark.parametrize("far", [PROXIES, PROXIES[:1]], ids=["one of two", "the only one"])
def test_a_cut_is_not_looked_at_from_where_another_injection_is(lab, far):
    other = begun(simple(lab, "kill", PROXIES[0]))
    injection = begun(made(lab, ("cut", FROM, API[:1], far), running=[other]))
    lab.dials.clear()
    if len(far) == 2:
        assert english(injection.confirm()) == "worker-2 dials master-1:6443: timeout"
    else:
        with pytest.raises(MaskedError) as caught:
            injection.confirm()
        assert caught.value.by == ["kill"]
    assert "worker-1" not in observers(lab)


# --- what begins meanwhile


def test_an_injection_that_began_meanwhile_explains_what_is_not_seen(lab):
    running = []
    injection = begun(simple(lab, "hang", ETCD[0], running=running))
    running.append(begun(simple(lab, "isolate", ETCD[0], running=[injection])))
    with pytest.raises(MaskedError, match="timeout") as caught:
        injection.confirm()
    assert caught.value.by == ["isolate"]


def test_an_injection_elsewhere_explains_nothing(lab):
    running = []
    lab.inert = {"inject"}
    injection = begun(simple(lab, "hang", ETCD[0], running=running))
    lab.inert = set()
    running.append(begun(simple(lab, "isolate", ETCD[1])))
    with pytest.raises(NotConfirmedError) as caught:
        injection.confirm()
    assert not isinstance(caught.value, MaskedError)


def test_who_is_answered_is_hidden_by_nothing(lab):
    running = []
    lab.inert = {"inject"}
    injection = begun(simple(lab, "kill", ETCD[0], running=running))
    lab.inert = set()
    running.append(begun(made(lab, ("cut", {"from": "etcd"}, ETCD[:1], ETCD))))
    with pytest.raises(NotConfirmedError, match="worker-1 dials etcd-1:2379: answered") as caught:
        injection.confirm()
    assert not isinstance(caught.value, MaskedError)


@pytest.mark.parametrize("silenced", [PROXIES[0], ETCD[0]], ids=["who looks", "the target"])
def test_a_silence_that_another_injection_may_have_made_confirms_nothing(lab, silenced):
    running = []
    lab.inert = {"inject"}
    injection = begun(simple(lab, "isolate", ETCD[0], running=running))
    lab.inert = set()
    running.append(begun(simple(lab, "power-off", silenced)))
    with pytest.raises(MaskedError) as caught:
        injection.confirm()
    assert caught.value.by == ["power-off"]


def test_one_that_is_only_about_to_begin_when_it_is_looked_may_have_made_the_silence(lab):
    other = simple(lab, "power-off", ETCD[0])
    lab.inert = {"inject"}
    injection = begun(simple(lab, "isolate", ETCD[0], running=[other]))
    lab.inert = set()
    other.begin()
    with pytest.raises(MaskedError) as caught:
        injection.confirm()
    assert caught.value.by == ["power-off"]


def test_an_undo_that_others_hide_is_looked_at_again_when_they_are_gone(lab):
    running = []
    injection = begun(simple(lab, "kill", ETCD[0], running=running))
    injection.confirm()
    running += [injection, begun(simple(lab, "isolate", ETCD[0], running=[injection]))]
    injection.end()
    with pytest.raises(MaskedError) as caught:
        injection.confirm_undone()
    assert caught.value.by == ["isolate"]
    running.pop().end()
    assert "answered" in english(injection.confirm_undone())


def test_who_looked_is_replaced_when_something_has_hit_it_since(lab):
    running = []
    injection = begun(simple(lab, "kill", ETCD[0], running=running))
    injection.confirm()
    running.append(begun(simple(lab, "isolate", PROXIES[0])))
    injection.end()
    assert english(injection.confirm_undone()) == "worker-2 dials etcd-1:2379: answered"


STOPS = st.tuples(st.sampled_from(["kill", "hang", "power-off"]), st.sampled_from(PLACES))
FAULTS = st.tuples(st.just("isolate"), st.sampled_from(PLACES)) | STOPS


@settings(max_examples=40, deadline=None)
@given(new=FAULTS, before=st.lists(FAULTS, max_size=3), meanwhile=st.lists(FAULTS, max_size=3))
def test_whatever_else_is_in_what_was_not_put_in_is_never_confirmed(new, before, meanwhile):
    stopped = [place for kind, place in (new, *before, *meanwhile) if kind != "isolate"]
    assume(len(stopped) == len(set(stopped)))
    with tempfile.TemporaryDirectory() as directory:
        lab, running = FakeLab(Path(directory), **SPEC), []
        for kind, place in before:
            running.append(begun(simple(lab, kind, place, running=[*running])))
        lab.inert = {"inject"}
        injection = begun(simple(lab, *new, running=running))
        lab.inert = set()
        for kind, place in meanwhile:
            running.append(begun(simple(lab, kind, place, running=[*running])))
        with pytest.raises(NotConfirmedError):
            injection.confirm()


@settings(max_examples=40, deadline=None)
@given(new=FAULTS, others=st.lists(FAULTS, max_size=3))
def test_with_a_worker_that_nothing_touches_whatever_is_put_in_elsewhere_is_confirmed(new, others):
    hit = {place.node for _, place in others}
    assume(new[1].node not in hit and {"worker-1", "worker-2"} - hit - {new[1].node})
    with tempfile.TemporaryDirectory() as directory:
        lab, running = FakeLab(Path(directory), **SPEC), []
        for other in others:
            running.append(begun(simple(lab, *other, running=[*running])))
        injection = begun(simple(lab, *new, running=running))
        assert injection.confirm()
        injection.end()
        assert injection.confirm_undone()


# --- the end


def test_one_node_that_cannot_be_healed_stops_no_other_and_stays_in_the_journal(lab):
    injection = begun(made(lab, FACTS["cut"]))
    lab.raises("master-1", "heal cut", AgentError("the channel broke"))
    lab.refusing = {"worker-2": "nft: busy"}
    with pytest.raises(NotConfirmedError) as caught:
        injection.end()
    assert "master-1: the channel broke" in str(caught.value)
    assert "worker-2: nft: busy" in str(caught.value)
    assert lab.hit == {"master-1", "worker-2"}
    assert Journal(lab.directory).open_undos() == [injection.undo]
    lab.slow, lab.refusing = {}, {}
    injection.end()
    assert Journal(lab.directory).open_undos() == []


def test_an_undo_that_the_dead_mans_switch_did_is_told_with_its_nodes(lab):
    injection = begun(made(lab, FACTS["kill"]))
    lab.fired = {"master-2": [injection.undo]}
    with pytest.raises(SwitchFiredError, match="dead man's switch of master-2") as caught:
        injection.end()
    assert caught.value.nodes == ["master-2"]
    assert Journal(lab.directory).open_undos() == []


def test_a_switch_that_fired_is_told_when_another_node_is_healed_at_last(lab):
    injection = begun(made(lab, FACTS["kill"]))
    lab.fired = {"master-1": [injection.undo]}
    lab.refusing = {"master-2": "busy"}
    with pytest.raises(NotConfirmedError, match="busy"):
        injection.end()
    lab.fired, lab.refusing = {}, {}
    with pytest.raises(SwitchFiredError, match="master-1"):
        injection.end()


def test_the_end_of_what_was_not_begun_does_nothing_and_a_second_end_no_harm(lab):
    injection = made(lab, FACTS["kill"])
    injection.end()
    assert lab.asked == []
    injection.begin()
    injection.end()
    injection.end()


def test_what_is_injected_is_taken_back_when_the_block_ends(lab):
    injection = made(lab, FACTS["hang"])
    with injected(injection) as evidence:
        assert "silent" in english(evidence)
        assert lab.hit
    assert not lab.hit


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit, ValueError])
@pytest.mark.parametrize("refusing", [{}, {"etcd-1": "nft: busy"}], ids=["heals", "does not"])
def test_no_undo_takes_the_place_of_what_ends_the_block(lab, ends, refusing):
    lab.refusing = refusing
    with pytest.raises(ends) as caught, injected(made(lab, FACTS["hang"])):
        raise ends
    noted = getattr(caught.value, "__notes__", [])
    assert bool(noted) == bool(refusing)
    assert all("nft: busy" in note for note in noted)
    assert lab.hit == set(refusing)


def test_a_fault_that_is_not_confirmed_is_taken_back(lab):
    injection = simple(lab, "isolate", ETCD[0])
    injection.choose_observers()
    begun(simple(lab, "hang", PROXIES[0]))
    lab.inert = {"inject"}
    with pytest.raises(NotConfirmedError), injected(injection):
        pass
    assert ("etcd-1", "heal ") in lab.asked


def test_where_a_begin_fails_half_way_all_is_taken_back(lab):
    injection = made(lab, FACTS["kill"])
    lab.raises("master-2", "inject kill", AgentError("no agent"))
    with pytest.raises(AgentError, match="no agent"), injected(injection):
        pass
    assert not lab.hit
    assert Journal(lab.directory).open_undos() == []


def test_hosts_and_loopbacks_are_seen_too(tmp_path):
    lab = FakeLab(tmp_path, etcd=1, masters=1, workers=2, lb="external")
    injection = begun(simple(lab, "isolate", Target("worker-1", "")))
    assert english(injection.confirm()) == "worker-2 dials worker-1:9: timeout"
    injection.end()
    assert english(injection.confirm_undone()) == "worker-2 dials worker-1:9: refused"
    lab = FakeLab(tmp_path, **SPEC)
    for kind, outcome in (("kill", "refused"), ("hang", "silent")):
        injection = begun(simple(lab, kind, PROXIES[0]))
        assert english(injection.confirm()) == f"worker-1 dials 127.0.0.1:6443: {outcome}"
        injection.end()
        assert "worker-1 dials 127.0.0.1:6443: answered" in english(injection.confirm_undone())
