"""What is concluded from known outages: right, wrong, and too disturbed to say."""

from __future__ import annotations

import itertools
import math
import subprocess

import pandas as pd
import pytest

from chaos.errors import ChaosError
from chaos.selftest.known_outage import judged, planned_lanes
from chaos.selftest.known_outages.comparison import Row, rows_of
from chaos.selftest.known_outages.lanes import MODES, measured
from chaos.selftest.known_outages.spans import KINDS, PERIOD_S, QUIET_S, Span, draw
from reports.history.samples import Sample

LENGTH_S = 1.0
PLANNED = 2 * len(KINDS) * len(MODES)


def row(kind="5xx", connection="new", **changes):
    """A row that is right, changed."""
    span = Span("lane-0", kind, 10.0, 10.0, 10.0 + LENGTH_S, 10.0 + LENGTH_S)
    least_s, most_s = span.shown_s(connection)
    bracket = {"lower_s": most_s - 0.03, "upper_s": most_s + 0.03} if most_s else {}
    fields = {
        "outages": 1 if most_s else 0,
        "least_s": least_s,
        "most_s": most_s,
        "lower_s": 0.0,
        "upper_s": 0.0,
        "service_s": 0.003,
        "late_s": 0.001,
        **bracket,
    }
    return Row(span, connection, **{**fields, **changes})


RIGHT = [row(kind, connection) for kind in KINDS for connection in MODES for _ in "ab"]


def test_what_is_planned_has_every_kind_on_each_lane():
    for lane in planned_lanes():
        assert sorted(span.kind for span in lane) == sorted(KINDS)
        quiet_s = [later.begin_s - span.end_s for span, later in itertools.pairwise(lane)]
        assert min(quiet_s) >= QUIET_S


def test_a_seed_draws_the_same_spans_again():
    assert draw("s", "lane-1", 5) == draw("s", "lane-1", 5) != draw("s", "lane-2", 5)


def test_all_inside_holds():
    verdict = judged(RIGHT, 0, PLANNED)
    assert (verdict.id, verdict.verdict) == ("known-outage", "holds")
    assert verdict.note.values["clear"] == PLANNED


@pytest.mark.parametrize(
    "changes",
    [
        {"outages": 0, "lower_s": 0.0, "upper_s": 0.0},
        {"outages": 2},
        {"lower_s": LENGTH_S + 0.1, "upper_s": LENGTH_S + 0.15},
        {"lower_s": LENGTH_S - 0.1, "upper_s": LENGTH_S - 0.01},
        {"upper_s": LENGTH_S + 3 * PERIOD_S},
    ],
    ids=["missed", "invented", "too long", "too short", "too wide"],
)
def test_one_that_is_wrong_violates(changes):
    verdict = judged([*RIGHT[1:], row(**changes)], 0, PLANNED)
    assert verdict.verdict == "violated"
    assert verdict.note.values["count"] == 1


@pytest.mark.parametrize("changes", [{"late_s": 0.1}, {"service_s": 0.1}, {"service_s": math.nan}])
def test_what_the_machine_has_disturbed_decides_nothing(changes):
    wrong = row(outages=0, lower_s=0.0, upper_s=0.0, **changes)
    assert judged([*RIGHT[:-1], wrong], 0, PLANNED).verdict == "holds"


def test_a_kind_that_was_never_undisturbed_is_unknown():
    rows = [row if row.span.kind != "drop" else disturbed() for row in RIGHT]
    verdict = judged(rows, 0, PLANNED)
    assert verdict.verdict == "unknown"
    assert verdict.note.values["kinds"] == "drop"
    assert judged([], 0, PLANNED).verdict == "unknown"


def disturbed():
    return row("drop", late_s=1.0)


def test_an_outage_near_no_span_violates_unless_the_machine_was_disturbed():
    assert judged(RIGHT, 1, PLANNED).verdict == "violated"
    assert judged([*RIGHT[1:], disturbed()], 1, PLANNED).verdict == "unknown"


def test_a_row_that_is_missing_is_no_proof_of_what_is_near_no_span():
    assert judged(RIGHT[1:], 1, PLANNED).verdict == "unknown"


def test_samples_are_compared_with_the_spans_of_their_lane():
    def sample(place):
        at_s = 8 + place * PERIOD_S
        bad = 10.0 <= at_s < 11.0 or place == 200
        answer = ("fail", 503, "http") if bad else ("ok", 200, "")
        return Sample("read", "lane-0", "new", at_s, at_s, at_s + 0.002, *answer, "", 0)

    samples = pd.DataFrame([sample(place) for place in range(250)])
    rows, strays = rows_of(samples, [row().span, Span("lane-1", "5xx", 10.0, 10.0, 11.0, 11.0)])
    assert [(found.outages, found.wrong, found.disturbed) for found in rows] == [(1, False, False)]
    assert strays == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (subprocess.CalledProcessError(1, "unshare", stderr="a\nunshare: no"), "unshare: no"),
        (subprocess.CalledProcessError(1, "unshare", stderr=""), "returned non-zero exit status 1"),
        (subprocess.TimeoutExpired("unshare", 50.0), "not over after 50 s"),
    ],
)
def test_what_cannot_be_measured_is_an_error_with_its_reason(tmp_path, monkeypatch, error, text):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(ChaosError, match=text):
        measured(tmp_path, planned_lanes())
