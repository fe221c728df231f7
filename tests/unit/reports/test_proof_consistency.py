"""Histories good and bad, one a rule, and a search through all orders for tiny ones."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.analysis.consistency import check
from reports.history.operations import Operation, Version


def write(value, revision, begin_s, end_s, key="a", outcome="ok"):
    seen = revision if outcome == "ok" else 0
    return Operation(1, "write", key, value, begin_s, end_s, outcome, seen, seen)


def read(value, revision, begin_s, end_s, key="a", mod=None):
    mod = (revision if value else 0) if mod is None else mod
    return Operation(2, "read", key, value, begin_s, end_s, "ok", revision, mod)


def versions(*operations):
    return [Version(one.key, one.value, one.revision) for one in operations if one.op == "write"]


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
}


@pytest.mark.parametrize(("operations", "final"), GOOD.values(), ids=GOOD.keys())
def test_a_history_that_may_be_so_holds(operations, final):
    found = check(operations, versions(*final), minimum=0)
    assert found.violations == []
    assert found.verdict == "holds"


@pytest.mark.parametrize(("operations", "final", "rule"), BAD.values(), ids=BAD.keys())
def test_a_history_that_breaks_a_rule_is_violated_with_the_operations(operations, final, rule):
    found = check(operations, versions(*final), minimum=0)
    assert rule in {one.rule for one in found.violations}
    assert found.verdict == "violated"
    assert all(one.operations for one in found.violations if one.rule != "invented")


def test_an_overwritten_version_that_was_compacted_is_covered():
    assert check([ONE, TWO], versions(TWO), compacted=3, minimum=0).verdict == "holds"


def test_a_missing_version_that_was_not_compacted_is_lost():
    assert check([ONE, TWO], versions(TWO), compacted=1, minimum=0).lost[0].operations == (ONE,)


def test_the_newest_version_is_not_covered_by_compaction():
    found = check([ONE, TWO], versions(ONE), compacted=3, minimum=0)
    assert [one.operations for one in found.lost] == [(TWO,)]


def test_too_few_operations_are_unknown_and_say_the_minimum():
    found = check([ONE, TWO], versions(ONE, TWO))
    assert found.verdict == "unknown"
    assert "only 2 writes were acknowledged and 0 reads answered, 100 of each" in found.unknown


def test_what_is_wrong_is_wrong_however_few():
    assert check([ONE, TWO], versions(ONE)).verdict == "violated"


def possible(operations, final):
    """Search all orders for one that respects real time and explains every answer."""
    there = {(one.key, one.value): one.revision for one in final}
    seen = {(o.key, o.value) for o in operations if o.op == "read" and o.mod_revision} | set(there)
    done = []
    for one in operations:
        if one.outcome == "unknown":
            if (one.key, one.value) not in seen:
                continue
            if (one.key, one.value) not in there:
                return False
            fixed = replace(one, complete_s=float("inf"), revision=there[one.key, one.value])
            done.append(fixed)
        else:
            done.append(one)
    for one in done:
        if one.op == "write" and there.get((one.key, one.value)) != one.revision:
            return False
    if len(there) != sum(one.op == "write" for one in done):
        return False
    return any(explains(order) for order in itertools.permutations(done))


def explains(order):
    state, now = {}, 0
    for place, one in enumerate(order):
        if any(later.complete_s < one.invoke_s for later in order[place + 1 :]):
            return False
        if one.op == "write":
            if one.revision <= now:
                return False
            now, state[one.key] = one.revision, (one.value, one.revision)
        elif one.revision < now or state.get(one.key, (None, 0)) != (one.value, one.mod_revision):
            return False
        else:
            now = one.revision
    return True


@st.composite
def tiny(draw):
    """A true execution of up to six operations on two keys, bent in up to one place."""
    operations, final, state, revision = [], [], {}, 1
    for number in range(draw(st.integers(1, 6))):
        key, now_s = draw(st.sampled_from("ab")), number + 1
        begin_s, end_s = now_s - draw(st.integers(0, 3)), now_s + draw(st.integers(0, 3))
        if draw(st.booleans()):
            revision += 1
            state[key] = (str(number), revision)
            final.append(Version(key, str(number), revision))
            outcome = draw(st.sampled_from(["ok", "ok", "unknown"]))
            operations.append(write(str(number), revision, begin_s, end_s, key, outcome))
        else:
            value, mod = state.get(key, (None, 0))
            operations.append(read(value, revision, begin_s, end_s, key, mod))
    bend = draw(st.sampled_from(["nothing", "revision", "value", "drop", "late"]))
    place = draw(st.integers(0, len(operations) - 1))
    one = operations[place]
    if bend == "revision" and one.outcome == "ok":
        moved = one.revision + draw(st.sampled_from([-1, 1]))
        mod = moved if one.op == "write" else one.mod_revision
        operations[place] = replace(one, revision=moved, mod_revision=mod)
    elif bend == "value" and one.op == "read" and final:
        other = draw(st.sampled_from(final))
        if other.key == one.key:
            operations[place] = replace(one, value=other.value, mod_revision=other.revision)
    elif bend == "drop" and final:
        final.pop(draw(st.integers(0, len(final) - 1)))
    elif bend == "late":
        operations[place] = replace(one, invoke_s=one.invoke_s + 5, complete_s=one.complete_s + 9)
    return operations, final


@settings(max_examples=300, deadline=None)
@given(tiny())
def test_the_check_says_what_a_search_through_all_orders_says(history):
    operations, final = history
    said = check(operations, final, minimum=0).verdict == "holds"
    assert said == possible(operations, final)
