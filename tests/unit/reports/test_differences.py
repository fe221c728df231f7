"""In what the settings of two sides differ."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_histories import experiment_record, series, step
from made_sides import ONE, settings_of, side

from reports.compare.differences import differences, incomparable
from reports.compare.metrics import parse_metric
from reports.locale.catalogue import text_of


def texts_of(a, b):
    return [text_of(difference, "en") for difference in differences(a, b)]


def test_a_lab_that_only_one_experiment_has_differs_by_its_name():
    def made(etcd):
        labs = [experiment_record(id=name, lab={"etcd": n}) for name, n in (("a", 3), ("b", etcd))]
        return settings_of(*labs)

    assert texts_of(made(3), made(3)) == []
    assert texts_of(made(5), made(7)) == ["lab.etcd: 5 → 7 (in b)"]


def test_labs_are_compared_of_the_experiments_that_both_sides_have():
    three, five = ({"etcd": n, "lb": "nginx"} for n in (3, 5))
    first = settings_of(experiment_record(id="a", lab=three), experiment_record(id="b", lab=three))
    second = settings_of(experiment_record(id="a", lab=three), experiment_record(id="c", lab=five))
    only = ["experiment b is in A only", "experiment c is in B only"]
    assert texts_of(first, second) == only
    both = settings_of(experiment_record(id="a", lab=five), experiment_record(id="b", lab=five))
    assert texts_of(first, both) == ["lab.etcd: 3 → 5"]


TIMELINES = {
    "the target": ({"target": "master:all"}, "kill master:all for 1 s, at 0 s"),
    "a parameter": ({"parameters": {"flush": True}}, "kill master:any flush true for 1 s, at 0 s"),
    "how long": ({"for_s": 2.5}, "kill master:any for 2.5 s, at 0 s"),
    "when": ({"after": "cut", "at_s": 1.0}, "kill master:any for 1 s, at 1 s after cut"),
}


@pytest.mark.parametrize(("changes", "then"), TIMELINES.values(), ids=TIMELINES.keys())
def test_timelines_that_differ_are_reported(changes, then):
    before, after = (
        settings_of(experiment_record(id="a", steps=[step("kill", **more)]))
        for more in ({}, changes)
    )
    assert texts_of(before, after) == [f"steps.kill: kill master:any for 1 s, at 0 s → {then}"]


def test_a_step_that_only_one_side_has_differs():
    short, long = (
        settings_of(experiment_record(id="a", steps=steps))
        for steps in ([step("kill")], [step("kill"), step("cut", fault="cut")])
    )
    assert texts_of(short, long) == ["steps.cut: not there → cut master:any for 1 s, at 0 s"]


def test_runs_of_one_side_that_differ_among_themselves_are_reported():
    mixed = replace(side(ONE), runs=[*side(ONE).runs, *side(ONE, deadline_s=2.0).runs])
    wanted = ["deadline_s: the runs of one side differ among themselves"]
    assert texts_of(mixed, mixed) == wanted


READ = parse_metric("read.outage")
NOT_THE_SAME = {
    "another target": {"steps": [step(target="master:all")]},
    "another fault": {"steps": [step(fault="hang")]},
    "another hold": {"steps": [step(for_s=8.0)]},
    "another moment": {"steps": [step(at_s=3.0)]},
    "a step more": {"steps": [step(), step("cut", after="kill")]},
    "another rate": {"series": [series(rate_hz=5.0)]},
    "another worker": {"series": [series(workers=("worker-1", "worker-2"))]},
    "no such requests": {"series": [series("write")]},
}


@pytest.mark.parametrize("changes", NOT_THE_SAME.values(), ids=NOT_THE_SAME.keys())
def test_what_is_not_the_same_is_not_compared(changes):
    a = settings_of(experiment_record(id="it"))
    b = settings_of(experiment_record(**{"id": "it"} | changes))
    assert incomparable(READ, "it", a, a) is None
    assert incomparable(READ, "it", a, b) is not None
    assert incomparable(READ, "it", b, a) is not None


def test_another_deadline_is_not_compared_and_another_lab_is():
    plan = experiment_record(id="it")
    a = settings_of(plan)
    assert incomparable(READ, "it", a, settings_of(plan, deadline_s=2.0)) is not None
    upgraded = settings_of(experiment_record(id="it", lab={"etcd": 5}), versions={"etcd": "4"})
    assert incomparable(READ, "it", a, upgraded) is None


def test_other_rates_of_other_requests_are_no_matter():
    a, b = (
        settings_of(experiment_record(id="it", series=[series(), series("write", rate_hz=rate)]))
        for rate in (5.0, 2.0)
    )
    assert incomparable(READ, "it", a, b) is None
    assert incomparable(parse_metric("write.outage"), "it", a, b) is not None
