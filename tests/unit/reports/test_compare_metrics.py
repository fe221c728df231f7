"""The names of compared metrics."""

from __future__ import annotations

import pytest

from reports.compare.metrics import MEASURES, ComparedMetric, known_metrics, parse_metric
from reports.errors import ReportError


@pytest.mark.parametrize(
    "text",
    ["write", "nonsense", "write.outage.mean", "write.speed", "write.speed.max", "a b.outage"],
)
def test_an_unknown_metric_is_refused_with_the_list_of_those_there_are(text):
    with pytest.raises(ReportError) as raised:
        parse_metric(text)
    for name in MEASURES:
        assert name in str(raised.value)
    assert known_metrics() in str(raised.value)


def test_a_metric_is_written_as_it_is_read():
    for text in ("write.outage", "kill-it/read.new.gap", "it/cut/read.gap", "livez.reused.good"):
        assert str(parse_metric(text)) == text


def test_an_extreme_has_a_name_for_tables():
    assert ComparedMetric("it", "write", "new", "outage", "max").name == "write.new.outage.max"


@pytest.mark.parametrize("statistic", ["max", "min", "median"])
def test_no_limit_is_about_an_extreme_or_a_median(statistic):
    with pytest.raises(ReportError, match=r"write it/read\.gap"):
        parse_metric(f"it/read.gap.{statistic}")
