"""The check against a search through all orders of tiny histories, and bent ones of real size."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_operations import check, event, get, opened, read, write

from reports.analysis.consistency import check as check_frame
from reports.history.final_state import Version
from tests.bench.made_operations import bend, made

LONG_AGO = float("-inf")


def possible(operations, final):
    """Search all orders for one that respects real time and explains every answer."""
    told = [one.revision for one in operations if one.op == "watch" and one.mod_revision]
    if told != [one.revision for one in final[: len(told)]]:
        return False
    there = {(one.key, one.value): one.revision for one in final}
    seen = {(o.key, o.value) for o in operations if o.op != "write" and o.mod_revision} | set(there)
    done = []
    for one in operations:
        if one.outcome == "unknown":
            if (one.key, one.value) not in seen:
                continue
            if (one.key, one.value) not in there:
                return False
            fixed = replace(one, complete_s=float("inf"), revision=there[one.key, one.value])
            done.append(fixed)
        elif one.stale or one.op == "watch":
            # it shows what was so before its end, and need not be the newest
            done.append(replace(one, invoke_s=LONG_AGO))
        else:
            done.append(one)
    for one in done:
        if one.op == "write" and there.get((one.key, one.value)) != one.revision:
            return False
    if len(there) != sum(one.op == "write" for one in done):
        return False
    return any(explains(order) for order in itertools.permutations(done))


def explains(order):
    """Whether every answer is what the store would say if things happened in this order."""
    state, now = {}, 1
    for place, one in enumerate(order):
        if any(later.complete_s < one.invoke_s for later in order[place + 1 :]):
            return False
        if one.op == "write":
            fits = one.revision > now
            state[one.key] = (one.value, one.revision)
        elif one.op == "watch" and not one.mod_revision:
            fits = one.revision >= now
        else:
            fits = state.get(one.key, (None, 0)) == (one.value, one.mod_revision)
            # who tells no revision was served at the present one
            fits &= one.revision == 0 or one.revision >= now
            fits &= one.op != "watch" or one.revision == now
        if not fits:
            return False
        now = one.revision or now
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
            one = draw(st.sampled_from(self.final))
            return get(one.value, one.revision, begin_s, end_s, one.key, stale=True)
        if kind == "event" and self.told < len(self.final):
            one = self.final[self.told]
            self.told += 1
            return event(one.value, one.revision, end_s, one.key)
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
    one = operations[place]
    if one.outcome == "ok" and one.revision > 1 and one.op != "watch":
        at = one.revision + draw(st.sampled_from([-1, 1]))
        mod = at if one.op == "write" else one.mod_revision
        operations[place] = replace(one, revision=at, mod_revision=mod)


def other_value(draw, operations, final, place):
    one = operations[place]
    same = [other for other in final if other.key == one.key]
    if one.op == "read" and same:
        other = draw(st.sampled_from(same))
        operations[place] = replace(one, value=other.value, mod_revision=other.revision)


def dropped(draw, _operations, final, _place):
    if final:
        final.pop(draw(st.integers(0, len(final) - 1)))


def late(_draw, operations, _final, place):
    one = operations[place]
    operations[place] = replace(one, invoke_s=one.invoke_s + 5, complete_s=one.complete_s + 9)


def swapped(_draw, operations, _final, _place):
    events = [n for n, one in enumerate(operations) if one.op == "watch" and one.mod_revision]
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
    named = {one.value for violation in found.violations for one in violation.operations}
    assert values <= named
    assert sum(found.counts.values()) < 10
