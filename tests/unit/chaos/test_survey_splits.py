"""Splits of a survey, and the side of each member."""

from __future__ import annotations

from collections import Counter

import pytest

from chaos.survey.splits import place_members, splits_of
from reports.history.survey_plan import PlannedSplit

EVERY = [shape for size in range(2, 10) for shape in splits_of(size)]


def test_every_pair_of_groups_is_there_with_the_leader_on_either_side():
    pairs = {
        (tuple(split.groups), split.leader_in)
        for split in EVERY
        if len(split.groups) == 2 and not split.bridge
    }
    wanted = {
        ((large, small), place)
        for large in range(1, 9)
        for small in range(1, large + 1)
        for place in ((0, 1) if large > small else (0,))
        if large + small <= 9
    }
    assert pairs == wanted


THREES = {
    5: ["3+1+1", "2+2+1"],
    7: ["5+1+1", "4+2+1", "3+3+1", "3+2+2"],
    9: ["7+1+1", "6+2+1", "5+3+1", "4+4+1", "5+2+2", "4+3+2", "3+3+3"],
}


@pytest.mark.parametrize("size", range(2, 10))
def test_odd_sizes_from_five_are_split_in_three_in_every_way(size):
    threes = [split for split in splits_of(size) if len(split.groups) == 3]
    assert {"+".join(map(str, split.groups)) for split in threes} == set(THREES.get(size, []))
    for groups in {tuple(split.groups) for split in threes}:
        leader_groups = [
            split.groups[split.leader_in] for split in threes if tuple(split.groups) == groups
        ]
        assert sorted(leader_groups) == sorted(set(groups))


@pytest.mark.parametrize("size", range(2, 10))
def test_a_bridge_has_the_leader_once_and_once_not(size):
    bridged = [split for split in splits_of(size) if split.bridge]
    assert [split.leader_in for split in bridged] == ([None, 0] if size >= 3 else [])
    assert {sum(split.groups) + split.bridge for split in splits_of(size)} == {size}
    assert {split.size for split in splits_of(size)} == {size}


@pytest.mark.parametrize("shape", EVERY, ids=str)
def test_every_member_is_on_one_side_and_the_leader_where_it_belongs(shape):
    members = [f"etcd-{number + 1}" for number in range(shape.size)]
    sides = place_members(shape, members, "etcd-2", 0)
    bridge = sides.pop("bridge", [])
    assert len(bridge) == shape.bridge
    assert list(map(len, sides.values())) == shape.groups
    assert Counter(sum(sides.values(), bridge)) == Counter(members)
    home = bridge if shape.leader_in is None else list(sides.values())[shape.leader_in]
    assert "etcd-2" in home
    assert place_members(shape, members, "etcd-2", 0) == sides | (
        {"bridge": bridge} if bridge else {}
    )


def test_who_is_where_depends_on_the_seed():
    shape = PlannedSplit(size=5, groups=[3, 2], leader_in=0, bridge=False, trial=0)
    members = [f"etcd-{number}" for number in range(5)]
    placed = {str(place_members(shape, members, "etcd-0", seed)) for seed in range(20)}
    assert len(placed) > 3
