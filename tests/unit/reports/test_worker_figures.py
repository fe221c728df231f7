"""Which workers an injection has reached, and the interval of a median over trials."""

from __future__ import annotations

import pytest
from english import english
from made_histories import (
    experiment_record,
    history,
    injection,
    run_record,
    series_of,
    trial_record,
)

from reports.analysis.suite import analyse_suite
from reports.history.events import BaselineBegin, ProbingEnd

# 12 s, ten requests each; the fault is in from 2.1 to 9 s
ONE, TWO = (("read", f"worker-{number}", "new") for number in (1, 2))
GOOD = "." * 120
DEAD = "." * 21 + "x" * 69 + "." * 30
NEARLY = "." * 21 + "x" * 34 + "." + "x" * 34 + "." * 30
STRAY = "." * 50 + "x" + "." * 69
SHORT = "." * 21 + "x" * 45 + "." * 54
HIT = "worker-1/nginx"


def figures(*trials, hit=(HIT,)):
    """Each trial: the lines of the two workers."""
    return analysed([dict(zip((ONE, TWO), trial, strict=True)) for trial in trials], hit)


def analysed(lines, hit):
    experiment = experiment_record(series=series_of(lines[0]), workers=["worker-1", "worker-2"])
    events = [BaselineBegin(0.0), *injection(hit=hit, heal_s=9.0), ProbingEnd(12.0)]
    histories = [
        history(
            of_trial,
            record=trial_record(index=number, number=number),
            experiment=experiment,
            events=events,
        )
        for number, of_trial in enumerate(lines)
    ]
    record = run_record([trial.record for trial in histories], [experiment])
    return analyse_suite(record, histories).figures


def value(found, name):
    return found[f"kill-it.read.new.{name}"].bracket.lower


@pytest.mark.parametrize(
    ("other", "down"),
    [
        pytest.param(GOOD, 1, id="one of two"),
        pytest.param(STRAY, 1, id="a stray request takes nobody down"),
        pytest.param(SHORT, 1, id="less than 5 s"),
        pytest.param(NEARLY, 2, id="a single good request hides nothing"),
        pytest.param(DEAD, 2, id="both"),
    ],
)
def test_a_worker_without_service_is_down(other, down):
    found = figures((DEAD, other))
    assert value(found, "most_workers_down") == value(found, "fewest_workers_down") == down
    evidence = english(found["kill-it.read.new.most_workers_down"].evidence)
    names = "worker-1, worker-2" if down == 2 else "worker-1"
    assert evidence.endswith(f": down for 5 s or longer: {names}")


def test_the_most_and_the_fewest_are_those_of_any_trial():
    found = figures((DEAD, GOOD), (DEAD, DEAD), (GOOD, STRAY))
    assert (value(found, "most_workers_down"), value(found, "fewest_workers_down")) == (2, 0)
    evidence = english(found["kill-it.read.new.fewest_workers_down"].evidence)
    assert evidence.endswith("no worker down for 5 s or longer")


READY = ("node-ready", "worker-1", "direct")
OTHER = ("node-ready", "worker-2", "direct")


@pytest.mark.parametrize(
    ("states", "not_ready", "others"),
    [
        pytest.param((GOOD, GOOD), 0, 0, id="all stay Ready"),
        pytest.param((DEAD, GOOD), 1, 0, id="the node that was hit"),
        pytest.param((GOOD, DEAD), 1, 1, id="another node"),
        pytest.param((DEAD, DEAD), 2, 1, id="both"),
        pytest.param((GOOD, SHORT), 0, 0, id="less than 5 s"),
        pytest.param((DEAD, STRAY.replace("x", "?")), 1, 0, id="one that nobody answered"),
        pytest.param((DEAD.replace("xxx", "x?x"), GOOD), 1, 0, id="not Ready, and unseen between"),
        pytest.param((DEAD, GOOD[:60] + "x" * 60), 2, 1, id="after the heal, too"),
    ],
)
def test_nodes_that_are_not_ready_for_long_are_counted(states, not_ready, others):
    found = figures_of_states(states)
    assert found["kill-it.nodes_not_ready"].bracket.lower == not_ready
    assert found["kill-it.others_not_ready"].bracket.lower == others


def test_a_node_that_nobody_answered_for_is_unknown():
    found = figures_of_states((DEAD, DEAD.replace("x", "?")))
    for name in ("nodes_not_ready", "others_not_ready"):
        reason = "no apiserver answered for the state of worker-2 for 5 s or longer"
        assert english(found[f"kill-it.{name}"].unknown) == reason


def figures_of_states(states):
    lines = {ONE: GOOD, TWO: GOOD, **dict(zip((READY, OTHER), states, strict=True))}
    return analysed([lines], (HIT,))


def test_a_median_needs_six_trials_and_then_has_an_interval():
    name = "kill-it.read.new.median_good_share_during"
    few = figures(*[(DEAD, GOOD)] * 5)[name]
    assert english(few.unknown).endswith("needs 6 trials, measured: 5")
    found = figures(*[(GOOD, GOOD)] * 3, *[(STRAY, GOOD)] * 3)[name]
    assert found.bracket.upper == 1
    assert found.bracket.lower == pytest.approx(1 - 1 / 70, abs=0.001)
    assert found.trials == 6
