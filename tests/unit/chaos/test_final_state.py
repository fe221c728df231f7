"""The final state of a store: what was deleted is not there, wherever the deletion stands."""

from __future__ import annotations

import pytest

from chaos.workload.final_state import final_state_of
from reports.history.final_state import Version
from tests.unit.chaos.fake_store import FakeStore

A1, A2, B, C = ("p/a", "1"), ("p/a", "2"), ("p/b", "3"), ("p/c", "4")


def deleted(key):
    return (key, None)


@pytest.mark.parametrize(
    ("history", "lost"),
    [
        ([A1, A2, B, C], []),
        ([A1, A2, B, C, deleted("p/a")], [A2]),
        ([A1, A2, B, C, deleted("p/b")], [B]),
        ([A1, A2, B, C, deleted("p/c")], [C]),
        ([A1, A2, deleted("p/a"), B, C], [A2]),
        ([B, deleted("p/b")], [B]),
    ],
    ids=["nothing", "an older key", "one before the last", "the last", "in between", "all"],
)
def test_the_last_value_of_a_deleted_key_is_not_there(history, lost):
    state = final_state_of({"etcd-1": FakeStore(history)}, "p/")
    values = [entry for entry in history if entry[1] is not None and entry not in lost]
    assert [(version.key, version.value) for version in state.versions if version.value] == values


def test_a_deletion_between_versions_is_a_version_without_a_value():
    state = final_state_of({"etcd-1": FakeStore([A1, deleted("p/a"), B])}, "p/")
    assert state.versions == [Version("p/a", "", 2), Version(*B, 3)]
