"""`halab compare` as a gate: its exit codes, its JSON, what it says of damaged runs."""

from __future__ import annotations

import json

import pytest
import typer.main
from judged_runs import HOLDS, VIOLATED, add_trial, made_run, open_made
from made_surveys import survey_record

from chaos.cli.app import app
from reports.compare.document import CompareDocument, PlanDocument
from reports.compare.metrics import MEASURES
from reports.history.surveys import SurveyWriter

SHORT = "." * 21 + "x" * 5 + "." * 34
GATE = "read.outage > +0.5s"
WIDE = "read.outage > +9s"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Six trials of a short outage in one run, and of a long one in two runs."""
    folder = tmp_path_factory.mktemp("compared")
    for name, text, trials in (
        ("old/r1", SHORT, 6),
        ("new/r1", VIOLATED, 3),
        ("new/r2", VIOLATED, 3),
    ):
        writer = open_made(folder / name)
        for _ in range(trials):
            add_trial(writer, text)
    return folder


def test_two_sides_are_shown_side_by_side_and_without_a_gate_all_is_well(halab, runs):
    ended = halab("compare", runs / "old/r1", runs / "new")
    assert (ended.code, ended.err) == (0, "")
    assert "2 runs, 6 trials" in ended.out
    row = next(line for line in ended.out.splitlines() if "read.new.outage " in line)
    assert row.split()[2:4] == ["6,", "6"]
    assert row.split()[-1] == "worse"
    extreme = next(line for line in ended.out.splitlines() if "read.new.outage.max" in line)
    assert extreme.split()[-2:] == ["as", "measured"]
    assert "remark: A and B were not run by turns" in ended.out


@pytest.mark.parametrize(
    ("gates", "code"),
    [([GATE], 1), ([WIDE], 0), ([WIDE, GATE], 1)],
    ids=["passed", "kept", "one of each"],
)
def test_a_gate_is_the_exit_code(halab, runs, gates, code):
    options = [part for gate in gates for part in ("--fail-on", gate)]
    assert halab("compare", runs / "old", runs / "new", *options).code == code


def test_too_few_trials_are_unknown(halab, runs):
    ended = halab("compare", runs / "old", runs / "new/r1", "--fail-on", GATE)
    assert ended.code == 5
    assert "6 and 3 trials, 6 of each are needed" in ended.out


def test_as_json_a_comparison_is_one_object(halab, runs):
    ended = halab("compare", runs / "old", runs / "new", "--fail-on", GATE, "--json")
    document = CompareDocument.model_validate_json(ended.out)
    assert [verdict.verdict for verdict in document.verdicts] == ["violated"]
    assert document.a.runs == ["r1"]


def test_an_unknown_metric_ends_in_2_with_the_list(halab, runs):
    ended = halab("compare", runs / "old", runs / "new", "--fail-on", "read.speed > 1x")
    assert (ended.code, ended.out) == (2, "")
    assert all(name in ended.err for name in MEASURES)


def test_the_help_names_every_figure():
    command = typer.main.get_command(app).commands["compare"]
    (help_text,) = (each.help for each in command.params if each.name == "fail_on")
    assert all(name in help_text for name in MEASURES)


def test_a_damaged_trial_is_left_out_and_named(halab, tmp_path):
    run = made_run(tmp_path / "run", HOLDS, HOLDS)
    (run / "trials/0001/samples.parquet").write_bytes(b"PAR1")
    ended = halab("compare", run, run, "--json")
    assert ended.code == 0
    assert "left out: r1, trial 1: samples.parquet is broken" in ended.err
    assert json.loads(ended.out)["a"]["trials"] == 1


def test_what_is_no_suite_is_refused(halab, tmp_path):
    SurveyWriter(tmp_path / "t", survey_record()).end("complete")
    ended = halab("compare", tmp_path / "t", tmp_path / "t")
    assert ended.code == 2
    assert "only runs of suites are compared" in ended.err


@pytest.mark.parametrize("statistic", ["max", "min", "median"])
def test_a_limit_on_an_extreme_ends_in_2_with_what_to_write(halab, runs, statistic):
    limit = f"read.outage.{statistic} > 1.2x"
    ended = halab("compare", runs / "old", runs / "new", "--fail-on", limit)
    assert (ended.code, ended.out) == (2, "")
    assert "write read.outage" in ended.err


def test_before_a_run_it_shows_how_many_trials_a_limit_needs(halab, runs):
    ended = halab("compare", runs / "old", "--plan", "read.outage > +0.5s", "--detect", "+1s")
    assert ended.code == 0
    row = next(line for line in ended.out.splitlines() if "read.outage > +0.5s" in line)
    assert row.split()[-3:] == ["+1s", "6", "6"]
    as_json = halab("compare", runs / "old", "--plan", "read.outage > +0.5s", "--json")
    (plan,) = PlanDocument.model_validate_json(as_json.out).limits
    assert (plan.trials, plan.detect, plan.needed_to_find, plan.unknown) == (6, 1.0, 6, "")


REFUSED = {
    "a plan of two sides": ("old", "new", "--plan", GATE),
    "a plan with a gate": ("old", "--plan", GATE, "--fail-on", GATE),
    "what to detect without a plan": ("old", "new", "--detect", "2x"),
    "one side": ("old",),
    "a change of another form": ("old", "--plan", GATE, "--detect", "2x"),
    "a change within the limit": ("old", "--plan", GATE, "--detect", "+0.1s"),
    "a plan of nothing": ("old", "--plan", "other/read.outage > +0.5s"),
    "no change": ("old", "--plan", GATE, "--detect", "much"),
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
def test_what_has_no_plan_ends_in_2(halab, runs, words):
    places = [runs / word if word in ("old", "new") else word for word in words]
    ended = halab("compare", *places)
    assert (ended.code, ended.out) == (2, "")


def test_a_ratio_of_short_outages_is_unknown_and_asks_for_a_difference(halab, runs):
    ended = halab("compare", runs / "old", runs / "new", "--fail-on", "read.outage > 1.2x")
    assert ended.code == 5
    assert "write a difference" in ended.out
