from __future__ import annotations

import math

import pandas as pd
import pytest
from english import english
from made_histories import READ, events_of, history, run_record, trial_record

from reports.analysis.english import in_english
from reports.analysis.recovery import recovery_of, worst_of_workers
from reports.analysis.stages import stage_table, stages_of, story
from reports.analysis.statistics import median_interval, p95_upper_bound
from reports.history.events import Leader, Recovered

BLIP = "." * 22 + "xx.x" + "." * 34  # bad at 2.2, 2.3 and 2.5 s; injected at 2.0 s


def tables_of(*trials):
    return recovery_of(run_record([trial.record for trial in trials]), trials)


def series_rows(trial):
    return tables_of(trial)["trials"]


def ends(row, name):
    return row[f"{name}_lower_s"], row[f"{name}_upper_s"]


def test_a_row_tells_the_recovery_of_one_series():
    row = series_rows(history(BLIP)).iloc[0]
    assert (row["trial"], row["injection"]) == (0, "kill")
    assert (row["probe"], row["worker"], row["connection"]) == READ
    assert (row["bad"], row["total"]) == (3, 40)
    assert row["outage_lower_s"] == pytest.approx(0.1)
    assert row["outage_upper_s"] == pytest.approx(0.3)
    assert ends(row, "degraded") == pytest.approx((0.3, 0.3))
    assert row["good_share_degraded"] == pytest.approx(0.25)
    assert row["availability"] == pytest.approx(37 / 40)
    assert row["first_error_s"] == pytest.approx(0.2)
    assert ends(row, "first_success") == pytest.approx((0.41, 0.41))
    assert ends(row, "all_good") == pytest.approx((0.61, 0.61))
    assert ends(row, "all_good_after_heal") == (0, 0)
    assert ends(row, "longest_gap") == pytest.approx((0.3, 0.3))
    assert math.isnan(row["new_leader_s"])


def test_what_never_comes_back_has_no_end():
    row = series_rows(history("." * 25 + "x" * 35)).iloc[0]
    assert ends(row, "outage") == pytest.approx((3.4, math.inf))
    assert ends(row, "longest_gap") == pytest.approx((3.59, math.inf))
    assert ends(row, "degraded") == pytest.approx((3.4, math.inf))
    assert ends(row, "first_success") == pytest.approx((3.9, math.inf))
    assert ends(row, "all_good") == pytest.approx((3.9, math.inf))
    assert ends(row, "all_good_after_heal") == pytest.approx((1.9, math.inf))


def test_a_series_that_saw_nothing_has_an_outage_of_none():
    row = series_rows(history("." * 60)).iloc[0]
    for name in ("outage", "degraded", "all_good", "all_good_after_heal"):
        assert ends(row, name) == (0, 0)
    assert (row["good_share_degraded"], row["availability"]) == (1, 1)
    assert math.isnan(row["first_error_s"])


def test_the_first_leader_after_the_injection_is_the_new_one():
    leaders = [
        Leader(at_s, node, 2) for at_s, node in ((0.1, "etcd-1"), (3.5, "etcd-2"), (3.9, "etcd-3"))
    ]
    row = series_rows(history(BLIP, events=[*events_of(), *leaders])).iloc[0]
    assert row["new_leader_s"] == pytest.approx(1.5)


def test_nothing_injected_gives_no_rows():
    assert series_rows(history(BLIP, events=[])).empty


def test_over_workers_the_worst_counts():
    other = ("read", "worker-2", "new")
    rows = series_rows(history({READ: "." * 60, other: BLIP}))
    (row,) = worst_of_workers(rows).to_dict("records")
    assert row["outage_upper_s"] == pytest.approx(0.3)
    assert row["availability"] == pytest.approx(37 / 40)


def recovery_row(count):
    """Return the row of `count` trials whose outages are 1, 2, 3, ... probes long."""
    trials = [
        history(
            "." * 21 + "x" * (number % 30 + 1) + "." * 38,
            record=trial_record(index=number, number=number),
        )
        for number in range(count)
    ]
    return tables_of(*trials)["recovery"].iloc[0]


def test_the_median_is_a_bracket_and_has_an_interval_from_six_trials_up():
    five, six = recovery_row(5), recovery_row(6)
    assert (five["n"], six["n"]) == (5, 6)
    assert five["outage_median_ci_low_s"] is None
    assert five["outage_median_lower_s"] == pytest.approx(0.2)
    assert five["outage_median_upper_s"] == pytest.approx(0.4)
    assert six["outage_median_ci_low_s"] == pytest.approx(0.0)
    assert six["outage_median_ci_high_s"] == pytest.approx(0.7)
    assert five["outage_p95_bound_s"] is None


def test_order_statistics_match_their_textbook_sizes():
    assert median_interval(pd.Series(range(5))) is None
    assert median_interval(pd.Series(range(6))) == (0, 5)
    assert median_interval(pd.Series(range(20))) == (5, 14)
    assert p95_upper_bound(pd.Series(range(58))) is None
    assert p95_upper_bound(pd.Series(range(59))) == 58


def test_a_censored_trial_makes_the_upper_end_infinite_not_smaller():
    values = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, math.inf])
    assert median_interval(values) == (1.0, math.inf)


def test_the_stages_come_in_order_and_say_what_shows_them():
    trial = history(BLIP, events=[*events_of(), Leader(3.5, "etcd-2", 3)])
    found = story(stages_of(trial))
    assert [stage.name for stage in found] == [
        "injection begins",
        "effect confirmed",
        "first bad request",
        "first success after it on a new connection",
        "all workers good",
        "new leader",
        "heal begins",
        "heal confirmed",
    ]
    assert english(found[2].source) == "read on a new connection from worker-1: refused"
    assert english(found[5].source) == "etcd-2, term 3"


def test_the_table_of_stages_has_all_eight_each_with_its_source():
    more = [Leader(3.5, "etcd-2", 3), Recovered(5.5, "kill")]
    trial = history(BLIP, events=[*events_of(), *more])
    table = in_english(stage_table([(trial, stages_of(trial))]))
    assert set(table["injection"]) == {"kill"}
    rows = table[["stage", "after_injection_s", "source"]].replace({math.nan: None})
    assert list(rows.itertuples(index=False, name=None)) == [
        ("injected", 0.0, "master-1/kube-apiserver"),
        ("confirmed", pytest.approx(0.1), "refused"),
        ("first_error", pytest.approx(0.2), "read on a new connection from worker-1: refused"),
        ("new_leader", 1.5, "etcd-2, term 3"),
        ("first_success_new", pytest.approx(0.41), "read on a new connection from worker-1: ok"),
        ("first_success_reused", None, "not seen"),
        ("all_workers_good", pytest.approx(0.61), "last bad: read on a new connection"),
        ("steady_again", 3.5, "harness"),
    ]


def test_a_stage_that_was_not_seen_says_why():
    trial, nothing = history("." * 60), history("." * 60, events=[])
    sources = in_english(stage_table([(trial, stages_of(trial))])).set_index("stage")["source"]
    assert sources["first_error"] == "no request was bad"
    assert sources["new_leader"] == "not seen"
    assert stage_table([(nothing, stages_of(nothing))]).empty
