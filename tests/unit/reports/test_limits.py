"""Limits as they are written."""

from __future__ import annotations

import pytest

from reports.compare.limits import parse_amount, parse_limit
from reports.errors import ReportError

FORMS = {
    "write.outage > 1.2x": ("ratio", 1.2, True, "1.2x"),
    "write.outage<0.8x": ("ratio", 0.8, False, "0.8x"),
    "a/b/write.new.outage > +0.5s": ("difference", 0.5, True, "+0.5s"),
    "write.good < -0.01": ("difference", -0.01, False, "-0.01"),
    "write.outage > 2s": ("value", 2.0, True, "2s"),
    "write.good < 0.99": ("value", 0.99, False, "0.99"),
}


@pytest.mark.parametrize(("text", "parts"), FORMS.items(), ids=FORMS.keys())
def test_a_limit_is_a_ratio_a_difference_or_a_value(text, parts):
    limit = parse_limit(text)
    written = limit.amount.text(limit.metric.measure.unit)
    assert (limit.form, limit.number, limit.above, written) == parts
    assert limit.text == text


REFUSED = {
    "": "is no limit",
    "write.outage": "is no limit",
    "> 2x": "is no limit",
    "write.good > 2s": "write.good is a share: write a difference, write.good < -0.01",
    "write.good < 0.9x": "is a share",
    "write.outage > 0x": "a ratio is more than 0",
    "write.outage.max > 1.2x": "an extreme of trials has no interval, chance decides it: write "
    "write.outage, whose shift is tested",
    "a/read.availability.min < -0.01": "write a/read.availability,",
    "write.outage.median > 1.2x": "not a median: write write.outage",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=REFUSED.keys())
def test_a_limit_that_is_none_is_refused_with_what_to_write(text, why):
    with pytest.raises(ReportError) as raised:
        parse_limit(text)
    assert why in str(raised.value)


BEYOND = {
    "write.outage > 1.2x": 1.5,
    "write.outage < 0.8x": 0.64,
    "write.outage > +0.5s": 1.0,
    "write.outage > -0.5s": -0.25,
    "write.good < -0.01": -0.02,
}


@pytest.mark.parametrize(("text", "number"), BEYOND.items(), ids=BEYOND.keys())
def test_what_is_worth_finding_lies_beyond_a_limit(text, number):
    limit = parse_limit(text)
    assert limit.beyond() == pytest.approx(number)
    assert (limit.beyond() > limit.number) == limit.above


def test_a_change_to_be_found_is_written_as_a_limit_is():
    assert parse_amount("1.5x").form == "ratio"
    assert parse_amount(" -0.02 ").form == "difference"
    with pytest.raises(ReportError, match=r"write 1\.5x"):
        parse_amount("fast")
