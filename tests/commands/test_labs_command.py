"""Labs by name: which one is meant, what is said when none is, and what is removed."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from lab.clients.agent import ComponentState
from lab.components.lab_plan import plan_lab
from lab.errors import AgentError, LabError
from lab.lab import Lab
from lab.registry import LabRecord, Registry
from lab.spec import LabSpec

IMPOSSIBLE = {
    "too many etcd members": (["--etcd", 10], "etcd"),
    "no etcd member": (["--etcd", 0], "etcd"),
    "etcd on masters that are not there": (["--masters", 0, "--stacked"], "stacked"),
    "too many masters": (["--masters", 10], "masters"),
    "too many workers": (["--workers", 51], "workers"),
    "fewer workers than none": (["--workers", -1], "workers"),
    "a name in capitals": (["Bad"], "name"),
    "a name that leaves the folder": (["../x"], "name"),
    "a long name": (["a" * 21], "name"),
    "an unknown profile": (["--profile", "fast"], "profile"),
    "port 0": (["--proxy-port", 0], "proxy_port"),
    "a port that outgoing connections use": (["--proxy-port", 40000], "proxy_port"),
}
ON_A_LAB = {
    "kill": ["kill", "etcd:leader"],
    "hang": ["hang", "master-1"],
    "power-off": ["power-off", "master-1"],
    "cut": ["cut", "etcd-1", "--from", "etcd"],
    "heal": ["heal"],
    "logs": ["logs", "etcd-1", "etcd"],
    "exec": ["exec", "master-1", "ip"],
    "kubeconfig": ["kubeconfig"],
}
EACH_ON_A_LAB = pytest.mark.parametrize("argv", ON_A_LAB.values(), ids=ON_A_LAB.keys())
OR_DOWN = pytest.mark.parametrize(
    "argv", [*ON_A_LAB.values(), ["down"]], ids=[*ON_A_LAB.keys(), "down"]
)


def with_lab(argv, name):
    """Name a lab as the command takes it."""
    return [*argv, name] if argv == ["down"] else [argv[0], "--lab", name, *argv[1:]]


@pytest.mark.parametrize(("argv", "field"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_lab_is_refused_by_its_field_and_nothing_is_made(halab, home, argv, field):
    ended = halab("up", *argv)
    first, second = ended.err.splitlines()
    assert ended.code == 2
    assert first == "halab: this lab is impossible:"
    assert second.startswith(f"  {field}: ")
    assert ended.out == ""
    assert not home.exists()


def test_all_that_is_impossible_is_said_at_once(halab):
    ended = halab("up", "--etcd", 10, "--masters", 10, "--profile", "fast")
    fields = [line.split(":")[0].strip() for line in ended.err.splitlines()[1:]]
    assert fields == ["etcd", "masters", "profile"]


def test_up_makes_the_lab_that_was_asked_for_and_prints_its_name_alone(halab, monkeypatch):
    asked = []

    def up(spec, *, owned, progress):
        progress("etcd is up")
        asked.append((spec, owned))
        return SimpleNamespace(close=lambda: asked.append("closed"))

    monkeypatch.setattr(Lab, "up", up)
    argv = "mine --etcd 5 --masters 2 --workers 1 --stacked --profile kubespray --proxy-port 8443"
    ended = halab("up", *argv.split())
    spec = LabSpec(
        name="mine",
        etcd=5,
        masters=2,
        workers=1,
        stacked=True,
        profile="kubespray",
        proxy_port=8443,
    )
    assert asked == [(spec, False), "closed"]
    assert (ended.code, ended.out, ended.err) == (0, "mine\n", "etcd is up\n")


def test_a_lab_that_cannot_be_made_ends_in_3(halab, monkeypatch):
    def up(*_, **__):
        raise LabError("too little memory")

    monkeypatch.setattr(Lab, "up", up)
    ended = halab("up")
    assert (ended.code, ended.err) == (3, "halab: too little memory\n")


@OR_DOWN
def test_without_a_lab_it_is_said_how_to_make_one(halab, argv):
    ended = halab(*argv)
    assert ended.code == 2
    assert ended.err.count("halab: ") == 1
    assert "there is none; `halab up` makes one" in ended.err


@OR_DOWN
def test_of_two_labs_neither_is_guessed(halab, abandoned, argv):
    abandoned("one"), abandoned("two")
    ended = halab(*argv)
    assert ended.code == 2
    assert ended.err == "halab: which lab? Name one: one, two\n"
    assert Registry().names() == ["one", "two"]


@OR_DOWN
def test_a_lab_that_is_unknown_is_refused_by_name(halab, abandoned, argv):
    abandoned("one")
    ended = halab(*with_lab(argv, "nosuch"))
    assert ended.code == 2
    assert "no lab named nosuch" in ended.err
    assert Registry().names() == ["one"]


@EACH_ON_A_LAB
def test_a_lab_that_does_not_run_ends_in_3_and_gc_is_named(halab, abandoned, argv):
    abandoned("one")
    ended = halab(*argv)
    assert ended.code == 3
    assert ended.err.startswith("halab: lab one does not run any more; `halab gc`")


def test_a_broken_record_ends_in_3_and_down_is_named(halab, abandoned):
    (abandoned("one") / "lab.json").write_text("{")
    ended = halab("heal")
    assert ended.code == 3
    assert "`halab down one` removes it" in ended.err


def test_the_only_lab_need_not_be_named(halab, abandoned):
    folder = abandoned("one")
    ended = halab("down")
    assert (ended.code, ended.err) == (0, "lab one is gone\n")
    assert not folder.exists()


def test_down_removes_the_named_lab_only(halab, abandoned):
    abandoned("one"), abandoned("two")
    assert halab("down", "two").code == 0
    assert Registry().names() == ["one"]


BROKEN = {
    "half a record": lambda folder: (folder / "lab.json").write_text('{"name": '),
    "a foreign record": lambda folder: (folder / "lab.json").write_text('{"hello": 1}'),
    "no record": lambda folder: (folder / "lab.json").unlink(),
    "folders in it": lambda folder: (folder / "nodes/etcd-1").mkdir(parents=True),
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN.keys())
def test_down_removes_a_broken_lab_too(halab, abandoned, damage):
    folder = abandoned("one")
    damage(folder)
    assert halab("down", "one").code == 0
    assert not folder.exists()


def test_nothing_left_behind_is_said(halab):
    ended = halab("gc")
    assert (ended.code, ended.out, ended.err) == (0, "nothing was left behind\n", "")


def test_what_dead_owners_left_is_removed_and_named(halab, abandoned):
    abandoned("one"), abandoned("two")
    ended = halab("gc")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "removed what was left of lab one",
        "removed what was left of lab two",
    ]
    assert Registry().names() == []


def test_what_a_living_owner_is_making_is_left_alone(halab):
    with Registry().claim(LabRecord("mine", LabSpec())):
        ended = halab("gc")
        assert (ended.code, ended.out) == (0, "nothing was left behind\n")
        assert Registry().names() == ["mine"]


def test_the_status_of_no_lab_says_how_to_make_one(halab):
    ended = halab("status")
    assert (ended.code, ended.out) == (0, "no lab; `halab up` makes one\n")


def test_the_status_goes_on_after_a_lab_that_is_broken(halab, abandoned):
    (abandoned("broken") / "lab.json").write_text("{")
    abandoned("dead")
    ended = halab("status")
    first, second = ended.out.splitlines()
    assert ended.code == 0
    assert first.startswith("broken: ")
    assert first.endswith("`halab down broken` removes it")
    assert second == "dead: lab dead does not run any more; `halab gc` removes what is left"


def test_the_status_of_a_running_lab_names_what_is_down_and_which_faults_are_in(
    halab, abandoned, monkeypatch
):
    alive = {
        "etcd-1": {"etcd": True},
        "master-1": {"kube-apiserver": False, "kube-scheduler": True},
    }
    active = {"etcd-1": [], "master-1": ["f1", "f2"]}

    def agent(node):
        if node not in alive:
            raise AgentError(f"no agent answers on node {node}")
        states = {name: ComponentState(is_up, 7, None) for name, is_up in alive[node].items()}
        return SimpleNamespace(components=lambda: states, active=lambda: active[node])

    lab = SimpleNamespace(
        plan=plan_lab(LabSpec(etcd=1, masters=1, workers=1)), agent=agent, close=lambda: None
    )
    abandoned("one")
    monkeypatch.setattr(Lab, "attach", lambda _: lab)
    title, etcd, master, worker = halab("status").out.splitlines()
    assert title == "one: running (netns)"
    assert etcd.startswith("  etcd-1 ")
    assert etcd.endswith(" etcd up")
    assert "kube-apiserver DOWN" in master
    assert "kube-scheduler up" in master
    assert master.endswith("faults: f1, f2")
    assert worker.endswith("no agent answers on node worker-1")


def test_the_status_asks_all_nodes_at_once_for_an_agent_may_hang(halab, abandoned, monkeypatch):
    plan = plan_lab(LabSpec(etcd=1, masters=1, workers=1))
    together = threading.Barrier(len(plan.nodes))

    def agent(_node):
        together.wait(5)
        raise AgentError("no answer within 30 s")

    lab = SimpleNamespace(plan=plan, agent=agent, close=lambda: None)
    abandoned("one")
    monkeypatch.setattr(Lab, "attach", lambda _: lab)
    _, *nodes = halab("status").out.splitlines()
    assert [line.split()[0] for line in nodes] == [node.name for node in plan.nodes]
