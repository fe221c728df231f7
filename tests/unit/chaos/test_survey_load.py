"""When a load counts as served, with members that answer as a test wants."""

from __future__ import annotations

import threading
import time

import pytest

from chaos.survey.load import LoadResult, SurveyLoad, SurveyRequest
from lab.errors import LabError
from reports.locale.catalogue import text_of


class Answering:
    """Members that answer where `may` allows it; `asked`: the requests of each."""

    def __init__(self, may):
        self.may = may
        self.asked = []

    def ask(self, member, path, _body, _timeout_s):
        self.asked.append((member, path.rpartition("/")[2]))
        if not self.may(path):
            raise LabError("no leader")
        return {}


@pytest.fixture
def load_of():
    loads = []

    def make(may):
        loads.append(SurveyLoad(Answering(may), "t", 1.0))
        return loads[-1]

    yield make
    for load in loads:
        load.close()


def test_offering_ends_with_a_write_and_a_read(load_of):
    result = load_of(lambda _: True).run(["a", "b"], 5.0)
    assert result.sent == 2
    assert result.first("write").member == "a"
    assert result.served("read", 5.0) == "served"


def test_every_member_is_asked_to_write_and_to_read_in_turn(load_of):
    load = load_of(lambda _: False)
    result = load.run(["a", "b"], 0.55)
    assert [*load._members.asked][:4] == [
        ("a", "put"),
        ("a", "range"),
        ("b", "put"),
        ("b", "range"),
    ]
    assert result.sent in (6, 7), "the first read goes with the first write"
    assert (result.served("write", 0.55), result.doubt(0.55)) == ("not-served", None)


def test_a_write_alone_does_not_end_the_offering(load_of):
    result = load_of(lambda path: "put" in path).run(["a"], 0.35)
    assert (result.served("write", 0.35), result.served("read", 0.35)) == (
        "served",
        "not-served",
    )


def test_time_in_which_nothing_could_be_sent_counts_for_nothing(load_of, monkeypatch):
    load = load_of(lambda _: False)
    naps = iter([0.5])

    class Slow(threading.Event):
        def wait(self, timeout=None):
            super().wait(timeout)
            time.sleep(next(naps, 0))
            return self.is_set()

    monkeypatch.setattr(load, "_served", Slow())
    result = load.run(["a"], 0.4)
    assert 0.4 <= result.starved_s < 0.8
    assert result.end_s - result.begin_s >= 0.85
    assert result.whole(0.4)


def operation(invoke_s, complete_s, outcome="ok"):
    return SurveyRequest("write", "a", "k", "v", invoke_s, complete_s, outcome)


OPERATIONS = {
    "within": (operation(10.1, 10.2), "served"),
    "asked before the fault was seen": (operation(9.9, 10.2), "not-served"),
    "answered after the heal": (operation(10.1, 13.1), "not-served"),
    "refused": (operation(10.1, 10.2, "unknown"), "not-served"),
}


@pytest.mark.parametrize(("sent", "state"), OPERATIONS.values(), ids=OPERATIONS.keys())
def test_served_is_invoked_after_the_fault_and_completed_before_the_heal(sent, state):
    result = LoadResult(10.0, 13.0, 30, 0.0, [sent])
    assert result.served("write", 3.0) == state


def test_a_bound_that_was_not_whole_proves_nothing():
    result = LoadResult(10.0, 22.0, 30, 9.5, [])
    assert result.served("write", 3.0) == "unknown"
    assert text_of(result.doubt(3.0), "en") == "the machine was too busy: 9.5 s of 12.0 s were lost"
