"""What a trial did not show of a balancer: holds that were too short, masters not used again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from english import english
from made_analyses import analysis_of
from made_histories import events_of, experiment_record, history, injection, without

from reports.analysis.balancer_remarks import not_served_again, short_holds
from reports.history.events import EffectConfirmed, InjectBegin, NotServedAgain
from reports.locale.catalogue import LANGUAGES, text_of
from reports.render.trials import trial_contexts

SETTINGS = {
    "election_s": 1.0,
    "balancer_detects_s": 60.0,
    "balancer_detects_refusal_s": 30.0,
    "balancer_takes_over_s": 4.6,
}
# The fault is in from 2.1 s to 4 s.
SILENT = (
    "kill: held for 2 s. This balancer notices a silent master after up to 60 s: "
    "what happens later was not seen."
)
REFUSED = SILENT.replace("a silent master", "a master that refuses connections").replace("60", "30")
TAKEN_OVER = (
    "kill: held for 2 s. Another balancer takes over after up to 4.6 s: "
    "what happens later was not seen."
)
FAULTS = {
    "an apiserver that is killed": ("kill", ["master-1/kube-apiserver"], REFUSED),
    "one that hangs": ("hang", ["master-1/kube-apiserver"], SILENT),
    "a master without power": ("power-off", ["master-1"], SILENT),
    "one of several": ("power-off", ["etcd-1", "master-2"], SILENT),
    "a balancer of its own": ("power-off", ["balancer-1"], TAKEN_OVER),
    "its program": ("hang", ["balancer-1/haproxy"], TAKEN_OVER),
    "the one on a worker": ("kill", ["worker-1/nginx"], TAKEN_OVER),
    "a member": ("kill", ["etcd-1/etcd"], None),
    "a member on a master": ("kill", ["master-1/etcd"], None),
    "what no balancer leads to": ("kill", ["master-1/kube-scheduler"], None),
    "a worker": ("power-off", ["worker-1"], None),
}
CUTS = {
    "masters from workers": (["master-1"], ["worker-1", "worker-2"], SILENT),
    "workers from masters": (["worker-1"], ["master-1"], SILENT),
    "masters from a balancer": (["master-1"], ["balancer-1"], SILENT),
    "masters from members": (["master-1"], ["etcd-1"], None),
    "members from members": (["etcd-1"], ["etcd-2"], None),
}


def remarks(events, settings=SETTINGS):
    experiment = experiment_record(settings=settings)
    return [
        english(text)
        for text in short_holds(history("." * 60, experiment=experiment, events=events))
    ]


@pytest.mark.parametrize(("fault", "hit", "remark"), FAULTS.values(), ids=FAULTS.keys())
def test_a_hold_is_too_short_for_the_balancer(fault, hit, remark):
    events = injection(fault=fault, hit=hit)
    assert remarks(events) == ([remark] if remark else [])


@pytest.mark.parametrize(("near", "far", "remark"), CUTS.values(), ids=CUTS.keys())
def test_a_cut_concerns_it_where_it_is_between_it_and_masters(near, far, remark):
    events = [
        replace(event, nodes=[*near, *far]) if isinstance(event, InjectBegin) else event
        for event in injection(fault="cut", hit=near)
    ]
    assert remarks(events) == ([remark] if remark else [])


def test_a_hold_that_is_long_enough_needs_no_remark():
    assert remarks(injection(heal_s=32.2)) == []
    assert remarks(injection(heal_s=32.0)) != []


def test_an_effect_that_nobody_saw_is_another_doubt():
    assert remarks(without(EffectConfirmed, events=injection())) == []


def test_a_balancer_that_never_reacts_and_a_run_that_does_not_say():
    assert remarks(injection(), settings={"election_s": 1.0}) == []
    assert remarks(injection(), settings=SETTINGS | {"balancer_detects_refusal_s": 0.0}) == []


def test_masters_that_were_not_used_again_are_named():
    events = [*events_of(), NotServedAgain(5.5, "kill", "worker-1", ["master-1", "master-3"], 16.0)]
    (text,) = not_served_again(history("." * 60, events=events))
    assert english(text) == (
        "worker-1: no good request was served by master-1, master-3 within 16 s after the return. "
        "So long this balancer may leave a master out: what it answers first was not seen."
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_it_at_the_trial(lang):
    events = [*events_of(), NotServedAgain(5.5, "kill", "worker-1", ["master-1"], 16.0)]
    (trial,) = trial_contexts(analysis_of(events=events, settings=SETTINGS), lang)
    texts = [text_of(remark, lang) for remark in trial["remarks"]]
    assert ["30" in texts[0], "master-1" in texts[1]] == [True, True]
