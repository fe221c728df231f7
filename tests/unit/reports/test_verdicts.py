from __future__ import annotations

import pytest
from made_histories import (
    READ,
    events_of,
    expectation,
    history,
    marked,
    run_record,
    samples_of,
    trial_record,
)

from reports.analysis import analyse
from reports.analysis.outages import mark_good
from reports.analysis.verdict import Verdict, compare, judge_trial, over_trials
from reports.history.reader import TrialHistory

GOOD = "." * 60
HELD_BAD = "." * 21 + "x" * 19 + "." * 20  # bad from 2.1 s to 4.0 s
ONE_SECOND = "." * 22 + "x" * 10 + "." * 28  # bracket [0.9, 1.1]

VERDICTS = {
    "outage under the bound": (GOOD, "outage_s", "at_most", 1.0, "holds"),
    "outage over the bound": (HELD_BAD, "outage_s", "at_most", 1.0, "violated"),
    "bound inside the bracket": (ONE_SECOND, "outage_s", "at_most", 1.0, "unknown"),
    "bound above the bracket": (ONE_SECOND, "outage_s", "at_most", 1.2, "holds"),
    "bound below the bracket": (ONE_SECOND, "outage_s", "at_most", 0.8, "violated"),
    "outage must be that long": (ONE_SECOND, "outage_s", "at_least", 0.8, "holds"),
    "outage is not that long": (ONE_SECOND, "outage_s", "at_least", 1.2, "violated"),
    "not that long yet, and never good again": (
        "." * 40 + "x" * 20,
        "outage_s",
        "at_least",
        5.0,
        "unknown",
    ),
    "never good again": ("." * 30 + "x" * 30, "outage_s", "at_most", 1.0, "violated"),
    "degraded window": (HELD_BAD, "degraded_s", "at_most", 1.0, "violated"),
    "good during the hold": (GOOD, "hold_good_share", "at_least", 0.9, "holds"),
    "bad during the hold": (HELD_BAD, "hold_good_share", "at_least", 0.9, "violated"),
    "was to fail and failed": (HELD_BAD, "hold_good_share", "at_most", 0.1, "holds"),
    "was to fail and did not": (GOOD, "hold_good_share", "at_most", 0.1, "violated"),
    "availability": (HELD_BAD, "availability", "at_least", 0.9, "violated"),
}


@pytest.mark.parametrize(
    ("text", "metric", "op", "value", "wanted"), VERDICTS.values(), ids=VERDICTS.keys()
)
def test_an_expectation_is_judged_on_its_figure(text, metric, op, value, wanted):
    record = trial_record(expect=[expectation(metric=metric, op=op, value=value)])
    trial = history(text, record=record)
    assert [v.verdict for v in judge_trial(run_record([record]), trial)] == [wanted]


def without(kind):
    return [event for event in events_of() if event["kind"] != kind]


def late_prober():
    samples = samples_of({READ: GOOD})
    samples["scheduled_s"] -= 0.6
    samples["scheduled_s"] = samples["scheduled_s"].clip(lower=0)
    return mark_good(samples, 1.0)


def trial_of(samples):
    return TrialHistory(trial_record(), samples, events_of())


def begun_again(at_s):
    return [*events_of(), {"t_s": at_s, "kind": "baseline_again", "evidence": "write: late"}]


UNKNOWNS = {
    "interrupted": (history(GOOD, record=trial_record(status="interrupted")), "interrupted"),
    "the engine could not": (
        history(GOOD, record=trial_record(unknown_reason="no leader")),
        "no leader",
    ),
    "never confirmed": (history(GOOD, events=without("effect_confirmed")), "effect_confirmed"),
    "never undone": (history(GOOD, events=without("heal_confirmed")), "heal_confirmed"),
    "bad before the fault": (history("....x" + "." * 55), "baseline"),
    "bad in a baseline that was begun again": (
        history("." * 15 + "x" + "." * 44, events=begun_again(1.0)),
        "baseline",
    ),
    "no baseline at all": (history(" " * 20 + "." * 40), "not recorded"),
    "nothing recorded": (history(""), "nothing was recorded"),
    "a hole in the samples": (history("." * 25 + " " * 3 + "." * 32), "not recorded"),
    "the prober died": (history("." * 40), "not recorded"),
    "a starved prober": (trial_of(late_prober()), "starved"),
    "a worker without samples": (
        trial_of(marked({("read", "worker-2", "new"): GOOD})),
        "nothing was recorded of read on new connections from worker-1",
    ),
}


@pytest.mark.parametrize(("trial", "reason"), UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_what_was_not_shown_is_unknown_with_the_reason(trial, reason):
    (verdict,) = judge_trial(run_record([trial.record]), trial)
    assert verdict.verdict == "unknown"
    assert reason in verdict.note


def test_what_was_bad_before_a_baseline_was_begun_again_is_forgiven():
    trial = history("....x" + "." * 55, events=begun_again(0.7))
    assert [v.verdict for v in judge_trial(run_record([trial.record]), trial)] == ["holds"]


def test_too_few_samples_are_unknown():
    record = trial_record(expect=[expectation(metric="hold_good_share", op="at_least", value=0.5)])
    trial = history(GOOD, record=record, events=events_of(confirmed_s=2.1, heal_s=3.0))
    (verdict,) = judge_trial(run_record([record]), trial)
    assert (verdict.verdict, "only" in verdict.note) == ("unknown", True)


def test_the_worst_worker_decides():
    lines = {READ: GOOD, ("read", "worker-2", "new"): HELD_BAD}
    trial = trial_of(marked(lines))
    run = run_record([trial.record], workers=["worker-1", "worker-2"])
    assert [v.verdict for v in judge_trial(run, trial)] == ["violated"]


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        (["holds", "holds"], "holds"),
        (["holds", "unknown"], "unknown"),
        (["unknown", "violated"], "violated"),
    ],
)
def test_over_trials_the_worst_counts(kinds, wanted):
    (joined,) = over_trials([Verdict("e", "x", kind, kind) for kind in kinds])
    assert joined.verdict == wanted
    assert joined.note.startswith(f"{wanted}; {kinds.count(wanted)} of 2 trials, too few")


def test_ten_trials_carry_no_warning():
    (joined,) = over_trials([Verdict("e", "x", "holds", "fine")] * 10)
    assert joined.note == "fine; 10 of 10 trials"


def test_a_run_without_trials_has_no_verdicts_and_empty_tables():
    analysis = analyse(run_record([]), [])
    assert analysis.verdicts == []
    assert all(table.empty and len(table.columns) for table in analysis.tables.values())


def test_a_bracket_that_is_a_point_is_never_unknown():
    for value in (0.0, 1.0, 2.0):
        assert compare(expectation(value=value), 1.0, 1.0) != "unknown"
