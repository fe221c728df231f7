"""Analyses of histories made by hand: one fault that is a blip, and three that overlap."""

from __future__ import annotations

from made_histories import (
    events_of,
    expectation,
    experiment_record,
    history,
    injection,
    run_record,
    step,
    trial_record,
)

from reports.analysis.suite import analyse_suite
from reports.history.events import NotInjected
from reports.locale.message import verbatim

BLIP = "." * 22 + "xxlx" + "." * 34
EXPECT = [
    expectation(id="lenient", value=2.0),
    expectation(id="strict", value=0.1),
    expectation(id="elsewhere", probe="write"),
]


def analysis_of(text=BLIP, events=None, record=None, **changes):
    record = record or trial_record()
    experiment = experiment_record(**({"expect": EXPECT} | changes))
    trial = history(text, record=record, experiment=experiment, events=events)
    return analyse_suite(run_record([record], [experiment]), [trial])


OVERLAP = [
    *events_of(end_s=9.0)[:-1],
    *injection("cut", hit=["etcd-2"], begin_s=3.0, heal_s=6.0, recovered_s=7.0),
    NotInjected(4.0, "hang", verbatim("nobody leads")),
    events_of(end_s=9.0)[-1],
]
STEPS = [step("kill"), step("cut", fault="cut", parameters={"from": "etcd:all"}), step("hang")]


def overlapping():
    expect = [expectation(during="cut")]
    text = "." * 35 + "xxx" + "." * 52
    return analysis_of(text, OVERLAP, steps=STEPS, expect=expect)
