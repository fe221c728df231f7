"""What an injection of a trial cost each series: from histories made by hand."""

from __future__ import annotations

import math

import pytest
from made_grades import DOWN, ELECTION, GOOD, HALF, NEVER_BACK, REQUESTS, costs_of, held, trial
from made_histories import READ, events_of, injection, step, trial_record, without

from reports.history.events import (
    EffectConfirmed,
    EffectMasked,
    HealBegin,
    HealConfirmed,
    NotInjected,
    NotServedAgain,
    Recovered,
)
from reports.history.schema import Doubt
from reports.locale.message import verbatim

DIRECTLY = ("read", "worker-1", "direct")
ALIVE = ("livez", "worker-1", "new")


def only(*trials):
    """Return the costs of the only series of the only injection."""
    (costs,) = costs_of(*trials)
    (series,) = costs.series
    return series


@pytest.mark.parametrize(
    ("text", "grade", "lost_s", "share", "bound"),
    [
        pytest.param(GOOD, "unnoticed", 0.0, 0.0, None, id="unnoticed"),
        pytest.param(ELECTION, "blip", 1.2, 0.0, None, id="an election"),
        pytest.param(HALF, "degraded", 0.0, 0.5, None, id="every second one is bad"),
        pytest.param(DOWN, "down", 0.0, 1.0, None, id="nothing is served"),
        pytest.param(NEVER_BACK, "down", 8.0, 0.0, "cost-not-back", id="bad to the end"),
        pytest.param(
            "." * 40 + "x" * 75 + "." * 125, "down", 2.5, 0.5, "cost-not-settled", id="on"
        ),
    ],
)
def test_a_series_has_its_grade_and_its_cost(text, grade, lost_s, share, bound):
    series = only(trial(text))
    assert series.grade == grade
    assert series.lost_s.lower == pytest.approx(lost_s, abs=0.15)
    assert series.bad_share.lower == pytest.approx(share, abs=0.03)
    assert (series.bound and series.bound.key) == bound
    assert math.isinf(series.lost_s.upper) == (bound is not None)
    assert math.isinf(series.affected_s.upper) == (bound == "cost-not-back")


def test_requests_that_began_before_the_fault_and_hung_belong_to_it():
    late = "." * 39 + "l" + "." * 200
    assert only(trial(late)).bad == 1


def test_only_what_clients_use_is_graded():
    (costs,) = costs_of(trial({READ: GOOD, DIRECTLY: DOWN, ALIVE: DOWN}))
    assert [series.kind for series in costs.series] == [("read", "new")]


def test_an_experiment_without_reads_and_writes_has_no_grades():
    assert costs_of(trial({ALIVE: DOWN})) == []


def test_the_baseline_is_pooled_over_workers_and_measured_trials():
    two = {READ: GOOD, ("read", "worker-2", "new"): "x" + GOOD[1:]}
    doubt = Doubt(kind="not-measured", reason=verbatim("EOF"))
    starved = trial({READ: DOWN}, index=2, record=trial_record(index=2, number=2, doubt=doubt))
    first, second, third = costs_of(trial(two), trial(GOOD, index=1), starved)
    baseline = first.series[0].baseline
    assert (baseline.total, baseline.bad) == (120, 1)
    assert all(series.baseline == baseline for series in (*first.series, *second.series))
    assert third.series == ()


def not_measured():
    doubt = Doubt(kind="not-measured", reason=verbatim("EOF"))
    return trial(DOWN, record=trial_record(doubt=doubt))


def masked():
    events = without(EffectConfirmed, events=held())
    return trial(DOWN, events=[*events, EffectMasked(4.5, "kill", ["cut"], verbatim("silent"))])


def not_injected():
    events = [held()[0], NotInjected(4.0, "kill", verbatim("nobody")), held()[-1]]
    return trial(DOWN, events=events)


def not_healed():
    return trial(DOWN, events=without(HealBegin, HealConfirmed, Recovered, events=held()))


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param(not_measured, id="not measured"),
        pytest.param(lambda: trial(DOWN, record=trial_record(status="interrupted")), id="cut off"),
        pytest.param(
            lambda: trial(DOWN, events=without(EffectConfirmed, events=held())), id="unseen"
        ),
        pytest.param(masked, id="masked"),
        pytest.param(not_injected, id="not injected"),
        pytest.param(not_healed, id="not healed"),
    ],
)
def test_what_was_not_observed_costs_nothing_and_says_why(unknown):
    (costs,) = costs_of(unknown())
    assert costs.injection == "kill"
    assert costs.series == ()
    assert costs.unknown is not None


def test_a_trial_that_did_not_recover_stays_as_a_lower_bound():
    doubt = Doubt(kind="not-recovered", reason=verbatim("not Ready"))
    series = only(trial(ELECTION, record=trial_record(doubt=doubt)))
    assert series.grade == "blip"
    assert series.bound == verbatim("not Ready")
    assert math.isinf(series.lost_s.upper)
    assert math.isinf(series.affected_s.upper)


def test_a_return_that_was_not_seen_makes_the_cost_of_that_worker_a_bound():
    lines = {READ: ELECTION, ("read", "worker-2", "new"): ELECTION}
    again = NotServedAgain(16.0, "kill", "worker-2", ["master-1"], 10.0)
    (costs,) = costs_of(trial(lines, events=[*held()[:-2], again, *held()[-2:]]))
    bounds = {series.worker: series.bound and series.bound.key for series in costs.series}
    assert bounds == {"worker-1": None, "worker-2": "cost-return-not-seen"}


def test_injections_that_overlap_are_graded_together_and_say_so():
    cut = injection("cut", hit=["etcd-2"], begin_s=8.0, heal_s=16.0, recovered_s=19.0)
    events = sorted([*held(), *cut], key=lambda event: event.t_s)
    steps = [step("kill"), step("cut", fault="cut")]
    kill, other = costs_of(trial("." * 90 + "x" * 20 + "." * 130, events=events, steps=steps))
    assert (kill.together, other.together) == (("cut",), ("kill",))
    assert kill.series[0].bad == other.series[0].bad == 20


def test_injections_one_after_the_other_are_graded_apart():
    first = injection("kill", begin_s=4.0, heal_s=9.0, recovered_s=12.1)
    second = injection("cut", hit=["etcd-2"], begin_s=13.0, heal_s=19.0, recovered_s=22.0)
    events = [events_of()[0], *first, *second, events_of(end_s=24.0)[-1]]
    steps = [step("kill"), step("cut", fault="cut")]
    text = "." * 42 + "x" * 12 + "." * (REQUESTS - 54)
    kill, cut = costs_of(trial(text, events=events, steps=steps))
    assert kill.together == cut.together == ()
    assert [costs.series[0].bad for costs in (kill, cut)] == [12, 0]
