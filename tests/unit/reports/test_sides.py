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

from reports.compare.sides import read_side
from reports.errors import ReportError
from reports.history.events import EffectConfirmed, EffectMasked, NotInjected
from reports.locale.catalogue import text_of
from reports.locale.message import verbatim


def test_an_injection_that_nobody_could_see_is_left_out_and_named(tmp_path):
    hidden = [
        EffectMasked(3.1, "cut", ["kill"], verbatim("dark"))
        if isinstance(event, EffectConfirmed)
        else event
        for event in injection("cut", hit=["etcd-2"], begin_s=3.0)
    ]
    events = [*events_of()[:-1], *hidden, events_of()[-1]]
    steps = [step("kill"), step("cut", fault="cut")]
    record = run_record([trial_record()], [experiment_record(steps=steps)])
    side = read_side(write_run(tmp_path / "r", record, ({READ: "." * 60}, events)))
    assert side.experiments() == ["kill-it/kill"]
    [left_out] = side.left_out
    assert text_of(left_out, "en") == "r1, trial 0, cut: hidden by kill: dark"


def test_an_experiment_keeps_its_name_when_one_of_its_injections_was_not_done(tmp_path):
    steps = [step("kill"), step("cut", fault="cut")]
    record = run_record([trial_record()], [experiment_record(steps=steps)])
    events = [*events_of()[:-1], NotInjected(3.0, "cut", verbatim("no leader")), events_of()[-1]]
    side = read_side(write_run(tmp_path / "r", record, ({READ: "." * 60}, events)))
    assert side.experiments() == ["kill-it/kill"]


def test_where_no_run_is_nothing_is_compared(tmp_path):
    with pytest.raises(ReportError, match="is no run directory, and has none in it"):
        read_side(tmp_path)
