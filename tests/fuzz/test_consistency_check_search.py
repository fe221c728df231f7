"""The check against a search through all orders of tiny histories, and bent ones of real size."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_operations import check, event, get, opened, read, write

from reports.analysis.consistency.check import check as check_frame
from reports.history.final_state import Version
from tests.bench.made_operations import bend, made

LONG_AGO = float("-inf")


def possible(operations, final):
    """Search all orders for one that respects real time and explains every answer."""
    told = [
        operation.revision
        for operation in operations
        if operation.op == "watch" and operation.mod_revision
    ]
    if told != [version.revision for version in final[: len(told)]]:
        return False
    there = {(version.key, version.value): version.revision for version in final}
    seen = {(o.key, o.value) for o in operations if o.op != "write" and o.mod_revision} | set(there)
    done = []
    for operation in operations:
        if operation.outcome == "unknown":
            if (operation.key, operation.value) not in seen:
                continue
            if (operation.key, operation.value) not in there:
                return False
            fixed = replace(
                operation, complete_s=float("inf"), revision=there[operation.key, operation.value]
            )
            done.append(fixed)
        elif operation.stale or operation.op == "watch":
            # it shows what was so before its end, and need not be the newest
            done.append(replace(operation, invoke_s=LONG_AGO))
        else:
            done.append(operation)
    for operation in done:
        if (
            operation.op == "write"
            and there.get((operation.key, operation.value)) != operation.revision
        ):
            return False
    if len(there) != sum(operation.op == "write" for operation in done):
        return False
    return any(explains(order) for order in itertools.permutations(done))


def explains(order):
    """Whether every answer is what the store would say if things happened in this order."""
    state, now = {}, 1
    for place, operation in enumerate(order):
        if any(later.complete_s < operation.invoke_s for later in order[place + 1 :]):
            return False
        if operation.op == "write":
            fits = operation.revision > now
            state[operation.key] = (operation.value, operation.revision)
        elif operation.op == "watch" and not operation.mod_revision:
            fits = operation.revision >= now
        else:
            fits = state.get(operation.key, (None, 0)) == (operation.value, operation.mod_revision)
            # who tells no revision was served at the present one
            fits &= operation.revision == 0 or operation.revision >= now
            fits &= operation.op != "watch" or operation.revision == now
        if not fits:
            return False
        now = operation.revision or now
    return True


class Execution:
    """A store that never errs, one operation a second, asked by clients that overlap."""

    def __init__(self, draw):
        self.draw, self.operations, self.final = draw, [], []
        self.state, self.told = {}, 0

    def step(self, now_s):
        draw, key = self.draw, self.draw(st.sampled_from("ab"))
        begin_s, end_s = now_s - draw(st.integers(0, 3)), now_s + draw(st.integers(0, 3))
        value, mod = self.state.get(key, (None, 0))
        revision = 1 + len(self.final)
        kind = draw(st.sampled_from(["write", "write", "read", "get", "old", "event"]))
        if kind == "write":
            outcome = draw(st.sampled_from(["ok", "ok", "unknown"]))
            self.state[key] = (str(now_s), revision + 1)
            self.final.append(Version(key, str(now_s), revision + 1))
            return write(str(now_s), revision + 1, begin_s, end_s, key, outcome)
        if kind == "old" and self.final:
            version = draw(st.sampled_from(self.final))
            return get(version.value, version.revision, begin_s, end_s, version.key, stale=True)
        if kind == "event" and self.told < len(self.final):
            version = self.final[self.told]
            self.told += 1
            return event(version.value, version.revision, end_s, version.key)
        if kind == "get":
            return get(value, mod, begin_s, end_s, key)
        return read(value, revision, begin_s, end_s, key, mod)


@st.composite
def tiny(draw):
    """A true execution of up to six operations on two keys, bent in up to one place."""
    execution = Execution(draw)
    operations = [execution.step(number + 1) for number in range(draw(st.integers(1, 6)))]
    if draw(st.booleans()):
        operations.insert(0, opened(1, 0))
    place = draw(st.integers(0, len(operations) - 1))
    bent = draw(st.sampled_from(BENDS))
    bent(draw, operations, execution.final, place)
    return operations, execution.final


def straight(_draw, _operations, _final, _place):
    return


def moved(draw, operations, _final, place):
    operation = operations[place]
    if operation.outcome == "ok" and operation.revision > 1 and operation.op != "watch":
        at = operation.revision + draw(st.sampled_from([-1, 1]))
        mod = at if operation.op == "write" else operation.mod_revision
        operations[place] = replace(operation, revision=at, mod_revision=mod)


def other_value(draw, operations, final, place):
    operation = operations[place]
    same = [other for other in final if other.key == operation.key]
    if operation.op == "read" and same:
        other = draw(st.sampled_from(same))
        operations[place] = replace(operation, value=other.value, mod_revision=other.revision)


def dropped(draw, _operations, final, _place):
    if final:
        final.pop(draw(st.integers(0, len(final) - 1)))


def late(_draw, operations, _final, place):
    operation = operations[place]
    operations[place] = replace(
        operation, invoke_s=operation.invoke_s + 5, complete_s=operation.complete_s + 9
    )


def swapped(_draw, operations, _final, _place):
    events = [
        n
        for n, operation in enumerate(operations)
        if operation.op == "watch" and operation.mod_revision
    ]
    if len(events) > 1:
        first, second = events[:2]
        operations[first], operations[second] = operations[second], operations[first]


BENDS = (straight, moved, other_value, dropped, late, swapped)


@settings(max_examples=250, deadline=None)
@given(tiny())
def test_the_check_says_what_a_search_through_all_orders_says(history):
    operations, final = history
    said = check(operations, final, minimum=0).verdict == "holds"
    assert said == possible(operations, final)


@pytest.fixture(scope="module")
def long():
    return made(100_000, seed=4)


def test_a_long_history_of_a_store_that_never_errs_holds(long):
    found = check_frame(*long)
    assert found.verdict == "holds"
    assert min(found.acknowledged, found.reads, found.events, found.seen_later) > 10


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("how", ["stale read", "lost write", "reordered watch event"])
def test_one_bend_in_a_hundred_thousand_operations_is_found_and_named(long, how, seed):
    frame, final, values = bend(*long, how, seed)
    found = check_frame(frame, final)
    assert found.verdict == "violated"
    named = {
        operation.value for violation in found.violations for operation in violation.operations
    }
    assert values <= named
    assert sum(found.counts.values()) < 10
