"""The names of compared metrics."""

from __future__ import annotations

import pytest

from reports.compare.metrics import MEASURES, STATISTICS, known_metrics, parse_metric
from reports.errors import ReportError


@pytest.mark.parametrize(
    "text",
    ["write.outage", "nonsense", "write.outage.mean", "write.speed.median", "a b.outage.median"],
)
def test_an_unknown_metric_is_refused_with_the_list_of_those_there_are(text):
    with pytest.raises(ReportError) as raised:
        parse_metric(text)
    for name in (*MEASURES, *STATISTICS):
        assert name in str(raised.value)
    assert known_metrics() in str(raised.value)


def test_a_metric_is_written_as_it_is_read():
    for text in (
        "write.outage.median",
        "kill-it/read.new.gap.max",
        "it/cut/read.gap.max",
        "livez.reused.good.min",
    ):
        assert str(parse_metric(text)) == text
