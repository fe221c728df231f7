"""How numbers are written."""

from __future__ import annotations

import math

from reports.locale.catalogue import words_of
from reports.render.figures import outage, seconds, share


def test_figures_are_written_without_claiming_more_than_was_seen():
    assert [share(value) for value in (1.0, 0.99999, 0.5, math.nan)] == [
        "100 %",
        "99.9 %",
        "50.0 %",
        "–",
    ]
    assert [seconds(value) for value in (1.234, math.nan)] == ["1.23", "–"]
    assert [outage(*bracket, words_of("en")) for bracket in ((0, 0), (0, 0.2), (1, math.inf))] == [
        "none",
        "0.00 – 0.20",
        "≥ 1.00",
    ]
