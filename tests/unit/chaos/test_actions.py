"""Actions: their parameters, and the events of a dial and of a replacement. No lab is needed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.errors import InputError
from chaos.registration import parameters_of
from chaos.steps.actions.base import ActionContext
from chaos.steps.actions.member_replacement import MemberReplacement
from chaos.steps.actions.registry import action_kinds, action_of
from chaos.target_parser import parse
from chaos.targets import Target
from lab.clients import etcd
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec
from tests.fakes import FakeLab

LENIENT = {"etcd": 3, "masters": 0, "lenient_etcd": 1}
DIRECT = {"how": "direct"}
FIRST = {"how": "add-first", "wait_s": 3}


def test_every_action_says_what_it_does_and_takes():
    assert set(action_kinds()) == {"dial", "replace-member"}
    for kind in action_kinds().values():
        assert kind.help.endswith(".")
        assert kind.parameters == parameters_of(kind.make)
        assert all(parameter.help for parameter in kind.parameters)
    assert [name for name, kind in action_kinds().items() if kind.changes_cluster] == [
        "replace-member"
    ]


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
        ("etcd-3", FIRST, LENIENT, "the member must be strict"),
        ("etcd:follower", FIRST, LENIENT, "the member must be strict"),
        ("etcd-1", FIRST, {**LENIENT, "lenient_etcd": 2}, "the member must be strict"),
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
    lab, dials = FakeLab(tmp_path, etcd=1, masters=1, workers=2), []
    context = ActionContext(lab, "try", dials.append, None, frozenset)
    action = action_of("dial", {"port": 6443, "tls": True})
    lab.agent = None  # a heal may wait for that channel
    action.run(context, (Target("worker-1", "nginx"), Target("etcd-1", "etcd")))
    assert [(dial.step, dial.node, dial.host, dial.port, dial.outcome) for dial in dials] == [
        ("try", "worker-1", "127.0.0.1", 6443, "answered"),
        ("try", "etcd-1", "127.0.0.1", 6443, "refused"),
    ]


@pytest.fixture
def replacing(tmp_path, monkeypatch):
    """Make the replacement of etcd-1 of five, the last of which is lenient.

    `asked` has the members that were asked for a list, or to add one, which all refuse.
    """
    asked = []
    lost = SimpleNamespace(name="etcd-1", id="1", peer_urls=[], learner=False)

    def add_member(endpoint, _url, *, learner):
        assert not learner
        asked.append(endpoint)
        raise etcd.RefusedError("unhealthy")

    monkeypatch.setattr(etcd, "members", lambda member: asked.append(member) or [lost])
    monkeypatch.setattr(etcd, "add_member", add_member)

    def make(*hit):
        lab = FakeLab(tmp_path, **{**LENIENT, "etcd": 5})
        endpoints = {name: name for name in lab.names("etcd")}
        context = ActionContext(
            lab, "new", [].append, SimpleNamespace(endpoints=endpoints), lambda: hit
        )
        return MemberReplacement(context, Target("etcd-1", "etcd"))

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
    assert not made.add_anywhere("url")
    assert replacing.asked == ["etcd-3", "etcd-4", "etcd-5", "etcd-2"]
