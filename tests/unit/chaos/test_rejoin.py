"""When a member that was away has the same data as the others."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.steps import rejoin as module
from chaos.steps.rejoin import Rejoining, highest_revision
from chaos.steps.steady_state import NotSteadyError
from lab.errors import LabError
from reports.history import events
from reports.locale.catalogue import text_of


class Members:
    """Members with these hashes, one a request; the last is repeated, an error is raised."""

    def __init__(self, monkeypatch, **looks):
        self.looks = {name: iter(answers) for name, answers in looks.items()}
        self.last = {}
        monkeypatch.setattr(module, "hash_at", self.hash_at)
        monkeypatch.setattr(module, "POLL_S", 0.01)

    def hash_at(self, name, revision, _timeout_s):
        self.last[name] = answer = next(self.looks[name], self.last.get(name))
        if isinstance(answer, LabError):
            raise answer
        return revision or answer, answer


@pytest.fixture
def rejoins(monkeypatch):
    """Make the comparison of these members; `events` has what it reports."""

    def make(hit=frozenset(), **looks):
        Members(monkeypatch, **looks)
        reported = []

        def now():
            return hit if isinstance(hit, (set, frozenset)) else next(hit, set())

        rejoining = Rejoining(
            {name: name for name in looks}, lambda: 7, lambda _step: now(), reported.append
        )
        return SimpleNamespace(wait=rejoining.wait, events=reported)

    return make


def test_a_member_has_rejoined_when_all_hashes_are_one(rejoins):
    made = rejoins(a=[5], b=[LabError("refused"), 4, 5], c=[5])
    made.wait("kill", {"a"}, 7)
    *apart, rejoined = made.events
    assert [text_of(event.evidence, "en") for event in apart] == [
        "b: refused",
        "{'a': 5, 'b': 4, 'c': 5}",
    ]
    assert all(isinstance(event, events.Apart) for event in apart)
    assert (rejoined.injection, rejoined.revision) == ("kill", 7)
    assert apart[-1].t_s < rejoined.t_s


def test_nobody_waits_for_a_member_that_another_injection_hit(rejoins):
    made = rejoins(hit={"c"}, a=[5], b=[5], c=[LabError("down")])
    made.wait("kill", {"a"}, 7)
    assert isinstance(made.events[0], events.Rejoined)


def test_a_member_that_another_injection_still_hits_has_not_rejoined(rejoins, monkeypatch):
    monkeypatch.setattr(module, "REJOIN_TIMEOUT_S", 0.1)
    made = rejoins(hit=iter([{"a"}, {"a"}, {"a"}, {"a"}]), a=[5], b=[5], c=[5])
    made.wait("kill", {"a"}, 7)
    *apart, rejoined = made.events
    assert [text_of(event.evidence, "en") for event in apart] == [
        "its own member a is hit by another injection"
    ] * 2
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
    assert highest_revision({name: name for name in "abc"}) == 9
