"""Which scheduled probes were not recorded, as holes with their ends."""

from __future__ import annotations

import pytest
from made_histories import history

from reports.analysis.losses import losses

HOLES = {
    "none": ("." * 60, []),
    "in the middle": ("." * 20 + " " * 5 + "." * 35, [(1.9, 2.5, 5)]),
    "at the beginning": (" " * 10 + "." * 50, [(0.0, 1.0, 9)]),
    "to the end": ("." * 30 + " " * 30, [(2.9, 6.0, 30)]),
    "two": ("." * 20 + " " + "." * 20 + "  " + "." * 17, [(1.9, 2.1, 1), (4.0, 4.3, 2)]),
    "nothing was recorded": (" " * 60, [(0.0, 6.0, 59)]),
}


@pytest.mark.parametrize(("text", "holes"), HOLES.values(), ids=HOLES.keys())
def test_holes_are_found_with_what_the_schedule_has_in_them(text, holes):
    found = losses([history(text)])
    rows = found[["from_s", "to_s", "lost"]].itertuples(index=False, name=None)
    assert [tuple(round(value, 6) for value in row) for row in rows] == holes


def test_a_trial_that_never_began_has_no_holes():
    assert losses([history("." * 10, events=[])]).empty
