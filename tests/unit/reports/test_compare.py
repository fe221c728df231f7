"""Two sides, compared: the interval of a change, and gates on it in three values."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_histories import (
    READ,
    events_of,
    experiment_record,
    injection,
    run_record,
    step,
    trial_record,
    write_run,
)

from reports.compare.comparison import compare
from reports.compare.differences import differences
from reports.compare.estimates import change, estimate
from reports.compare.limits import judge_limits, parse_limit
from reports.compare.metrics import MEASURES, STATISTICS, known_metrics, parse_metric
from reports.compare.sides import Side, read_side
from reports.errors import ReportError
from reports.history.events import EffectConfirmed, EffectMasked, NotInjected

WIDTH_S = 0.2
INF = math.inf


def side(outages_s, experiment="kill-it", good=0.9, **changes):
    """One trial an outage: its lower end; the upper one is WIDTH_S further."""
    rows = [
        {
            "run": 0,
            "trial": number,
            "experiment": experiment,
            "probe": "write",
            "connection": connection,
            "outage_lower_s": 0.0 if lower == INF else lower,
            "outage_upper_s": INF if lower == INF else lower + WIDTH_S * (lower > 0),
            "longest_gap_s": 1.0,
            "degraded_s": 1.0,
            "all_good_after_heal_s": math.nan,
            "new_leader_s": math.nan,
            "hold_good_share": good,
            "availability": good,
        }
        for number, lower in enumerate(outages_s)
        for connection in ("new", "reused")
    ]
    return Side(Path("runs"), [run_record([], [], **changes)], pd.DataFrame(rows), [], {})


ONE = [1.0, 1.1, 1.2, 1.3, 1.1, 1.2, 1.0, 1.3]
TWO = [2 * value for value in ONE]
GATES = {
    "twice as long is more than 1.2 times": (ONE, TWO, "> 1.2x", "violated"),
    "twice as long is not 3 times": (ONE, TWO, "> 3x", "holds"),
    "twice as long may be more than 1.9 times": (ONE, TWO, "> 1.9x", "unknown"),
    "the same is not 2 times": (ONE, ONE, "> 2x", "holds"),
    "the same may be 1.1 times, by the brackets": (ONE, ONE, "> 1.1x", "unknown"),
    "a second more is more than half a second": (ONE, TWO, "> +0.5s", "violated"),
    "a second more is not three": (ONE, TWO, "> +3s", "holds"),
    "over two seconds alone": (ONE, TWO, "> 1.5s", "violated"),
    "faster than before": (TWO, ONE, "< 0.9x", "violated"),
    "nothing to nothing is no change": ([0] * 6, [0] * 6, "> 1x", "holds"),
    "nothing to something is endless": ([0] * 6, ONE, "> 100x", "violated"),
    "an outage without an end may be anything": (ONE, [INF] * 8, "> 5x", "unknown"),
    "five trials are too few": (ONE, TWO[:5], "> 1.2x", "unknown"),
}


@pytest.mark.parametrize(("a", "b", "limit", "kind"), GATES.values(), ids=GATES.keys())
def test_a_gate_is_judged_in_three_values(a, b, limit, kind):
    verdict = judge_limits(parse_limit(f"write.outage.median {limit}"), side(a), side(b), [])
    assert (verdict.verdict, bool(verdict.note)) == (kind, True)


def test_shares_are_worse_when_they_fall():
    gate = parse_limit("write.new.good.median < -0.1")
    assert judge_limits(gate, side(ONE), side(ONE, good=0.5), []).verdict == "violated"
    assert judge_limits(gate, side(ONE), side(ONE, good=0.85), []).verdict == "holds"
    changes = compare(side(ONE), side(ONE, good=0.5), []).changes
    assert {one.shown for one in changes if ".good." in one.metric} == {"worse"}


def test_an_experiment_stands_for_all_its_injections_and_one_can_be_named():
    first, second = side(ONE, "it/cut"), side(ONE, "it/kill")
    a = replace(first, rows=pd.concat([first.rows, second.rows]))
    b = replace(first, rows=pd.concat([first.rows, side(TWO, "it/kill").rows]))
    kinds = {
        name: judge_limits(parse_limit(f"{name}write.outage.median > +0.5s"), a, b, []).verdict
        for name in ("", "it/", "it/cut/", "it/kill/")
    }
    assert kinds == {"": "violated", "it/": "violated", "it/cut/": "holds", "it/kill/": "violated"}
    named = {(one.experiment, one.metric) for one in compare(a, b, []).changes}
    assert ("it/kill", "write.new.outage.median") in named


def test_an_injection_that_nobody_could_see_is_left_out_and_named(tmp_path):
    hidden = [
        EffectMasked(3.1, "cut", ["kill"], "dark") if isinstance(one, EffectConfirmed) else one
        for one in injection("cut", hit=["etcd-2"], begin_s=3.0)
    ]
    events = [*events_of()[:-1], *hidden, events_of()[-1]]
    steps = [step("kill"), step("cut", fault="cut")]
    record = run_record([trial_record()], [experiment_record(steps=steps)])
    found = read_side(write_run(tmp_path / "r", record, ({READ: "." * 60}, events)))
    assert found.experiments() == ["kill-it/kill"]
    assert found.left_out == ["r1, trial 0, cut: hidden by kill: dark"]


def test_a_lab_that_only_one_experiment_has_differs_by_its_name():
    def made(etcd):
        labs = [experiment_record(id=name, lab={"etcd": n}) for name, n in (("a", 3), ("b", etcd))]
        return replace(side(ONE), runs=[run_record([], labs)])

    assert differences(made(3), made(3)) == []
    assert differences(made(5), made(7)) == ["lab.etcd: 5 → 7 (in b)"]


def settings_of(*experiments, **changes):
    """Return a side with one run of these experiments."""
    return replace(side(ONE), runs=[run_record([], list(experiments), **changes)])


def test_labs_are_compared_of_the_experiments_that_both_sides_have():
    three, five = ({"etcd": n, "lb": "nginx"} for n in (3, 5))
    one = settings_of(experiment_record(id="a", lab=three), experiment_record(id="b", lab=three))
    other = settings_of(experiment_record(id="a", lab=three), experiment_record(id="c", lab=five))
    assert differences(one, other) == []
    both = settings_of(experiment_record(id="a", lab=five), experiment_record(id="b", lab=five))
    assert differences(one, both) == ["lab.etcd: 3 → 5"]


TIMELINES = {
    "the target": ({"target": "master:all"}, "kill master:all for 1 s, at 0 s"),
    "a parameter": ({"parameters": {"flush": True}}, "kill master:any flush true for 1 s, at 0 s"),
    "how long": ({"for_s": 2.5}, "kill master:any for 2.5 s, at 0 s"),
    "when": ({"after": "cut", "at_s": 1.0}, "kill master:any for 1 s, at 1 s after cut"),
}


@pytest.mark.parametrize(("changes", "then"), TIMELINES.values(), ids=TIMELINES.keys())
def test_timelines_that_differ_are_said(changes, then):
    now, other = (
        settings_of(experiment_record(id="a", steps=[step("kill", **more)]))
        for more in ({}, changes)
    )
    assert differences(now, other) == [f"steps.kill: kill master:any for 1 s, at 0 s → {then}"]


def test_a_step_that_only_one_side_has_differs():
    one, two = (
        settings_of(experiment_record(id="a", steps=steps))
        for steps in ([step("kill")], [step("kill"), step("cut", fault="cut")])
    )
    assert differences(one, two) == ["steps.cut: not there → cut master:any for 1 s, at 0 s"]


def test_runs_of_one_side_that_differ_among_themselves_are_said():
    mixed = replace(side(ONE), runs=[*side(ONE).runs, *side(ONE, deadline_s=2.0).runs])
    wanted = ["deadline_s: the runs of one side differ among themselves"]
    assert differences(mixed, mixed) == wanted


def test_an_experiment_keeps_its_name_when_one_of_its_injections_was_not_done(tmp_path):
    steps = [step("kill"), step("cut", fault="cut")]
    record = run_record([trial_record()], [experiment_record(steps=steps)])
    events = [*events_of()[:-1], NotInjected(3.0, "cut", "nobody leads"), events_of()[-1]]
    found = read_side(write_run(tmp_path / "r", record, ({READ: "." * 60}, events)))
    assert found.experiments() == ["kill-it/kill"]


def test_what_only_one_side_has_is_unknown():
    gate = parse_limit("other/write.outage.median > 1x")
    assert judge_limits(gate, side(ONE), side(ONE), []).verdict == "unknown"
    gate = parse_limit("write.outage.median > 1x")
    assert judge_limits(gate, side(ONE), side(ONE, "another"), []).verdict == "unknown"


def test_other_deadlines_make_other_outages():
    a, b = side(ONE), side(TWO, deadline_s=2.0)
    found = compare(a, b, [parse_limit("write.outage.median > 1.2x")])
    assert found.differs == ["deadline_s: 1.0 → 2.0"]
    assert found.verdicts[0].verdict == "unknown"


def test_a_verdict_that_turned_is_named():
    a = replace(side(ONE), verdicts={("kill-it", "e1"): "holds", ("kill-it", "e2"): "holds"})
    b = replace(side(ONE), verdicts={("kill-it", "e1"): "violated", ("kill-it", "e2"): "holds"})
    (turned,) = compare(a, b, []).turned
    assert (turned.id, turned.a, turned.b) == ("e1", "holds", "violated")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.5, 5), min_size=6, max_size=9), st.floats(0.1, 3))
def test_the_interval_of_a_change_holds_the_change_of_the_true_medians(true_s, factor):
    truth = np.array(true_s)
    a = truth - 0.05, truth + 0.05
    b = truth * factor - 0.05, truth * factor + 0.05
    found = change("difference", "median", a, b)
    moved = float(np.median(truth) * (factor - 1))
    assert found.lower <= moved <= found.upper
    assert found == change("difference", "median", a, b), "the seed is fixed"


def test_a_maximum_is_compared_as_it_was_seen():
    a, b = (np.array(ONE), np.array(ONE) + 0.1), (np.array(TWO), np.array(TWO) + 0.1)
    assert change("difference", "max", a, b).lower == pytest.approx(2.6 - 1.4)
    assert estimate("max", *b).upper == pytest.approx(2.7)


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


@pytest.mark.parametrize("text", ["", "write.outage.median", "> 2x", "write.good.median > 2s"])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(ReportError):
        parse_limit(text)


def test_a_metric_is_written_as_it_is_read():
    for text in (
        "write.outage.median",
        "kill-it/read.new.gap.max",
        "it/cut/read.gap.max",
        "livez.reused.good.min",
    ):
        assert str(parse_metric(text)) == text


def test_where_no_run_is_nothing_is_compared(tmp_path):
    with pytest.raises(ReportError, match="is no run directory, and has none in it"):
        read_side(tmp_path)
