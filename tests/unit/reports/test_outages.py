from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_histories import READ, marked

from reports.analysis.outages import degraded, longest_gaps_of, outages
from reports.analysis.series import arrays_of

WRITE = ("write", "worker-1", "new")
OTHER = ("read", "worker-2", "new")

BRACKETS = {
    "nothing bad": ("..........", []),
    "one bad probe": ("....x.....", [(0.0, 0.2)]),
    "three in a row": ("...xxx....", [(0.2, 0.4)]),
    "late counts as bad": ("...xlx....", [(0.2, 0.4)]),
    "two apart": ("..x...xx..", [(0.0, 0.2), (0.1, 0.3)]),
    "never good again is censored": (".....xxxxx", [(0.4, math.inf)]),
    "bad from the first probe on": ("xx........", [(0.1, 0.2)]),
    "not recorded is neither good nor bad": ("...x x....", [(0.2, 0.4)]),
}


@pytest.mark.parametrize(("text", "wanted"), BRACKETS.values(), ids=BRACKETS.keys())
def test_an_outage_is_a_bracket_in_probe_start_time(text, wanted):
    found = outages(marked({READ: text}), 0.0)
    seen = list(zip(found["lower_s"], found["upper_s"], strict=True))
    assert [tuple(round(value, 6) for value in ends) for ends in seen] == wanted
    assert list(found["censored"]) == [math.isinf(upper) for _, upper in wanted]


def test_every_series_has_outages_of_its_own():
    found = outages(marked({READ: "..xx..", WRITE: "...xx.", OTHER: "......"}), 0.0)
    assert list(zip(found["probe"], found["worker"], strict=True)) == [
        ("read", "worker-1"),
        ("write", "worker-1"),
    ]


def test_what_was_over_before_the_injection_is_not_of_the_fault():
    found = outages(marked({READ: ".x........"}), 0.5)
    assert found.empty


def test_a_probe_under_way_at_the_injection_belongs_to_the_fault():
    found = outages(marked({READ: "....l....."}), 0.5)
    assert list(found["start_s"]) == [0.4]


@settings(deadline=None)  # a busy machine is no failure
@given(
    begin_ms=st.integers(500, 2000),
    length_ms=st.integers(0, 5000),
    rate_hz=st.sampled_from([1.0, 5.0, 10.0, 50.0]),
    phase=st.floats(0, 0.99),
)
def test_the_true_span_of_instant_failures_lies_in_the_bracket(begin_ms, length_ms, rate_hz, phase):
    begin_s, end_s = begin_ms / 1000, (begin_ms + length_ms) / 1000
    # the k-th probe starts at (k + phase) / rate: the text is shifted, not the clock
    count = int((end_s + 3) * rate_hz)
    starts = [(k + phase) / rate_hz for k in range(count)]
    text = "".join("x" if begin_s <= at < end_s else "." for at in starts)
    found = outages(marked({READ: text}, rate_hz=rate_hz, took_s=0.0), 0.0)
    if "x" not in text:
        assert end_s - begin_s < 1 / rate_hz, "only what fits between two probes is missed"
        return
    assert len(found) == 1
    lower_s, upper_s = found["lower_s"][0], found["upper_s"][0]
    if "." in text[: text.index("x")]:
        assert lower_s - 1e-9 <= end_s - begin_s <= upper_s + 1e-9
        assert upper_s - lower_s <= 2 / rate_hz + 1e-9


def test_the_degraded_window_goes_from_the_first_to_the_last_bad_probe():
    found = degraded(marked({READ: "..x.xl..x..", WRITE: "..........."}), 0.0)
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["start_s"], row["end_s"]) == (0.2, 0.8)
    assert row["good_share"] == pytest.approx(3 / 7)


def gaps_of(lines):
    of = arrays_of(marked(lines))
    return dict(zip(of.keys(), longest_gaps_of(of, 0.0, 0.8).tolist(), strict=True))


def test_the_longest_gap_is_between_completions_and_the_end_closes_the_last():
    gaps = gaps_of({READ: "..xxx...", WRITE: "........"})
    assert gaps[READ] == pytest.approx(0.4)
    assert gaps[WRITE] == pytest.approx(0.1)
    assert gaps_of({READ: "..xxxxxx"})[READ] == pytest.approx(0.69)
    assert gaps_of({READ: "xxxxxxxx"})[READ] == pytest.approx(0.8)


def test_a_gap_that_begins_when_nobody_counts_any_more_is_none():
    of = arrays_of(marked({READ: "......xx"}))
    assert longest_gaps_of(of, 0.0, 0.8, until_s=0.5)[0] == pytest.approx(0.1)
