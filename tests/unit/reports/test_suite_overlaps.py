"""Two injections that overlap: what belongs to whom, and what is unknown when one is masked."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from english import english
from made_histories import (
    READ,
    expectation,
    experiment_record,
    history,
    injection,
    run_record,
    step,
    trial_record,
    without,
)

from reports.analysis.evidence import evidence_of
from reports.analysis.expectations import judge_trial
from reports.analysis.outages import outages
from reports.analysis.series_metrics import series_figure
from reports.analysis.stages import stages_of, story
from reports.analysis.suite import analyse_suite
from reports.history.events import (
    BaselineBegin,
    EffectConfirmed,
    EffectMasked,
    HealConfirmed,
    NotInjected,
    ProbingEnd,
    Recovered,
)
from reports.locale.message import verbatim

DARK = verbatim("dark")
# cut: in effect from 2 s to 7 s; kill: from 4 s to 9 s; nothing from there on, to 12 s
CUT = injection("cut", fault="cut", hit=["etcd-1"], begin_s=2.0, heal_s=5.0, recovered_s=7.0)
KILL = injection("kill", hit=["etcd-2/etcd"], begin_s=4.0, heal_s=6.0, recovered_s=9.0)
EVENTS = [BaselineBegin(0.0), *CUT, *KILL, ProbingEnd(12.0)]
STEPS = [
    step("cut", fault="cut", target="etcd:follower", parameters={"from": "etcd:all"}),
    step("kill", target="etcd:leader", at_s=2.0),
]
GOOD = "." * 120


def text(*bad_s):
    """Return a series of 12 s that is bad between some moments."""
    return "".join(
        "x" if any(begin_s <= place / 10 < end_s for begin_s, end_s in bad_s) else "."
        for place in range(120)
    )


def trial(line, events=EVENTS, expect=(), **changes):
    experiment = experiment_record(steps=STEPS, expect=list(expect), **changes)
    return history(line, experiment=experiment, events=events)


def analysed(*trials):
    return analyse_suite(run_record([], [trials[0].experiment]), list(trials))


BELONGS = {
    "one alone": ((2.5, 3.0), "cut"),
    "both are in effect": ((4.5, 5.0), "cut+kill"),
    "healed, but not recovered": ((6.5, 6.8), "cut+kill"),
    "it began before the second": ((3.5, 5.0), "cut"),
    "the first has recovered": ((8.0, 8.5), "kill"),
    "all have recovered": ((10.0, 10.5), "kill"),
    "it was out before, and at the first": ((1.5, 3.0), "cut"),
}


@pytest.mark.parametrize(("bad", "wanted"), BELONGS.values(), ids=BELONGS.keys())
def test_an_outage_belongs_to_what_was_in_effect_at_its_first_bad_request(bad, wanted):
    table = analysed(trial(text(bad))).tables["outages"]
    assert list(table["injection"]) == [wanted]


def test_what_hung_when_the_injection_began_belongs_to_it_too():
    hung = "." * 39 + "l" + "." * 80  # begun at 3.9 s, answered at 5.4 s
    table = analysed(trial(hung)).tables["outages"]
    assert list(table["injection"]) == ["cut+kill"]
    assert list(table["fault"]) == ["cut from etcd:all+kill"]
    assert list(table["target"]) == ["etcd-1+etcd-2/etcd"]


def test_a_joint_outage_is_counted_once_and_in_both_accounts():
    tables = analysed(trial(text((2.5, 2.8), (4.5, 5.5), (10.0, 10.5)))).tables
    assert list(tables["outages"]["injection"]) == ["cut", "cut+kill", "kill"]
    rows = tables["trials"].set_index("injection")
    assert list(rows.index) == ["cut", "kill"]
    assert list(rows["outage_lower_s"].round(6)) == [0.9, 0.9]
    # the last to recover is held to account until the end
    assert list(rows["bad"]) == [13, 15]
    assert list(rows["total"]) == [50, 80]
    windows = tables["degraded"].set_index("injection")
    assert windows.loc["cut", ["start_s", "end_s"]].tolist() == [2.5, 5.4]
    assert windows.loc["kill", ["start_s", "end_s"]].tolist() == [4.5, 10.4]
    recovery = tables["recovery"].set_index("injection")
    assert list(recovery["fault"]) == ["cut from etcd:all", "kill"]
    assert list(recovery["target"]) == ["etcd:follower", "etcd:leader"]
    assert list(recovery["n"]) == [1, 1]


def test_moments_count_from_each_injection_and_its_own_heal():
    row = analysed(trial(text((4.5, 6.5)))).tables["trials"].set_index("injection")
    assert list(row["first_error_s"].round(6)) == [2.5, 0.5]
    for end in ("lower", "upper"):
        assert list(row[f"all_good_after_heal_{end}_s"].round(6)) == [1.51, 0.51]
    assert list(row["baseline_bad"]) == [0, 0]


def test_the_injections_are_a_table_with_what_became_of_each():
    events = [
        *without(EffectConfirmed, events=EVENTS),
        EffectMasked(4.2, "kill", ["cut"], DARK),
    ]
    table = analysed(trial(GOOD, events)).tables["injections"]
    assert list(table["injection"]) == ["cut", "kill"]
    assert list(table["state"]) == ["unconfirmed", "masked"]
    assert table["reason"][1] == "hidden by cut: dark"
    assert (table["begin_s"][1], math.isnan(table["confirmed_s"][1])) == (4.0, True)


def test_an_injection_that_was_not_done_has_no_moments_and_a_reason():
    events = [
        BaselineBegin(0.0),
        *CUT,
        NotInjected(4.0, "kill", verbatim("nobody leads")),
        ProbingEnd(12.0),
    ]
    analysis = analysed(trial(text((10.0, 10.5)), events))
    row = analysis.tables["injections"].set_index("injection").loc["kill"]
    assert (row["state"], row["reason"], row["target"]) == (
        *("not-injected", "nobody leads"),
        "etcd:leader",
    )
    assert pd.isna(row["begin_s"])
    assert list(analysis.tables["trials"]["injection"]) == ["cut"]


MASKED = [event for event in EVENTS if event != KILL[1]] + [
    EffectMasked(4.1, "kill", ["cut"], DARK)
]
UNHEALED = [event for event in EVENTS if not (isinstance(event, HealConfirmed) and event.t_s > 6)]
ALL_MASKED = [
    *without(EffectConfirmed, events=EVENTS),
    *(EffectMasked(4.1, name, ["hang"], DARK) for name in ("cut", "kill")),
]
UNCONFIRMED = [event for event in EVENTS if event != KILL[1]]
WINDOWS = {
    "of the one that was shown": (MASKED, {"during": "cut"}, "holds"),
    "after its heal": (MASKED, {"after_heal_of": "cut"}, "holds"),
    "of the masked one": (MASKED, {"during": "kill"}, "unknown"),
    "after the heal of the masked one": (MASKED, {"after_heal_of": "kill"}, "unknown"),
    "on the whole, with one masked": (MASKED, {}, "holds"),
    "on the whole, with all masked": (ALL_MASKED, {}, "unknown"),
    "on the whole, with one that was not confirmed": (UNCONFIRMED, {}, "unknown"),
    "on the whole, with both shown": (EVENTS, {}, "holds"),
    "of one whose heal was not seen": (UNHEALED, {"during": "kill"}, "holds"),
    "after the heal that was not seen": (UNHEALED, {"after_heal_of": "kill"}, "unknown"),
    "on the whole, with a heal that was not seen": (UNHEALED, {}, "unknown"),
    "of the other": (UNHEALED, {"during": "cut"}, "holds"),
    "of a step that is no fault": (EVENTS, {"during": "dial"}, "unknown"),
}


@pytest.mark.parametrize(("events", "window", "wanted"), WINDOWS.values(), ids=WINDOWS.keys())
def test_a_masked_injection_makes_its_own_windows_unknown_and_no_others(events, window, wanted):
    (verdict,) = judge_trial(evidence_of(trial(GOOD, events, [expectation(**window)])))
    assert verdict.verdict == wanted, english(verdict.note)
    if events is MASKED and wanted == "unknown":
        assert english(verdict.note) == "kill: hidden by cut: dark"


SHARES = {
    "from the confirmed effect": ({"during": "cut"}, (2.0, 2.45), 26 / 30),
    "to the heal": ({"during": "kill"}, (5.75, 6.55), 17 / 20),
    "from the heal": ({"after_heal_of": "cut"}, (4.55, 5.45), 65 / 70),
    "to the end": ({"after_heal_of": "cut"}, (11.0, 12.0), 60 / 70),
    "from the first injection": ({}, (2.0, 2.45), 95 / 100),
}


@pytest.mark.parametrize(("window", "bad", "share"), SHARES.values(), ids=SHARES.keys())
def test_a_window_is_what_was_begun_in_it(window, bad, share):
    asked = expectation(metric="good_share", **window)
    good = series_figure(evidence_of(trial(text(bad))), asked)
    assert good.bracket.lower == pytest.approx(share)


def test_after_the_heal_ends_with_the_next_injection():
    late = injection("kill", hit=["etcd-2/etcd"], begin_s=8.0, heal_s=9.0, recovered_s=11.0)
    events = [BaselineBegin(0.0), *CUT, *late, ProbingEnd(12.0)]
    expect = [expectation(value=0.1, after_heal_of="cut")]
    (verdict,) = judge_trial(evidence_of(trial(text((8.5, 9.0)), events, expect)))
    assert verdict.verdict == "holds", english(verdict.note)
    (verdict,) = judge_trial(evidence_of(trial(text((7.5, 8.5)), events, expect)))
    assert verdict.verdict == "violated", english(verdict.note)


def test_figures_are_of_the_worst_injection_and_of_each():
    figures = analysed(trial(text((2.5, 2.8), (7.5, 8.5)))).figures
    series = "read.new"
    lengths = {
        name: round(figures[f"kill-it.{name}{series}.outage_s"].bracket.lower, 6)
        for name in ("", "cut.", "kill.")
    }
    assert lengths == {"": 0.9, "cut.": 0.2, "kill.": 0.9}
    assert figures["kill-it.kill.read.new.hold_outage_s"].bracket.upper == 0
    assert figures["kill-it.cut.read.new.workers_hit"].bracket.upper == 1


LATE_KILL = injection("kill", hit=["etcd-2/etcd"], begin_s=9.0, heal_s=10.0, recovered_s=11.0)
APART = [BaselineBegin(0.0), *CUT, *LATE_KILL, ProbingEnd(12.0)]


def test_the_outages_of_a_trial_are_found_once_however_many_injections(monkeypatch):
    found = []

    def counted(samples, since_s):
        found.append(since_s)
        return outages(samples, since_s)

    monkeypatch.setattr("reports.analysis.series_figures.outages", counted)
    analysed(trial(text((4.5, 5.5))))
    assert len(found) == 1


STEP_TEXTS = {
    "a fault": (
        step("cut", fault="cut", parameters={"from": "etcd:all"}),
        "cut master:any from etcd:all",
    ),
    "numbers": (step("x", parameters={"delay_ms": 50.0}), "kill master:any delay_ms 50"),
    "truths": (step("x", parameters={"strict": False}), "kill master:any strict false"),
    "what is left out": (step("x", target="", parameters={"from": ""}), "kill"),
}


@pytest.mark.parametrize(("planned", "wanted"), STEP_TEXTS.values(), ids=STEP_TEXTS.keys())
def test_a_step_is_written_in_one_way(planned, wanted):
    assert planned.full_text == wanted
    assert planned.text == wanted.replace(" master:any", "")


def test_an_outage_between_two_injections_is_of_nobody_and_in_the_figure_of_the_whole():
    analysis = analysed(trial(text((7.5, 8.0)), APART))
    assert list(analysis.tables["outages"]["injection"]) == [""]
    figures = analysis.figures
    assert round(figures["kill-it.read.new.outage_s"].bracket.lower, 6) == 0.4
    for name in ("cut", "kill"):
        assert figures[f"kill-it.{name}.read.new.outage_s"].bracket.lower == 0


def test_what_the_last_to_recover_is_held_to_is_one_thing_in_all_columns():
    rows = analysed(trial(text((11.5, 12.0)), APART)).tables["trials"].set_index("injection")
    columns = ["bad", "outage_lower_s", "degraded_lower_s"]
    assert rows.loc["cut", columns].tolist() == [0, 0, 0]
    assert rows.loc["kill", columns].tolist() == pytest.approx([5, 0.4, 0.4])


def test_the_figures_of_a_masked_injection_are_unknown_and_those_of_the_other_are_not():
    figures = analysed(trial(GOOD, MASKED)).figures
    assert "hidden" in english(figures["kill-it.kill.read.new.outage_s"].unknown)
    assert not figures["kill-it.read.new.outage_s"].unknown
    assert not figures["kill-it.cut.read.new.outage_s"].unknown


def test_each_stage_says_to_which_injection_it_belongs():
    found = [(stage.name, stage.injection) for stage in story(stages_of(trial(text((4.5, 5.0)))))]
    assert found[:4] == [
        ("injection begins", "cut"),
        ("effect confirmed", "cut"),
        ("injection begins", "kill"),
        ("effect confirmed", "kill"),
    ]
    assert ("first bad request", "kill") in found
    table = analysed(trial(text((4.5, 5.0)))).tables["stages"]
    errors = table[table["stage"] == "first_error"].set_index("injection")["after_injection_s"]
    assert errors.round(6).to_dict() == {"cut": 2.5, "kill": 0.5}


def test_masters_are_told_by_injection():
    (found,) = analysed(trial(GOOD)).trials
    assert found.served_by == {"cut": [("master-1", 1.0)], "kill": [("master-1", 1.0)]}


def test_what_never_recovers_is_in_effect_to_the_end():
    events = [event for event in EVENTS if not isinstance(event, Recovered)]
    table = analysed(trial(text((10.0, 10.5)), events)).tables["outages"]
    assert list(table["injection"]) == ["cut+kill"]


def test_several_trials_and_workers_are_kept_apart():
    two = {READ: text((2.5, 3.0)), ("read", "worker-2", "new"): text((8.0, 8.5))}
    first, second = trial(two), trial(GOOD)
    second = replace(second, record=trial_record(index=1, number=1))
    tables = analysed(first, second).tables
    assert list(tables["outages"]["trial"]) == [0, 0]
    assert list(tables["outages"]["worker"]) == ["worker-1", "worker-2"]
    assert list(tables["outages"]["injection"]) == ["cut", "kill"]
    worst = tables["worst"].set_index(["trial", "injection"])
    lengths = worst["outage_lower_s"].round(6).to_dict()
    assert {name for name, length_s in lengths.items() if length_s} == {(0, "cut"), (0, "kill")}
    assert len(lengths) == 4
