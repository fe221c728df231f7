"""Histories by hand, good and bad, one a rule: what the check may not see and what it must."""

from __future__ import annotations

from dataclasses import replace

import pytest
from english import english
from written_operations import check, event, get, opened, read, versions, write

from reports.history.lines import LineWriter
from reports.history.operations import Operation, frame_of, read_operations


def listed(value, revision, mod, end_s, key="a", begin_s=None):
    """Return a line of a list: one key, at the revision of the whole list."""
    begin_s = end_s - 1 if begin_s is None else begin_s
    return Operation(4, "list", key, value, begin_s, end_s, "ok", revision, mod)


ONE = write("one", 2, 0, 1)
TWO = write("two", 3, 2, 3)
OTHER = write("other", 4, 2, 3, key="b")

GOOD = {
    "nothing": ([], []),
    "writes in a row": ([ONE, TWO], [ONE, TWO]),
    "a read of a key that is not there": ([read(None, 1, 0, 1)], []),
    "a read of the newest": ([ONE, read("one", 2, 2, 3)], [ONE]),
    "a read beside a write sees the old": ([ONE, TWO, read("one", 2, 2, 4)], [ONE, TWO]),
    "a read beside a write sees the new": ([ONE, TWO, read("two", 3, 2, 2.5)], [ONE, TWO]),
    "a read after a write of another key": (
        [ONE, OTHER, read("one", 4, 4, 5, mod=2)],
        [ONE, OTHER],
    ),
    "writes beside each other, in either order": (
        [write("one", 3, 0, 1), write("two", 2, 0, 1)],
        [write("two", 2, 0, 1), write("one", 3, 0, 1)],
    ),
    "equal times are concurrent": (
        [write("one", 3, 0, 1), write("two", 2, 1, 2)],
        [write("two", 2, 1, 2), write("one", 3, 0, 1)],
    ),
    "an unknown write that never was": ([ONE, write("two", 0, 2, 3, outcome="unknown")], [ONE]),
    "an unknown write that was": ([ONE, write("two", 0, 2, 3, outcome="unknown")], [ONE, TWO]),
    "an unknown write that came late": (
        [ONE, write("late", 0, 0, 1, outcome="unknown"), read("one", 2, 4, 5)],
        [ONE, write("late", 3, 6, 7)],
    ),
    "a write that failed and is not there": ([ONE, write("two", 0, 2, 3, outcome="fail")], [ONE]),
    "a read that failed": ([ONE, replace(read(None, 0, 2, 3), outcome="fail")], [ONE]),
    "a GET that sees the old beside a write": ([ONE, TWO, get("one", 2, 2, 4)], [ONE, TWO]),
    "a GET of what was there before others were written": (
        [ONE, OTHER, get("one", 2, 4, 5)],
        [ONE, OTHER],
    ),
    "a GET of nothing beside the first write": ([ONE, get(None, 0, 0, 1)], [ONE]),
    "a list at one revision": (
        [ONE, OTHER, listed("one", 4, 2, 5), listed("other", 4, 4, 5, key="b")],
        [ONE, OTHER],
    ),
    "a list from a cache may be old": (
        [ONE, TWO, replace(listed("one", 2, 2, 9), invoke_s=8, stale=True)],
        [ONE, TWO],
    ),
    "a GET from a cache may be old": ([ONE, TWO, get("one", 2, 8, 9, stale=True)], [ONE, TWO]),
    "an unknown write that a GET saw": (
        [write("one", 0, 0, 1, outcome="unknown"), get("one", 2, 2, 3)],
        [ONE],
    ),
    "a watch that tells all, late": (
        [opened(1, 0), ONE, TWO, event("one", 2, 8), event("two", 3, 8)],
        [ONE, TWO],
    ),
    "a watch that was opened later": ([ONE, TWO, opened(2, 2), event("two", 3, 8)], [ONE, TWO]),
    "two watches": (
        [ONE, TWO, event("one", 2, 8), event("two", 3, 8), event("one", 2, 9, process=8)],
        [ONE, TWO],
    ),
    "a watch that was opened again where it broke": (
        [ONE, TWO, event("one", 2, 8), opened(2, 9), event("two", 3, 9)],
        [ONE, TWO],
    ),
}

BAD = {
    "two writes at one revision": ([ONE, write("two", 2, 0, 1)], [ONE], "unique"),
    "a write that went back": (
        [write("one", 3, 0, 1), write("two", 2, 2, 3)],
        [write("two", 2, 2, 3), write("one", 3, 0, 1)],
        "order",
    ),
    "a read that went back": (
        [ONE, TWO, read("two", 3, 4, 5), read("one", 2, 6, 7)],
        [ONE, TWO],
        "order",
    ),
    "a read that misses a write that had ended": ([ONE, read(None, 1, 2, 3)], [ONE], "order"),
    "a write below a read that had ended": (
        [read(None, 2, 0, 1), write("one", 2, 2, 3)],
        [ONE],
        "order",
    ),
    "an older value at a newer revision": (
        [ONE, TWO, read("one", 3, 4, 5, mod=2)],
        [ONE, TWO],
        "value",
    ),
    "another value at the same revision": ([ONE, read("x", 2, 2, 3)], [ONE], "value"),
    "a value that nobody wrote": ([ONE], [ONE, write("x", 3, 2, 3)], "invented"),
    "a failed write that happened": (
        [ONE, write("two", 0, 2, 3, outcome="fail")],
        [ONE, TWO],
        "invented",
    ),
    "an unknown write that happened before it was sent": (
        [TWO, write("late", 0, 4, 5, outcome="unknown")],
        [write("late", 2, 4, 5), TWO],
        "order",
    ),
    "an acknowledged write that is gone": ([ONE, TWO], [ONE], "lost"),
    "an acknowledged write whose revision holds another": (
        [ONE, TWO, OTHER],
        [ONE, write("x", 3, 2, 3), OTHER],
        "lost",
    ),
    "an unknown write that was read and is gone": (
        [write("one", 0, 0, 1, outcome="unknown"), read("one", 2, 2, 3)],
        [],
        "lost",
    ),
    "a GET of an older version than one that was written before": (
        [ONE, TWO, get("one", 2, 4, 5)],
        [ONE, TWO],
        "order",
    ),
    "a GET of an older version than another GET": (
        [ONE, write("two", 3, 2, 9), get("two", 3, 3, 4), get("one", 2, 5, 6)],
        [ONE, TWO],
        "order",
    ),
    "a GET of nothing after a write": ([ONE, get(None, 0, 2, 3)], [ONE], "order"),
    "a GET of what another key's later write had overtaken": (
        [ONE, write("two", 3, 2, 9), OTHER, get("one", 2, 4, 5)],
        [ONE, TWO, OTHER],
        "order",
    ),
    "a list older than a write that had ended": (
        [ONE, TWO, listed("one", 2, 2, 9, begin_s=8)],
        [ONE, TWO],
        "order",
    ),
    "a list that mixes two revisions": (
        [ONE, TWO, OTHER, listed("one", 4, 2, 5), listed("other", 4, 4, 5, key="b")],
        [ONE, TWO, OTHER],
        "value",
    ),
    "a list from a cache that is of no revision": (
        [ONE, TWO, replace(listed("one", 3, 2, 9), stale=True)],
        [ONE, TWO],
        "value",
    ),
    "a GET of a version with another's value": ([ONE, get("x", 2, 2, 3)], [ONE], "value"),
    "a GET of a value that nobody wrote": ([ONE, get("x", 3, 2, 3)], [ONE], "invented"),
    "a read after an event that does not see it": (
        [write("one", 0, 0, 9, outcome="unknown"), event("one", 2, 2), read(None, 1, 3, 4)],
        [ONE],
        "order",
    ),
    "a read older than a stale one that had ended": (
        [
            write("one", 0, 0, 9, outcome="unknown"),
            get("one", 2, 1, 2, stale=True),
            get(None, 0, 3, 4),
        ],
        [ONE],
        "order",
    ),
    "a write that was told before it began": (
        [event("one", 2, 0), write("one", 2, 1, 2)],
        [ONE],
        "order",
    ),
    "a write that somebody sent twice": ([ONE], [ONE, write("one", 3, 0, 1)], "repeated"),
    "an unknown write that happened twice": (
        [write("one", 0, 0, 1, outcome="unknown")],
        [ONE, write("one", 3, 0, 1)],
        "repeated",
    ),
    "an event before an older one": (
        [opened(1, 0), ONE, TWO, event("two", 3, 8), event("one", 2, 8)],
        [ONE, TWO],
        "watch",
    ),
    "an event told twice": (
        [ONE, TWO, event("one", 2, 8), event("one", 2, 8), event("two", 3, 8)],
        [ONE, TWO],
        "watch",
    ),
    "an event left out": (
        [opened(1, 0), ONE, TWO, OTHER, event("one", 2, 8), event("other", 4, 8, key="b")],
        [ONE, TWO, OTHER],
        "watch",
    ),
    "the first event left out": ([opened(1, 0), ONE, TWO, event("two", 3, 8)], [ONE, TWO], "watch"),
    "an event with another's value": ([ONE, event("x", 2, 8)], [ONE], "value"),
}


@pytest.mark.parametrize(("operations", "final"), GOOD.values(), ids=GOOD.keys())
def test_a_history_that_may_be_so_holds(operations, final):
    found = check(operations, versions(*final), minimum=0)
    assert found.violations == []
    assert found.verdict == "holds"


@pytest.mark.parametrize(("operations", "final", "rule"), BAD.values(), ids=BAD.keys())
def test_a_history_that_breaks_a_rule_is_violated_with_the_operations(operations, final, rule):
    found = check(operations, versions(*final), minimum=0)
    assert rule in {violation.rule for violation in found.violations}
    assert found.verdict == "violated"
    seen = [
        violation
        for violation in found.violations
        if not english(violation.note).startswith("nobody wrote")
    ]
    assert all(violation.operations for violation in seen)
    assert found.counts[rule] == sum(violation.rule == rule for violation in found.violations)


def test_an_overwritten_version_that_was_compacted_is_covered():
    assert check([ONE, TWO], versions(TWO), compacted=3, minimum=0).verdict == "holds"


def test_a_missing_version_that_was_not_compacted_is_lost():
    assert check([ONE, TWO], versions(TWO), compacted=1, minimum=0).lost[0].operations == (ONE,)


def test_the_newest_version_is_not_covered_by_compaction():
    found = check([ONE, TWO], versions(ONE), compacted=3, minimum=0)
    assert [violation.operations for violation in found.lost] == [(TWO,)]


def test_too_few_operations_are_unknown_and_say_the_minimum():
    found = check([ONE, TWO], versions(ONE, TWO))
    assert found.verdict == "unknown"
    assert "only 2 writes were acknowledged and 0 reads answered, 100 of each" in english(
        found.unknown
    )


def test_what_is_wrong_is_wrong_however_few():
    assert check([ONE, TWO], versions(ONE)).verdict == "violated"


def test_without_the_end_nothing_holds_and_what_is_wrong_is_wrong():
    fine = check([ONE, TWO], None, minimum=0)
    assert (fine.verdict, fine.lost) == ("unknown", [])
    assert english(fine.unknown) == "what the store has in the end was not read"
    assert check([ONE, TWO, get("one", 2, 4, 5)], None, minimum=0).verdict == "violated"


def test_a_violation_shows_who_had_ended_before():
    found = check([ONE, TWO, get("one", 2, 4, 5)], versions(ONE, TWO), minimum=0)
    (shown,) = found.violations
    assert shown.operations == (TWO, get("one", 2, 4, 5))
    assert english(shown.note) == "read went back from revision 3 to 2"


def test_all_are_counted_and_the_first_five_hundred_shown():
    many = [write(f"v{n}", n + 2, n, n + 1) for n in range(900)]
    found = check(many, [])
    assert found.counts["lost"] == 900
    assert len(found.lost) == 500


def test_operations_are_the_same_after_the_disk(tmp_path):
    made = [ONE, read(None, 1, 0, 1), get("one", 2, 2, 3, via="worker-1"), opened(2, 5)]
    path = tmp_path / "ops.jsonl"
    stream = LineWriter(path)
    for operation in made:
        stream.write(operation.line())
    stream.close()
    path.write_text(path.read_text()[:-60])  # cut off by a crash
    damage = []
    assert read_operations(path, damage, ended=False).equals(frame_of(made[:3]))
    assert list(map(english, damage)) == ["ops.jsonl ends in the middle of line 4"]


def test_operations_that_are_not_there_are_missed(tmp_path):
    damage = []
    assert read_operations(tmp_path / "ops.jsonl", damage).empty
    assert list(map(english, damage)) == ["ops.jsonl cannot be read: No such file or directory"]
