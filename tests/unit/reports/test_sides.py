"""What the planned trials of a side have of a metric."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from made_histories import experiment_record, series
from made_sides import INF, ONE, side

from reports.compare.metrics import parse_metric

OUTAGE = parse_metric("write.outage")


def changed(made, trial, **columns):
    """Return a side in which the rows of a trial on new connections have other columns."""
    rows = made.rows.copy()
    for column, value in columns.items():
        rows.loc[(rows["trial"] == trial) & (rows["connection"] == "new"), column] = value
    return replace(made, rows=rows)


def test_a_trial_is_its_worst_worker_and_connection():
    made = changed(side([1.0] * 6), 2, outage_lower_s=3.0, outage_upper_s=3.2)
    values = made.values(OUTAGE, "kill-it")
    assert (list(values.lower), values.unmeasured) == ([1, 1, 3, 1, 1, 1], 0)
    shares = changed(side([1.0] * 6), 2, good_share_during=0.2)
    assert min(shares.values(parse_metric("write.good"), "kill-it").lower) == 0.2
    reused = parse_metric("write.reused.outage")
    assert list(made.values(reused, "kill-it").lower) == [1.0] * 6


def test_a_trial_without_rows_is_not_measured():
    values = side(ONE, unmeasured=3).values(OUTAGE, "kill-it")
    assert (len(values), values.unmeasured) == (8, 3)


def test_a_trial_without_one_of_its_series_is_not_measured():
    made = side(ONE)
    rows = made.rows[~((made.rows["trial"] == 1) & (made.rows["connection"] == "new"))]
    partial = replace(made, rows=rows)
    values = partial.values(OUTAGE, "kill-it")
    assert (len(values), values.unmeasured) == (7, 1)
    reused = partial.values(parse_metric("write.reused.outage"), "kill-it")
    assert (len(reused), reused.unmeasured) == (8, 0)


def test_a_trial_without_a_value_is_not_measured():
    made = changed(side(ONE), 1, outage_lower_s=math.nan)
    assert made.values(OUTAGE, "kill-it").unmeasured == 1


def test_trials_that_no_plan_names_count_against_any_answer():
    assert replace(side(ONE), unplanned=2).values(OUTAGE, "kill-it").unmeasured == 2


def test_what_never_ended_is_endless():
    values = side([1.0, INF, INF]).values(OUTAGE, "kill-it")
    assert (values.endless, values.most.tolist()[1:]) == (2, [INF, INF])
    lost = replace(side(ONE), not_recovered=frozenset({(0, 1)}))
    assert lost.values(OUTAGE, "kill-it").endless == 1


@pytest.mark.parametrize(
    ("metric", "subjects"),
    [
        ("write.outage", ["it/cut"]),
        ("it/write.outage", ["it/cut"]),
        ("it/cut/write.reused.outage", ["it/cut"]),
        ("it/kill/write.outage", []),
        ("other/write.outage", []),
        ("read.outage", []),
    ],
)
def test_a_metric_is_about_the_subjects_that_were_to_measure_it(metric, subjects):
    assert side(ONE, "it/cut").subjects_of(parse_metric(metric)) == subjects


def test_a_worker_more_is_a_series_more():
    made = side(ONE)
    plan = experiment_record(
        id="kill-it", series=[series("write", "new", workers=("worker-1", "worker-2"))]
    )
    runs = [made.runs[0].model_copy(update={"experiments": [plan]})]
    assert len(replace(made, runs=runs).values(parse_metric("write.new.outage"), "kill-it")) == 0
