"""Faults by hand: what is printed, what is in the journal, and how it ends."""

from __future__ import annotations

import json

import pytest

from chaos.faults import injection
from chaos.faults.injection import Injection
from chaos.faults.registry import fault_kinds, fault_of
from chaos.journal import Journal
from chaos.targets import Target
from lab.errors import AgentError
from tests.fakes import FakeLab

ETCD = tuple(Target(f"etcd-{number}", "etcd") for number in (1, 2, 3))
PROXY = Target("worker-1", "nginx")

# argv, kind, seconds, what is printed
INJECTING = {
    "kill": (["kill", "etcd-1"], "kill", None, "worker-1 dials etcd-1:2379: refused"),
    "hang": (["hang", "etcd-1", "--for", "10"], "hang", 10.0, "etcd-1:2379: silent"),
    "power-off": (["power-off", "etcd-1"], "power-off", None, "etcd-1:2379: timeout"),
    "isolate": (["isolate", "etcd-1"], "cut", None, "worker-1 dials etcd-1:2379: timeout"),
    "cut": (
        ["cut", "etcd-1", "--from", "etcd", "--for", "0.5"],
        "cut",
        0.5,
        "etcd-2 dials etcd-1:2379: timeout; etcd-3 dials etcd-1:2379: timeout",
    ),
}
BY_NAME = {
    "inject": ["inject", "kill", "etcd-1"],
    "with a parameter": ["inject", "cut", "etcd-1", "--from", "etcd", "--for", "3"],
    "with =": ["inject", "cut", "etcd-1", "--from=etcd"],
}


@pytest.fixture
def lab(monkeypatch, tmp_path):
    made = FakeLab(tmp_path, etcd=3, masters=2, workers=2)
    monkeypatch.setattr("chaos.cli.faults.attach", lambda _: made)
    monkeypatch.setattr("lab.readiness.POLL_S", 0.01)
    monkeypatch.setattr(injection, "CONFIRM_TIMEOUT_S", 0.05)
    return made


def put_in(lab, target, kind="hang"):
    made = Injection(lab, kind, fault_of(kind, {}), (target,))
    made.begin()
    return made.undo


@pytest.mark.parametrize(("argv", "kind", "for_s", "evidence"), INJECTING.values(), ids=INJECTING)
def test_a_fault_is_in_the_journal_before_it_is_in_the_lab(halab, lab, argv, kind, for_s, evidence):
    ended = halab(*argv)
    assert ended.code == 0
    assert ended.out.startswith(f"{argv[0]} etcd-1/etcd: ")
    assert evidence in ended.out
    [undo] = Journal(lab.directory).open_undos()
    assert lab.injected
    assert all(asked == (undo, kind, "lab", for_s, [undo]) for asked in lab.injected)
    (line,) = map(json.loads, Journal(lab.directory).path.read_text().splitlines())
    assert (line["state"], line["fault"], line["hit"]) == ("planned", argv[0], ["etcd-1/etcd"])


def test_a_crash_is_seen_though_it_is_over_at_once(halab, lab):
    ended = halab("crash", "master-1/kube-scheduler")
    assert (ended.code, ended.err) == (0, "")
    evidence = "worker-1 dials master-1:10259: refused"
    assert ended.out == f"crash master-1/kube-scheduler: {evidence}\n"
    [undo] = Journal(lab.directory).open_undos()
    assert lab.injected == [(undo, "crash", "lab", None, [undo])]


@pytest.mark.parametrize("argv", BY_NAME.values(), ids=BY_NAME)
def test_any_fault_can_be_asked_for_by_its_name(halab, lab, argv):
    ended = halab(*argv)
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"{argv[1]} etcd-1/etcd: ")
    assert lab.hit


WRONG = {
    "an unknown fault": (["burn", "etcd-1"], "unknown fault 'burn'"),
    "an unknown parameter": (["kill", "etcd-1", "--from", "etcd"], "unknown parameter from"),
    "a parameter that is missing": (["cut", "etcd-1"], "from: "),
    "one without a value": (["cut", "etcd-1", "--from"], "--PARAM VALUE"),
    "a word too many": (["kill", "etcd-1", "etcd-2"], "--PARAM VALUE"),
    "a parameter before the target": (["cut", "--from", "etcd", "etcd-1"], "--PARAM VALUE"),
    "a crash of what stays down": (["crash", "etcd-1"], "nobody starts it again"),
    "a cut from nobody": (["cut", "etcd-1", "--from", "etcd-1"], "no other side"),
}


@pytest.mark.parametrize(("argv", "why"), WRONG.values(), ids=WRONG)
def test_what_means_nothing_is_refused_and_nothing_is_noted(halab, lab, argv, why):
    ended = halab("inject", *argv)
    assert ended.code == 2
    assert why in ended.err
    assert not Journal(lab.directory).path.exists()


def test_a_fault_that_nobody_sees_ends_in_3_and_heal_is_named(halab, lab):
    lab.inert = {"inject"}
    ended = halab("kill", "etcd-1")
    assert ended.code == 3
    assert ended.err.startswith("halab: kill etcd-1/etcd: waited 0.05 s for etcd-1/etcd to be ref")
    assert ended.err.endswith("worker-1 dials etcd-1:2379: answered; `halab heal` undoes it\n")
    assert Journal(lab.directory).open_undos()


def test_a_worker_that_is_cut_off_does_not_observe(halab, lab):
    put_in(lab, PROXY, "isolate")
    assert "worker-2 dials etcd-1:2379: timeout" in halab("isolate", "etcd-1").out


UNKNOWN_TARGETS = ["etcd-9", "nosuch:any", "etcd:nosuch", "step:lost", ""]


@pytest.mark.parametrize("target", UNKNOWN_TARGETS, ids=lambda text: text or "nothing")
def test_a_target_that_the_lab_lacks_is_refused_and_nothing_is_noted(halab, lab, target):
    ended = halab("kill", target)
    assert ended.code == 2
    assert ended.err.count("halab: ") == 1
    assert not Journal(lab.directory).path.exists()


def test_every_fault_is_listed_with_its_parameters(halab):
    ended = halab("faults")
    assert ended.code == 0
    assert all(name in ended.out for name in fault_kinds())
    assert "from" in ended.out


@pytest.mark.usefixtures("lab")
def test_a_lab_without_a_fault_is_healed_and_that_is_said(halab):
    ended = halab("heal")
    assert (ended.code, ended.out) == (0, "no fault was in\n")


def test_heal_names_what_was_undone_where_and_closes_the_journal(halab, lab):
    undo = put_in(lab, ETCD[1])
    ended = halab("heal")
    assert (ended.code, ended.out) == (0, f"etcd-2: undone {undo}\n")
    assert Journal(lab.directory).open_undos() == []


def test_a_fault_that_healed_by_itself_is_closed_without_a_word(halab, lab):
    lab.fired = {"etcd-2": [put_in(lab, ETCD[1])]}
    ended = halab("heal")
    assert (ended.code, ended.out) == (0, "")
    assert Journal(lab.directory).open_undos() == []


@pytest.mark.parametrize("how", ["broken", "refusing"])
def test_heal_undoes_the_rest_ends_in_3_and_leaves_the_journal_open(halab, lab, how):
    undone, kept = put_in(lab, PROXY), put_in(lab, ETCD[0])
    if how == "refusing":
        lab.refusing = {"etcd-1": "no agent answers"}
    else:
        lab.raises("etcd-1", "heal hang", AgentError("etcd-1: no agent answers"))
    ended = halab("heal")
    assert ended.code == 3
    assert ended.out == f"worker-1: undone {undone}\n"
    why = f" {kept}" if how == "refusing" else ""
    assert f"could not be undone: etcd-1{why}: no agent answers" in ended.err
    assert kept in Journal(lab.directory).open_undos()
