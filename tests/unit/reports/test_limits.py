"""Limits on a change, judged in three values."""

from __future__ import annotations

import pytest
from made_sides import INF, ONE, TWO, side

from reports.compare.limits import judge_limit, parse_limit
from reports.errors import ReportError
from reports.locale.catalogue import text_of

LIMITS = {
    "twice as long is more than 1.2 times": (ONE, TWO, "> 1.2x", "violated"),
    "twice as long is not 3 times": (ONE, TWO, "> 3x", "holds"),
    "twice as long may be more than 1.9 times": (ONE, TWO, "> 1.9x", "unknown"),
    "the same is not 2 times": (ONE, ONE, "> 2x", "holds"),
    "the same may be 1.1 times, by the brackets": (ONE, ONE, "> 1.1x", "unknown"),
    "a second more is more than half a second": (ONE, TWO, "> +0.5s", "violated"),
    "a second more is not three": (ONE, TWO, "> +3s", "holds"),
    "over two seconds alone": (ONE, TWO, "> 1.5s", "violated"),
    "faster than before": (TWO, ONE, "< 0.9x", "violated"),
    "nothing to nothing is no change": ([0] * 6, [0] * 6, "> 1x", "holds"),
    "nothing to something is endless": ([0] * 6, ONE, "> 100x", "violated"),
    "an outage without an end may be anything": (ONE, [INF] * 8, "> 5x", "unknown"),
    "five trials are too few": (ONE, TWO[:5], "> 1.2x", "unknown"),
}


@pytest.mark.parametrize(("a", "b", "limit", "wanted"), LIMITS.values(), ids=LIMITS.keys())
def test_a_limit_is_judged_in_three_values(a, b, limit, wanted):
    verdict = judge_limit(parse_limit(f"write.outage.median {limit}"), side(a), side(b))
    assert (verdict.verdict, bool(text_of(verdict.note, "en"))) == (wanted, True)


def test_what_only_one_side_has_is_unknown():
    limit = parse_limit("other/write.outage.median > 1x")
    assert judge_limit(limit, side(ONE), side(ONE)).verdict == "unknown"
    limit = parse_limit("write.outage.median > 1x")
    assert judge_limit(limit, side(ONE), side(ONE, "another")).verdict == "unknown"


@pytest.mark.parametrize("text", ["", "write.outage.median", "> 2x", "write.good.median > 2s"])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(ReportError):
        parse_limit(text)
