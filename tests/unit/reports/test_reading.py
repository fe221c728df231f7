"""A side of a comparison, read from run directories."""

from __future__ import annotations

import pytest
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

from reports.compare.metrics import parse_metric
from reports.compare.reading import read_side
from reports.errors import ReportError
from reports.history.events import EffectConfirmed, EffectMasked, MachineCpu, NotInjected
from reports.history.schema import Doubt
from reports.locale.catalogue import text_of
from reports.locale.message import verbatim

OUTAGE, RECOVERY = parse_metric("read.outage"), parse_metric("read.recovery")
STEPS = [step("kill"), step("cut", fault="cut")]
LATE = Doubt(kind="not-recovered", reason=verbatim("not steady"))
STARVED = Doubt(kind="not-measured", reason=verbatim("the clients died"))


def made(path, texts, doubts=()):
    """Write a run with a trial a text; `doubts`: of the first of them."""
    doubts = [*doubts, *[None] * (len(texts) - len(doubts))]
    trials = [trial_record(index=n, number=n, doubt=doubt) for n, doubt in enumerate(doubts)]
    record = run_record(trials, [experiment_record()])
    return write_run(path, record, *[({READ: text}, events_of()) for text in texts])


def test_an_injection_that_nobody_could_see_is_left_out_and_named(tmp_path):
    hidden = [
        EffectMasked(3.1, "cut", ["kill"], verbatim("dark"))
        if isinstance(event, EffectConfirmed)
        else event
        for event in injection("cut", hit=["etcd-2"], begin_s=3.0)
    ]
    events = [*events_of()[:-1], *hidden, events_of()[-1]]
    record = run_record([trial_record()], [experiment_record(steps=STEPS)])
    side = read_side(write_run(tmp_path / "r", record, ({READ: "." * 60}, events)))
    counts = {name: side.values(OUTAGE, name).unmeasured for name in side.planned}
    assert counts == {"kill-it/kill": 0, "kill-it/cut": 1}
    [left_out] = side.left_out
    assert text_of(left_out, "en") == "r1, trial 0, cut: hidden by kill: dark"


def test_an_injection_that_was_not_done_is_planned_and_not_measured(tmp_path):
    record = run_record([trial_record()], [experiment_record(steps=STEPS)])
    events = [*events_of()[:-1], NotInjected(3.0, "cut", verbatim("no leader")), events_of()[-1]]
    side = read_side(write_run(tmp_path / "r", record, ({READ: "." * 60}, events)))
    assert list(side.planned) == ["kill-it/kill", "kill-it/cut"]
    assert side.values(OUTAGE, "kill-it/cut").unmeasured == 1


def test_a_trial_that_did_not_recover_stays_without_an_end(tmp_path):
    side = read_side(made(tmp_path / "r", ["." * 20 + "x" * 40, "." * 60], [LATE]))
    values = side.values(OUTAGE, "kill-it")
    assert (len(values), values.unmeasured, values.endless, side.left_out) == (2, 0, 1, [])


def test_trials_with_hardly_enough_processors_are_counted(tmp_path):
    trials = [trial_record(index=n, number=n) for n in range(3)]
    shares = [[*events_of(), MachineCpu(6.0, share)] for share in (0.5, 0.95, 0.99)]
    record = run_record(trials, [experiment_record()])
    run = write_run(tmp_path / "r", record, *[({READ: "." * 60}, events) for events in shares])
    assert read_side(run).scarce == 2


def test_a_trial_that_was_not_measured_counts_as_such(tmp_path):
    side = read_side(made(tmp_path / "r", ["." * 60, "." * 60], [STARVED]))
    values = side.values(OUTAGE, "kill-it")
    assert (len(values), values.unmeasured) == (1, 1)
    assert text_of(side.left_out[0], "en") == "r1, trial 0: the clients died"
    assert (side.trials, side.trials_planned) == (1, 2)


def test_recovery_of_what_stays_bad_has_no_end_and_of_what_never_was_is_none(tmp_path):
    side = read_side(made(tmp_path / "r", ["." * 20 + "x" * 40, "." * 60]))
    values = side.values(RECOVERY, "kill-it")
    assert (values.endless, values.upper[1], values.lower[0] > 1) == (1, 0.0, True)


def test_a_trial_that_was_planned_and_not_run_is_not_measured(tmp_path):
    record = run_record(
        [trial_record(), trial_record(index=1, number=1, status="planned")], [experiment_record()]
    )
    side = read_side(write_run(tmp_path / "r", record, ({READ: "." * 60}, events_of())))
    assert side.values(OUTAGE, "kill-it").unmeasured == 1


def test_a_trial_that_no_plan_names_is_counted_and_named(tmp_path):
    run = made(tmp_path / "r", ["." * 60])
    (run / "trials/0007").mkdir()
    side = read_side(run)
    assert side.unplanned == 1
    assert side.values(OUTAGE, "kill-it").unmeasured >= 1
    assert "0007" in text_of(side.left_out[-1], "en")


def test_where_no_run_is_nothing_is_compared(tmp_path):
    with pytest.raises(ReportError, match="is no run directory, and has none in it"):
        read_side(tmp_path)
