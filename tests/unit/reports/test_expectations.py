from __future__ import annotations

import pytest
from english import english
from made_histories import (
    READ,
    events_of,
    expectation,
    experiment_record,
    history,
    run_record,
    samples_of,
    series,
    trial_record,
    without,
)

from reports.analysis.evidence import evidence_of
from reports.analysis.expectations import judge_trial
from reports.analysis.metrics import METRICS
from reports.analysis.operation_metrics import OPERATIONS
from reports.analysis.outages import mark_good
from reports.analysis.series_metrics import SERIES
from reports.analysis.suite import analyse_suite
from reports.history.events import BaselineAgain, EffectConfirmed, HealConfirmed
from reports.history.schema import Doubt
from reports.history.trial import TrialHistory
from reports.locale.message import verbatim
from reports.verdict import Verdict, over_trials, worst

GOOD = "." * 60
HELD_BAD = "." * 21 + "x" * 19 + "." * 20  # bad from 2.1 s to 4.0 s
ONE_SECOND = "." * 22 + "x" * 10 + "." * 28  # bracket [0.9, 1.1]
BACK_BAD = "." * 41 + "x" * 10 + "." * 9  # bad from 4.1 s on, after the heal
STILL_BAD = "." * 35 + "x" * 10 + "." * 15  # from 3.5 s to 4.5 s, across the heal
HOLD = {"during": "kill"}
AFTER = {"after_heal_of": "kill"}

VERDICTS = {
    "outage under the bound": (GOOD, "outage_s", {}, "at_most", 1.0, "holds"),
    "outage over the bound": (HELD_BAD, "outage_s", {}, "at_most", 1.0, "violated"),
    "bound inside the bracket": (ONE_SECOND, "outage_s", {}, "at_most", 1.0, "unknown"),
    "bound above the bracket": (ONE_SECOND, "outage_s", {}, "at_most", 1.2, "holds"),
    "bound below the bracket": (ONE_SECOND, "outage_s", {}, "at_most", 0.8, "violated"),
    "outage must be that long": (ONE_SECOND, "outage_s", {}, "at_least", 0.8, "holds"),
    "outage is not that long": (ONE_SECOND, "outage_s", {}, "at_least", 1.2, "violated"),
    "not that long yet, and never good again": (
        *("." * 40 + "x" * 20, "outage_s", {}, "at_least", 5.0),
        "unknown",
    ),
    "never good again": ("." * 30 + "x" * 30, "outage_s", {}, "at_most", 1.0, "violated"),
    "degraded window": (HELD_BAD, "degraded_s", {}, "at_most", 1.0, "violated"),
    "good during the hold": (GOOD, "good_share", HOLD, "at_least", 0.9, "holds"),
    "bad during the hold": (HELD_BAD, "good_share", HOLD, "at_least", 0.9, "violated"),
    "was to fail and failed": (HELD_BAD, "good_share", HOLD, "at_most", 0.1, "holds"),
    "was to fail and did not": (GOOD, "good_share", HOLD, "at_most", 0.1, "violated"),
    "availability": (HELD_BAD, "good_share", {}, "at_least", 0.9, "violated"),
    "an outage that began in the hold": (STILL_BAD, "outage_s", HOLD, "at_most", 0.7, "violated"),
    "one that began later is not of it": (BACK_BAD, "outage_s", HOLD, "at_most", 0.1, "holds"),
    "nor of its degraded window": (BACK_BAD, "degraded_s", HOLD, "at_most", 0.1, "holds"),
    "an outage after the heal": (BACK_BAD, "outage_s", AFTER, "at_most", 0.5, "violated"),
    "one across it counts from the heal on": (
        *(STILL_BAD, "outage_s", AFTER, "at_most", 0.7),
        "holds",
    ),
    "good after the heal": (HELD_BAD, "good_share", AFTER, "at_least", 1.0, "holds"),
    "bad after the heal": (BACK_BAD, "good_share", AFTER, "at_least", 0.9, "violated"),
    "answers": (GOOD, "answers", {}, "at_least", 60, "holds"),
    "no answers": ("x" * 60, "answers", {}, "at_least", 1, "violated"),
    "a metric that there is not": (GOOD, "beauty", {}, "at_least", 1, "unknown"),
}


def judged(trial):
    (verdict,) = judge_trial(evidence_of(trial))
    return verdict


@pytest.mark.parametrize(
    ("text", "metric", "window", "op", "value", "wanted"), VERDICTS.values(), ids=VERDICTS.keys()
)
def test_an_expectation_is_judged_on_its_figure(text, metric, window, op, value, wanted):
    expect = [expectation(metric=metric, op=op, value=value, **window)]
    found = judged(history(text, experiment=experiment_record(expect=expect)))
    assert found.verdict == wanted, english(found.note)


def late_prober():
    samples = samples_of({READ: GOOD})
    samples[["started_s", "ended_s"]] += 0.6
    return mark_good(samples, 1.0)


def trial_of(samples):
    return TrialHistory(trial_record(), experiment_record(), samples, events_of())


def begun_again(at_s):
    return [*events_of(), BaselineAgain(at_s, verbatim("write: late"))]


DOUBT = Doubt(kind="not-measured", reason=verbatim("no leader"))
UNKNOWNS = {
    "interrupted": (history(GOOD, record=trial_record(status="interrupted")), "interrupted"),
    "not begun": (history(GOOD, record=trial_record(status="planned")), "planned"),
    "the engine could not": (history(GOOD, record=trial_record(doubt=DOUBT)), "no leader"),
    "never confirmed": (
        history(GOOD, events=without(EffectConfirmed)),
        "kill: its effect was not confirmed",
    ),
    "never undone": (history(GOOD, events=without(HealConfirmed)), "kill was healed"),
    "nothing injected": (history(GOOD, events=[]), "not recorded"),
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
        history(
            {("read", "worker-2", "new"): GOOD},
            experiment=experiment_record(series=[series(workers=["worker-1", "worker-2"])]),
        ),
        "nothing was recorded of read on new connections from worker-1",
    ),
}


@pytest.mark.parametrize(("trial", "reason"), UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_what_was_not_shown_is_unknown_with_the_reason(trial, reason):
    verdict = judged(trial)
    assert verdict.verdict == "unknown"
    assert reason in english(verdict.note)


def test_what_was_bad_before_a_baseline_was_begun_again_is_forgiven():
    assert judged(history("....x" + "." * 55, events=begun_again(0.7))).verdict == "holds"


def test_too_few_samples_are_unknown():
    expect = [expectation(metric="good_share", op="at_least", value=0.5, **HOLD)]
    events = events_of(confirmed_s=2.1, heal_s=3.0)
    verdict = judged(history(GOOD, experiment=experiment_record(expect=expect), events=events))
    assert (verdict.verdict, "only" in english(verdict.note)) == ("unknown", True)


@pytest.mark.parametrize("metric", ["outage_s", "degraded_s", "good_share"])
@pytest.mark.parametrize(
    ("window", "heal_s", "count"),
    [(HOLD, 3.0, 10), (HOLD, 2.05, 0), (AFTER, 5.95, 0)],
    ids=["too thin", "nothing was asked in it", "nothing was asked after it"],
)
def test_a_window_in_which_too_little_was_asked_is_unknown(metric, window, heal_s, count):
    expect = [expectation(metric=metric, op="at_most", value=9.0, **window)]
    events = events_of(confirmed_s=2.1 if count else 2.04, heal_s=heal_s)
    verdict = judged(history(GOOD, experiment=experiment_record(expect=expect), events=events))
    assert verdict.verdict == "unknown"
    assert english(verdict.note) == f"only {count} samples; 20 are needed"


@pytest.mark.parametrize(
    ("window", "text"), [(HOLD, "during kill, 20"), ({}, "first injection on, 60")]
)
def test_the_note_says_how_many_requests_it_rests_on(window, text):
    expect = [expectation(**window)]
    assert f"{text} requests" in english(
        judged(history(GOOD, experiment=experiment_record(expect=expect))).note
    )


def test_the_worst_worker_decides():
    lines = {READ: GOOD, ("read", "worker-2", "new"): HELD_BAD}
    both = experiment_record(series=[series(workers=["worker-1", "worker-2"])])
    assert judged(history(lines, experiment=both)).verdict == "violated"


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ([], "unknown"),
        (["holds", "holds"], "holds"),
        (["holds", "unknown"], "unknown"),
        (["unknown", "violated", "holds"], "violated"),
    ],
)
def test_the_worst_counts(kinds, wanted):
    assert worst(kinds) == wanted
    for joined in over_trials([Verdict("e", "x", kind, verbatim(kind)) for kind in kinds]):
        assert joined.verdict == wanted
        count = f"{kinds.count(wanted)} of {len(kinds)} trials, too few"
        assert english(joined.note).startswith(f"{wanted}; {count}")


def test_ten_trials_carry_no_warning():
    (joined,) = over_trials([Verdict("e", "x", "holds", verbatim("fine"))] * 10)
    assert english(joined.note) == "fine; 10 of 10 trials"


def test_a_run_without_trials_has_no_verdicts_and_empty_tables():
    analysis = analyse_suite(run_record(), [])
    assert analysis.verdicts == []
    tables = {name: table for name, table in analysis.tables.items() if name != "figures"}
    assert all(table.empty and len(table.columns) for table in tables.values())


def test_judging_changes_nothing_that_it_was_given():
    trial = history(HELD_BAD)
    run = run_record([trial.record])
    before = run.model_dump(), trial.samples.copy(), list(trial.events)
    analyse_suite(run, [trial])
    assert (run.model_dump(), list(trial.events)) == (before[0], before[2])
    assert trial.samples.equals(before[1])


def test_every_metric_has_its_measure():
    for needs, measures in (("series", SERIES), ("operations", OPERATIONS)):
        assert {
            name for name, metric in METRICS.items() if metric.needs == needs
        } == measures.keys()
