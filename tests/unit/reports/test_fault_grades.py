"""Grades, costs, tables and figures of faults over trials."""

from __future__ import annotations

import math

import pytest
from made_grades import (
    DOWN,
    ELECTION,
    GOOD,
    HALF,
    NEVER_BACK,
    REQUESTS,
    analysed,
    graded,
    held,
    trial,
)
from made_histories import READ, injection, step, trial_record

from reports.grade import GRADES
from reports.history.schema import Doubt
from reports.locale.catalogue import text_of
from reports.locale.message import verbatim

WRITE = ("write", "worker-1", "reused")


def doubted(kind, lines=GOOD, index=0):
    doubt = Doubt(kind=kind, reason=verbatim("EOF"))
    return trial(lines, record=trial_record(index=index, number=index, doubt=doubt))


def election(bad):
    return "." * 42 + "x" * bad + "." * (REQUESTS - 42 - bad)


@pytest.mark.parametrize(
    ("lines", "grade", "worst"),
    [
        pytest.param({READ: ELECTION, WRITE: GOOD}, "blip", ("read", "new"), id="reads"),
        pytest.param({READ: ELECTION, WRITE: HALF}, "degraded", ("write", "reused"), id="writes"),
        pytest.param(
            {READ: GOOD, ("read", "worker-2", "new"): DOWN}, "down", ("read", "new"), id="a worker"
        ),
        pytest.param(
            {READ: election(8), WRITE: election(15)}, "blip", ("write", "reused"), id="a tie"
        ),
    ],
)
def test_the_worst_series_stands_for_a_fault(lines, grade, worst):
    (fault,) = graded(trial(lines))
    assert fault.grade == grade
    assert fault.costs[0].kind == worst


def test_the_worst_trial_stands_for_a_fault_and_how_many_were_so_is_told():
    (fault,) = graded(*(trial(text, index) for index, text in enumerate([GOOD, HALF, ELECTION])))
    assert (fault.grade, fault.n, fault.graded_so) == ("degraded", 3, 1)


def test_costs_are_medians_over_trials_of_their_worst_workers_with_an_interval_from_six():
    trials = [
        trial({READ: election(bad), ("read", "worker-2", "new"): GOOD}, index)
        for index, bad in enumerate([8, 10, 12, 14, 16, 18])
    ]
    (cost,) = graded(*trials)[0].costs
    assert cost.lost_s.median.lower == pytest.approx(1.2)
    assert cost.lost_s.median.upper == pytest.approx(1.4)
    assert (cost.lost_s.interval.lower, cost.lost_s.interval.upper) == pytest.approx((0.8, 1.8))
    assert cost.lost_s.worst.lower == pytest.approx(1.8)
    (cost,) = graded(*trials[:5])[0].costs
    assert cost.lost_s.interval is None


def test_a_trial_that_never_came_back_leaves_the_median_without_an_end():
    trials = [trial(ELECTION), *(trial(NEVER_BACK, index) for index in (1, 2))]
    (fault,) = graded(*trials)
    assert fault.costs[0].lost_s.median.lower == pytest.approx(8.0, abs=0.15)
    assert math.isinf(fault.costs[0].lost_s.median.upper)
    assert fault.costs[0].bounds == 2


def test_trials_that_were_not_measured_are_left_out_and_counted():
    (fault,) = graded(trial(ELECTION), doubted("not-measured", DOWN, 1), trial(GOOD, 2))
    assert (fault.grade, fault.n, fault.left_out) == ("blip", 2, 1)
    assert fault.unknown == verbatim("EOF")


def test_a_fault_without_any_measured_trial_has_no_grade():
    (fault,) = graded(doubted("not-measured", DOWN))
    assert (fault.grade, fault.n, fault.left_out) == (None, 0, 1)


def test_trials_that_did_not_recover_stay_and_their_grade_is_at_least_so():
    (fault,) = graded(trial(ELECTION), doubted("not-recovered", ELECTION, 1))
    assert (fault.grade, fault.n, fault.left_out) == ("blip", 2, 0)
    assert fault.is_at_least


@pytest.mark.parametrize(
    ("hit", "single"),
    [
        pytest.param(["master-1/kube-apiserver"], True, id="one component"),
        pytest.param(["master-1/etcd", "master-1/kube-apiserver"], True, id="one node"),
        pytest.param(["etcd-1", "etcd-2"], False, id="a quorum"),
    ],
)
def test_a_single_failure_hits_one_node(hit, single):
    kill = injection(hit=hit, begin_s=4.0, heal_s=14.0, recovered_s=17.5)
    (fault,) = graded(trial(events=[held()[0], *kill, held()[-1]]))
    assert fault.single is single


def overlapping():
    cut = injection("cut", hit=["etcd-2"], begin_s=8.0, heal_s=16.0, recovered_s=19.0)
    events = sorted([*held(), *cut], key=lambda event: event.t_s)
    text = "." * 42 + "x" * 12 + "." * 126 + "x" * 60
    return trial(text, events=events, steps=[step("kill"), step("cut", fault="cut")])


def test_faults_that_overlap_are_no_single_failures():
    assert [fault.single for fault in graded(overlapping())] == [False, False]


def test_the_tables_have_a_row_a_fault_a_series_and_a_trial():
    doubt = doubted("not-measured", DOWN, 2)
    tables = analysed(trial({READ: HALF, WRITE: GOOD}), trial(GOOD, 1), doubt).tables
    (grade,) = tables["grades"].to_dict("records")
    assert (grade["grade"], grade["n"], grade["graded_so"], grade["left_out"]) == (
        "degraded",
        2,
        1,
        1,
    )
    assert (grade["worst_probe"], grade["unknown"]) == ("read", "EOF")
    costs = tables["costs"].set_index(["probe", "connection"])
    assert costs.loc[("read", "new"), "bad_share_max_lower"] == pytest.approx(0.5, abs=0.03)
    assert costs.loc[("write", "reused"), "n"] == 1
    rows = tables["trial_costs"].set_index(["trial", "probe"])
    assert rows.loc[(0, "read"), ["grade", "bad", "baseline_total"]].tolist() == [
        "degraded",
        50,
        80,
    ]


def test_the_tables_of_a_run_without_grades_have_columns():
    tables = analysed(trial({("livez", "worker-1", "new"): GOOD})).tables
    assert all(tables[name].empty for name in ("grades", "costs", "trial_costs"))
    assert "grade" in tables["grades"].columns


def value(figure):
    return None if figure.unknown else (figure.bracket.lower, figure.bracket.upper)


def test_a_figure_for_each_grade_tells_which_is_the_worst():
    figures = analysed(trial(HALF), trial(GOOD, 1)).figures
    values = {name: value(figures[f"kill-it.grade.{name}"]) for name in GRADES}
    assert values == {"down": (0, 0), "degraded": (1, 1), "blip": (0, 0), "unnoticed": (0, 0)}
    evidence = text_of(figures["kill-it.grade.degraded"].evidence, "en")
    assert evidence == "kill: degraded in 1 of 2 trials"


def test_a_grade_that_may_be_worse_decides_only_what_it_rules_out():
    figures = analysed(doubted("not-recovered", ELECTION)).figures
    values = {name: value(figures[f"kill-it.grade.{name}"]) for name in GRADES}
    assert values == {"down": None, "degraded": None, "blip": None, "unnoticed": (0, 0)}


def test_down_is_down_whatever_else_is_unknown():
    doubt = Doubt(kind="not-recovered", reason=verbatim("EOF"))
    figures = analysed(trial(DOWN, record=trial_record(doubt=doubt))).figures
    assert value(figures["kill-it.grade.down"]) == (1, 1)


def test_figures_of_costs_are_the_worst_of_trials_and_endless_where_the_end_was_not_seen():
    figures = analysed(trial(ELECTION), trial(HALF, 1)).figures
    assert value(figures["kill-it.read.new.lost_s"]) == pytest.approx((1.2, 1.2))
    assert value(figures["kill-it.read.new.bad_share"]) == pytest.approx((0.5, 0.5), abs=0.03)
    lower_s, upper_s = value(analysed(trial(NEVER_BACK)).figures["kill-it.read.new.lost_s"])
    assert lower_s == pytest.approx(8.0, abs=0.15)
    assert math.isinf(upper_s)


def test_each_of_several_injections_has_figures_of_its_own():
    figures = analysed(overlapping()).figures
    assert value(figures["kill-it.cut.grade.down"]) == (1, 1)
    assert value(figures["kill-it.kill.read.new.lost_s"])[0] == pytest.approx(1.2, abs=0.15)
    assert value(figures["kill-it.cut.read.new.lost_s"])[0] == pytest.approx(6.0, abs=0.15)


def test_without_a_measured_trial_the_figures_are_unknown():
    figures = analysed(doubted("not-measured", DOWN)).figures
    assert all(figures[f"kill-it.grade.{name}"].unknown == verbatim("EOF") for name in GRADES)


def test_a_trial_whose_record_is_incomplete_may_have_been_the_worst():
    cut_off = trial(GOOD, record=trial_record(index=1, number=1, status="interrupted"))
    values = analysed(trial(ELECTION), cut_off).figures
    assert [value(values[f"kill-it.grade.{name}"]) for name in GRADES] == [None] * 3 + [(0, 0)]
    assert value(values["kill-it.read.new.lost_s"]) is None
    assert value(analysed(trial(DOWN), cut_off).figures["kill-it.grade.down"]) == (1, 1)
