"""Cells, batches and expected tables of a survey."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from chaos.errors import InputError
from chaos.faults.base import FaultKind
from chaos.faults.registry import fault_kinds
from chaos.survey.batches import in_batches
from chaos.survey.cells import cells_of, choose_members, parse_faults, parse_sizes
from chaos.survey.expected import read_expected

MEMBERS = [f"etcd-{number}" for number in range(1, 6)]


@pytest.mark.parametrize("size", range(1, 10))
def test_every_number_of_failures_is_there_with_the_leader_and_without(size):
    cells = cells_of(size, "kill")
    variants = {(planned.failed, planned.leader_failed) for planned in cells}
    assert len(cells) == len(variants) == 2 * size
    assert {(0, False), (size, True)} <= variants
    assert not {(0, True), (size, False)} & variants


@pytest.mark.parametrize("cell", cells_of(5, "kill"), ids=str)
def test_who_fails_is_as_many_as_asked_with_the_leader_or_not(cell):
    failed = choose_members(cell, MEMBERS, "etcd-3", 7)
    assert len(set(failed)) == cell.failed
    assert ("etcd-3" in failed) == cell.leader_failed
    assert failed == choose_members(cell, MEMBERS, "etcd-3", 7)


def test_who_fails_differs_by_seed_trial_and_leader():
    def cell(trial):
        [found] = [
            planned
            for planned in cells_of(5, "kill", trial)
            if (planned.failed, planned.leader_failed) == (2, False)
        ]
        return found

    seeds = {tuple(choose_members(cell(0), MEMBERS, "etcd-3", seed)) for seed in range(30)}
    trials = {tuple(choose_members(cell(trial), MEMBERS, "etcd-3", 0)) for trial in range(30)}
    assert len(seeds) > 3
    assert len(trials) > 3


SIZES = {
    "a range": ("1-3", [1, 2, 3]),
    "a list": ("5, 3", [3, 5]),
    "both, twice": ("1,8-9,9", [1, 8, 9]),
}


@pytest.mark.parametrize(("text", "sizes"), SIZES.values(), ids=SIZES.keys())
def test_sizes_are_ranges_and_lists(text, sizes):
    assert parse_sizes(text) == sizes


@pytest.mark.parametrize("text", ["", "0", "10", "1-10", "3-1", "x", "1,,2", "-1", "1.5"])
def test_sizes_out_of_range_are_refused(text):
    with pytest.raises(InputError, match="--sizes"):
        parse_sizes(text)


def test_faults_are_known_and_counted_once():
    assert parse_faults("hang, kill,hang") == ["hang", "kill"]
    assert parse_faults("kill,hang,power-off,isolate")
    with pytest.raises(InputError, match="'burn' is none of kill, hang, isolate, power-off"):
        parse_faults("kill,burn")


def test_a_cut_of_failed_members_is_the_isolation_of_each():
    assert parse_faults("cut,kill,isolate") == ["isolate", "kill"]


def test_a_fault_that_is_added_can_be_surveyed_when_it_needs_no_parameter(monkeypatch):
    pause = FaultKind("pause", "Pauses.", "nothing", "processes", stops=True, make=lambda: None)
    monkeypatch.setattr("chaos.survey.cells.fault_kinds", lambda: {**fault_kinds(), "pause": pause})
    assert parse_faults("pause,kill") == ["pause", "kill"]


SHIPPED = Path(__file__).parents[3] / "experiments/kuboard-tolerance.csv"


def test_the_shipped_table_is_the_documents_as_it_stands_there():
    rows = [(row.size, row.majority, row.tolerance) for row in read_expected(SHIPPED)]
    assert [row[1] for row in rows] == [1, 2, 2, 2, 3, 3, 4, 4, 5]
    assert [row[2] for row in rows] == [0, 0, 1, 1, 2, 2, 3, 3, 4]


HEADER = "size,majority,tolerance\n"
MALFORMED = {
    "empty": ("", ":1: the header"),
    "no header": ("3,2,1\n", ":1: the header"),
    "no rows": (HEADER, "has no rows"),
    "a cell too few": (HEADER + "3,2\n", ":2: 2 cells"),
    "a word": (HEADER + "1,1,0\n3,two,1\n", ":3: 'two' is no number"),
    "a negative": (HEADER + "3,-2,1\n", ":2: '-2' is no number"),
    "a size out of range": (HEADER + "10,6,4\n", ":2: size 10"),
    "twice": (HEADER + "3,2,1\n\n3,2,1\n", ":4: size 3 is there twice"),
}


@pytest.mark.parametrize(("text", "why"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_table_is_refused_with_its_line(tmp_path, text, why):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_expected(path)
    assert why in str(refused.value)


def test_batches_hold_everything_once_of_one_size_and_the_longest_begin():
    tasks = [
        SimpleNamespace(size=size, number=number)
        for size in range(1, 10)
        for number in range(4 * size)
    ]
    batches = in_batches(tasks, 9)
    assert Counter(id(task) for batch in batches for task in batch) == Counter(map(id, tasks))
    assert max(map(len, batches)) <= 9
    assert all(len({task.size for task in batch}) == 1 for batch in batches)
    assert [len(batch) for batch in batches] == sorted(map(len, batches), reverse=True)
    assert batches[0][0].size == 9
    assert in_batches([], 9) == []
