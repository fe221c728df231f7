"""The cost of each injection."""

from __future__ import annotations

from made_analyses import OVERLAP, STEPS, analysis_of
from made_histories import expectation

from reports.locale.catalogue import words_of
from reports.render.tables import longest_outage_rows


def test_a_cost_has_the_verdict_of_the_demands_that_name_its_injection():
    expect = [expectation(id="a", value=9, during="cut"), expectation(id="b", value=0.1)]
    analysis = analysis_of("." * 35 + "xxx" + "." * 52, OVERLAP, steps=STEPS, expect=expect)
    rows = longest_outage_rows(analysis, words_of("en"), "en")
    assert [(row["injection"], row["verdict"]) for row in rows] == [("kill", ""), ("cut", "holds")]


def test_a_cost_of_an_experiment_with_one_injection_has_the_worst_of_its_verdicts():
    (row,) = longest_outage_rows(analysis_of(), words_of("en"), "en")
    assert (row["injection"], row["verdict"]) == ("", "violated")
