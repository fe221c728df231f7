"""What counts as served, offered to members that answer as a test wants."""

from __future__ import annotations

import threading
import time

import pytest

from chaos.survey.load import LoadResult, SurveyLoad, SurveyRequest
from lab.errors import LabError


class Answering:
    """Members that answer when `may` says so; asked counts who was asked what."""

    def __init__(self, may):
        self.may = may
        self.asked = []

    def ask(self, member, path, _body, _timeout_s):
        self.asked.append((member, path.rpartition("/")[2]))
        if not self.may(path):
            raise LabError("no leader")
        return {}


@pytest.fixture
def offer():
    made = []

    def make(may):
        made.append(SurveyLoad(Answering(may), "t", 1.0))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_offering_ends_with_a_write_and_a_read(offer):
    offered = offer(lambda _: True).run(["a", "b"], 5.0)
    assert offered.sent == 2
    assert offered.first("write").member == "a"
    assert offered.served("read", 5.0) == "served"


def test_every_member_is_asked_to_write_and_to_read_in_turn(offer):
    made = offer(lambda _: False)
    offered = made.run(["a", "b"], 0.55)
    assert [*made._members.asked][:4] == [
        ("a", "put"),
        ("a", "range"),
        ("b", "put"),
        ("b", "range"),
    ]
    assert offered.sent in (6, 7), "the first read goes with the first write"
    assert (offered.served("write", 0.55), offered.doubt(0.55)) == ("not-served", "")


def test_a_write_alone_does_not_end_the_offering(offer):
    offered = offer(lambda path: "put" in path).run(["a"], 0.35)
    assert (offered.served("write", 0.35), offered.served("read", 0.35)) == (
        "served",
        "not-served",
    )


def test_time_in_which_nothing_could_be_sent_counts_for_nothing(offer, monkeypatch):
    made = offer(lambda _: False)
    naps = iter([0.5])

    class Slow(threading.Event):
        def wait(self, timeout=None):
            super().wait(timeout)
            time.sleep(next(naps, 0))
            return self.is_set()

    monkeypatch.setattr(made, "_served", Slow())
    offered = made.run(["a"], 0.4)
    assert 0.4 <= offered.starved_s < 0.8
    assert offered.end_s - offered.begin_s >= 0.85
    assert offered.whole(0.4)


def operation(invoke_s, complete_s, outcome="ok"):
    return SurveyRequest("write", "a", "k", "v", invoke_s, complete_s, outcome)


OPERATIONS = {
    "within": (operation(10.1, 10.2), "served"),
    "asked before the fault was seen": (operation(9.9, 10.2), "not-served"),
    "answered after the heal": (operation(10.1, 13.1), "not-served"),
    "refused": (operation(10.1, 10.2, "unknown"), "not-served"),
}


@pytest.mark.parametrize(("one", "state"), OPERATIONS.values(), ids=OPERATIONS.keys())
def test_served_is_invoked_after_the_fault_and_completed_before_the_heal(one, state):
    offered = LoadResult(10.0, 13.0, 30, 0.0, [one])
    assert offered.served("write", 3.0) == state


def test_a_bound_that_was_not_whole_proves_nothing():
    offered = LoadResult(10.0, 22.0, 30, 9.5, [])
    assert offered.served("write", 3.0) == "unknown"
    assert offered.doubt(3.0) == "the machine was too busy: 9.5 s of 12.0 s were lost"
