"""Actions: what they may be asked for, and what a dial writes. No lab is needed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.errors import InputError
from chaos.registration import parameters_of
from chaos.steps import rejoin as module
from chaos.steps.actions import replace_member
from chaos.steps.actions.base import Scene
from chaos.steps.actions.registry import action_of, actions
from chaos.steps.rejoin import Rejoining, newest_revision
from chaos.steps.steady_state import NotSteadyError
from chaos.targets import Target, parse
from lab.components import plan_lab
from lab.errors import LabError
from lab.spec import LabSpec
from reports.history import events
from tests.fakes import FakeLab

LENIENT = {"etcd": 3, "masters": 0, "lenient_etcd": 1}
DIRECT = {"how": "direct"}
FIRST = {"how": "add-first", "wait_s": 3}


def test_every_action_says_what_it_does_and_takes():
    assert set(actions()) == {"dial", "replace-member"}
    for kind in actions().values():
        assert kind.help.endswith(".")
        assert kind.parameters == parameters_of(kind.make)
        assert all(one.help for one in kind.parameters)
    assert [name for name, kind in actions().items() if kind.changes_cluster] == ["replace-member"]


@pytest.mark.parametrize(
    ("kind", "parameters", "problem"),
    [
        ("renew", {}, "unknown action 'renew'; there are dial, replace-member"),
        ("dial", {"port": 1, "tls": True, "path": "/"}, "dial: unknown parameter path; dial takes"),
        ("dial", {"port": 0, "tls": True}, "port"),
        ("replace-member", {"how": "gently"}, "how"),
        ("replace-member", {"how": "direct", "wait_s": 601}, "wait_s"),
    ],
)
def test_what_an_action_cannot_take_is_refused(kind, parameters, problem):
    with pytest.raises(InputError, match=problem):
        action_of(kind, parameters)


@pytest.mark.parametrize(
    ("target", "parameters", "spec", "problem"),
    [
        ("etcd:majority", DIRECT, {}, "one etcd member at a time"),
        ("etcd", DIRECT, {}, "one etcd member at a time"),
        ("etcd:followers[2]", DIRECT, {}, "one etcd member at a time"),
        ("master-1", DIRECT, {}, "one etcd member at a time"),
        ("etcd-1", FIRST, {}, r"add-first needs a member that takes it: lab\.lenient_etcd"),
        ("etcd-3", FIRST, LENIENT, "it must be a strict one"),
        ("etcd:follower", FIRST, LENIENT, "it must be a strict one"),
        ("etcd-1", FIRST, {**LENIENT, "lenient_etcd": 2}, "it must be a strict one"),
    ],
)
def test_a_replacement_that_means_nothing_is_refused(target, parameters, spec, problem):
    plan = plan_lab(LabSpec(**spec))
    with pytest.raises(InputError, match=problem):
        action_of("replace-member", parameters).check(parse(target, plan, {}), plan)


@pytest.mark.parametrize(
    ("target", "parameters", "spec"),
    [
        ("etcd:follower", DIRECT, {}),
        ("etcd:leader", {"how": "learner"}, {"stacked": True}),
        ("etcd:any", DIRECT, {"etcd": 1, "masters": 0}),
        ("etcd-1", FIRST, LENIENT),
    ],
)
def test_one_that_can_be_done_is_not(target, parameters, spec):
    plan = plan_lab(LabSpec(**spec))
    action_of("replace-member", parameters).check(parse(target, plan, {}), plan)


def test_a_dial_writes_what_every_node_sees(tmp_path):
    lab, heard = FakeLab(tmp_path, etcd=1, masters=1, workers=2), []
    scene = Scene(lab, "try", heard.append, None, frozenset)
    dial = action_of("dial", {"port": 6443, "tls": True})
    lab.agent = None  # a heal may wait for that channel
    dial.run(scene, (Target("worker-1", "nginx"), Target("etcd-1", "etcd")))
    assert [(one.step, one.node, one.host, one.port, one.seen) for one in heard] == [
        ("try", "worker-1", "127.0.0.1", 6443, "answered"),
        ("try", "etcd-1", "127.0.0.1", 6443, "refused"),
    ]


@pytest.fixture
def replacing(tmp_path, monkeypatch):
    """Make the replacement of etcd-1 of five, the last of which takes anything.

    `asked` has who was asked for the members, or to add one, which all refuse.
    """
    asked = []
    lost = SimpleNamespace(name="etcd-1", id="1", peer_urls=[], learner=False)

    def add_member(endpoint, _url, *, learner):
        assert not learner
        asked.append(endpoint)
        raise replace_member.etcd.RefusedError("unhealthy")

    monkeypatch.setattr(replace_member._Replacement, "_lose", lambda *_: None)
    monkeypatch.setattr(replace_member.etcd, "members", lambda one: asked.append(one) or [lost])
    monkeypatch.setattr(replace_member.etcd, "add_member", add_member)

    def make(*hit):
        lab = FakeLab(tmp_path, **{**LENIENT, "etcd": 5})
        endpoints = {name: name for name in lab.names("etcd")}
        scene = Scene(lab, "new", [].append, SimpleNamespace(endpoints=endpoints), lambda: hit)
        return replace_member._Replacement(scene, Target("etcd-1", "etcd"))

    return SimpleNamespace(make=make, asked=asked)


@pytest.mark.parametrize(
    ("hit", "first"),
    [
        ((), "etcd-2"),
        (("etcd-2", "etcd-3"), "etcd-4"),
        (("etcd-2", "etcd-3", "etcd-4", "etcd-5"), "etcd-2"),
    ],
)
def test_the_members_are_changed_through_one_that_nothing_hits(replacing, hit, first):
    replacing.make(*hit)
    assert replacing.asked == [first]


def test_a_member_is_added_first_at_those_that_nothing_hits_and_at_strict_ones(replacing):
    made = replacing.make("etcd-2")
    replacing.asked.clear()
    assert not made._added_anywhere("url")
    assert replacing.asked == ["etcd-3", "etcd-4", "etcd-5", "etcd-2"]


class Members:
    """Members whose hashes are as they are told, one look after the other; an error is raised."""

    def __init__(self, monkeypatch, **looks):
        self.looks = {name: iter(found) for name, found in looks.items()}
        self.last = {}
        monkeypatch.setattr(module, "hash_at", self.hash_at)
        monkeypatch.setattr(module, "POLL_S", 0.01)

    def hash_at(self, name, revision, _timeout_s):
        self.last[name] = found = next(self.looks[name], self.last.get(name))
        if isinstance(found, LabError):
            raise found
        return revision or found, found


@pytest.fixture
def rejoins(monkeypatch):
    """Make the look at these members; `heard` has the events."""

    def make(hit=frozenset(), **looks):
        Members(monkeypatch, **looks)
        heard = []

        def now():
            return hit if isinstance(hit, (set, frozenset)) else next(hit, set())

        rejoining = Rejoining(
            {name: name for name in looks}, lambda: 7, lambda _step: now(), heard.append
        )
        return SimpleNamespace(wait=rejoining.wait, heard=heard)

    return make


def test_a_member_has_rejoined_when_all_hashes_are_one(rejoins):
    made = rejoins(a=[5], b=[LabError("refused"), 4, 5], c=[5])
    made.wait("kill", {"a"}, 7)
    *apart, rejoined = made.heard
    assert [one.evidence for one in apart] == ["b: refused", "{'a': 5, 'b': 4, 'c': 5}"]
    assert all(isinstance(one, events.Apart) for one in apart)
    assert (rejoined.injection, rejoined.revision) == ("kill", 7)
    assert apart[-1].t_s < rejoined.t_s


def test_nobody_waits_for_a_member_that_another_injection_hit(rejoins):
    made = rejoins(hit={"c"}, a=[5], b=[5], c=[LabError("down")])
    made.wait("kill", {"a"}, 7)
    assert isinstance(made.heard[0], events.Rejoined)


def test_a_member_that_another_injection_still_hits_has_not_rejoined(rejoins, monkeypatch):
    monkeypatch.setattr(module, "REJOIN_TIMEOUT_S", 0.1)
    made = rejoins(hit=iter([{"a"}, {"a"}, {"a"}, {"a"}]), a=[5], b=[5], c=[5])
    made.wait("kill", {"a"}, 7)
    *apart, rejoined = made.heard
    assert [one.evidence for one in apart] == ["its own member a is hit by another injection"] * 2
    assert isinstance(rejoined, events.Rejoined)


def test_one_member_alone_proves_nothing_beside_those_that_are_hit(rejoins, monkeypatch):
    monkeypatch.setattr(module, "REJOIN_TIMEOUT_S", 0.1)
    made = rejoins(hit={"b", "c"}, a=[5], b=[5], c=[5])
    stops = iter([False, False, True])
    with pytest.raises(NotSteadyError, match="no other member is left"):
        made.wait("kill", {"a"}, 7, lambda: next(stops))


def test_one_that_stays_apart_did_not_recover(rejoins, monkeypatch):
    monkeypatch.setattr(module, "REJOIN_TIMEOUT_S", 0.1)
    made = rejoins(a=[5], b=[4])
    with pytest.raises(NotSteadyError, match="kill: not all members had the same data"):
        made.wait("kill", {"a"}, 7)


def test_the_newest_revision_is_that_of_whoever_answers(monkeypatch):
    Members(monkeypatch, a=[5], b=[LabError("down")], c=[9])
    assert newest_revision({name: name for name in "abc"}) == 9
