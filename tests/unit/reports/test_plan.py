"""How many trials a limit needs, before B is run."""

from __future__ import annotations

import numpy as np
import pytest
from made_sides import ONE, both, side

from reports.compare.limits import parse_amount, parse_limit
from reports.compare.plan import plan_limits
from reports.errors import ReportError

LIMIT = parse_limit("write.outage > 1.2x")
SPREAD = list(1.6 * np.exp(np.random.default_rng(3).normal(0, 0.25, 20)))


def test_more_experiments_and_nearer_changes_take_more_trials():
    alone = side(SPREAD)
    (far,) = plan_limits([LIMIT], parse_amount("1.8x"), alone)
    (near,) = plan_limits([LIMIT], parse_amount("1.4x"), alone)
    assert far.needed_to_find < near.needed_to_find
    several = plan_limits([LIMIT], parse_amount("1.8x"), both(alone, side(SPREAD, "other")))
    assert [plan.subject for plan in several] == ["kill-it", "other"]
    assert several[0].needed_to_find > far.needed_to_find


def test_what_is_to_be_found_is_beyond_the_limit_if_nobody_says():
    (plan,) = plan_limits([LIMIT], None, side(SPREAD))
    assert plan.detect == pytest.approx(1.5)
    assert (plan.trials, round(plan.deviation, 1)) == (20, 0.3)


def test_b_alone_is_planned_from_a():
    (plan,) = plan_limits([parse_limit("write.outage > 2s")], parse_amount("3s"), side(ONE))
    assert (plan.needed_to_find, plan.needed_to_keep) == (7, 7)


REFUSED = {
    "of another form": ("write.outage > 1.2x", "+1s"),
    "within the limit": ("write.outage > 1.2x", "1.1x"),
    "on its other side": ("write.good < -0.1", "-0.05"),
}


@pytest.mark.parametrize(("limit", "detect"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_change_beyond_the_limit_is_refused(limit, detect):
    with pytest.raises(ReportError, match="--detect"):
        plan_limits([parse_limit(limit)], parse_amount(detect), side(ONE))


def test_what_a_did_not_measure_has_no_plan():
    with pytest.raises(ReportError, match="A measured nothing of it in other"):
        plan_limits([parse_limit("other/write.outage > 1.2x")], None, side(ONE))
