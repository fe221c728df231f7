"""The leader and the data that members report."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.survey.members import Members
from lab.components.lab_plan import plan_lab
from lab.errors import LabError
from lab.spec import LabSpec


def members_that_say(monkeypatch, answers):
    """Return three members whose answers are these, in order, and the list of who was asked."""
    asked = []

    def ask(_, member, *_request):
        asked.append(member)
        return answers[member]

    monkeypatch.setattr(Members, "ask", ask)
    plan = plan_lab(LabSpec(etcd=3, masters=0, workers=1))
    return Members(SimpleNamespace(plan=plan, etcd_from=lambda *_: None)), asked


def statuses(*leaders):
    """Return the status of members a, b and c, each naming its leader; "" for none."""
    return {
        f"etcd-{place + 1}": {
            "header": {"member_id": "abc"[place]},
            **({"leader": leader} if leader else {}),
        }
        for place, leader in enumerate(leaders)
    }


def hashes(*pairs):
    return {
        f"etcd-{place + 1}": {"header": {"revision": revision}, "hash": value}
        for place, (revision, value) in enumerate(pairs)
    }


def test_the_leader_is_the_member_that_all_name(monkeypatch):
    members, asked = members_that_say(monkeypatch, statuses("b", "b", "b"))
    assert members.leader() == "etcd-2"
    assert asked == ["etcd-1", "etcd-2", "etcd-3"]


@pytest.mark.parametrize(
    ("leaders", "asked_until"),
    [
        pytest.param(("", "b", "b"), 1, id="the first knows none"),
        pytest.param(("b", "b", ""), 3, id="the last knows none"),
        pytest.param(("a", "b", "b"), 2, id="two that differ"),
        pytest.param(("d", "d", "d"), 3, id="one that is no member"),
    ],
)
def test_members_that_do_not_agree_are_asked_no_further_than_that_is_known(
    monkeypatch, leaders, asked_until
):
    members, asked = members_that_say(monkeypatch, statuses(*leaders))
    with pytest.raises(LabError):
        members.leader()
    assert len(asked) == asked_until


@pytest.mark.parametrize(
    ("pairs", "differ"),
    [
        pytest.param([("7", 1), ("7", 1), ("7", 1)], False, id="one revision, one hash"),
        pytest.param([("7", 1), ("7", 1), ("6", 1)], True, id="one is behind"),
        pytest.param([("7", 1), ("7", 2), ("7", 1)], True, id="one has other data"),
    ],
)
def test_members_differ_by_revision_and_by_hash(monkeypatch, pairs, differ):
    members, _ = members_that_say(monkeypatch, hashes(*pairs))
    assert bool(members.differing()) == differ


@pytest.mark.parametrize("answer", [[], "", None, {"kvs": 1, "header": 1}], ids=str)
@pytest.mark.parametrize("read", [Members.differing, lambda members: members.read_back("p/")])
def test_an_answer_that_is_not_etcds_is_an_error_of_the_lab(monkeypatch, read, answer):
    members, _ = members_that_say(
        monkeypatch, dict.fromkeys(("etcd-1", "etcd-2", "etcd-3"), answer)
    )
    with pytest.raises(LabError):
        read(members)
