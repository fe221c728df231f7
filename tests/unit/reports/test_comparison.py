"""Two sides, compared: what changed, and verdicts that are not the same."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from made_sides import ONE, TWO, side

from reports.compare.comparison import compare
from reports.compare.limits import judge_limit, parse_limit
from reports.locale.catalogue import text_of


def test_shares_are_worse_when_they_fall():
    limit = parse_limit("write.new.good.median < -0.1")
    assert judge_limit(limit, side(ONE), side(ONE, good=0.5)).verdict == "violated"
    assert judge_limit(limit, side(ONE), side(ONE, good=0.85)).verdict == "holds"
    changes = compare(side(ONE), side(ONE, good=0.5), []).changes
    shares = [change for change in changes if change.metric.figure == "good"]
    assert {change.conclusion for change in shares} == {"worse"}


def test_an_experiment_stands_for_all_its_injections_and_one_can_be_named():
    first, second = side(ONE, "it/cut"), side(ONE, "it/kill")
    a = replace(first, rows=pd.concat([first.rows, second.rows]))
    b = replace(first, rows=pd.concat([first.rows, side(TWO, "it/kill").rows]))
    verdicts = {
        name: judge_limit(parse_limit(f"{name}write.outage.median > +0.5s"), a, b).verdict
        for name in ("", "it/", "it/cut/", "it/kill/")
    }
    assert verdicts == {
        "": "violated",
        "it/": "violated",
        "it/cut/": "holds",
        "it/kill/": "violated",
    }
    named = {(change.metric.experiment, change.metric.name) for change in compare(a, b, []).changes}
    assert ("it/kill", "write.new.outage.median") in named


def test_other_deadlines_make_other_outages():
    a, b = side(ONE), side(TWO, deadline_s=2.0)
    comparison = compare(a, b, [parse_limit("write.outage.median > 1.2x")])
    [difference] = comparison.differs
    assert text_of(difference, "en") == "deadline_s: 1.0 → 2.0"
    assert comparison.verdicts[0].verdict == "unknown"


def test_a_verdict_that_turned_is_named():
    a = replace(side(ONE), verdicts={("kill-it", "e1"): "holds", ("kill-it", "e2"): "holds"})
    b = replace(side(ONE), verdicts={("kill-it", "e1"): "violated", ("kill-it", "e2"): "holds"})
    (change,) = compare(a, b, []).changed_verdicts
    assert (change.id, change.a, change.b) == ("e1", "holds", "violated")
