"""`halab analyze`, `report` and `list` on run directories of every kind."""

from __future__ import annotations

import json

import made_operations
import pytest
from judged_runs import HOLDS, UNKNOWN, VIOLATED, made_run

from reports.document import ReportDocument
from reports.run_list import RunsDocument

RUNS = {
    "holds": ([HOLDS], 0),
    "violated": ([VIOLATED], 1),
    "unknown": ([UNKNOWN], 5),
    "one of each": ([UNKNOWN, VIOLATED, HOLDS], 1),
    "no trials": ([], 5),
}
WORDS = {HOLDS: "holds", VIOLATED: "violated", UNKNOWN: "unknown"}


@pytest.mark.parametrize(("texts", "code"), RUNS.values(), ids=RUNS.keys())
def test_a_run_is_judged_its_report_written_and_its_code_returned(halab, tmp_path, texts, code):
    run = made_run(tmp_path / "run", *texts)
    ended = halab("analyze", run)
    printed = [line.split()[0] for line in ended.out.splitlines() if " e1: " in line]
    assert (ended.code, ended.err) == (code, "")
    assert printed == [WORDS[text] for text in texts]
    assert f"report: {run}/report/index.html" in ended.out
    assert (run / "report/index.html").stat().st_size


@pytest.mark.parametrize(
    ("texts", "code"), [([], 5), ([HOLDS, VIOLATED], 1)], ids=["no trials", "two trials"]
)
def test_as_json_a_run_is_exactly_one_object(halab, tmp_path, texts, code):
    run = made_run(tmp_path / "run", *texts)
    ended = halab("analyze", run, "--json")
    answer = json.loads(ended.out)
    assert (ended.code, ended.err) == (code, "")
    assert answer.keys() == ReportDocument.model_fields.keys()
    assert ReportDocument.model_validate_json((run / "report/report.json").read_bytes())
    assert answer["run"] == str(run)
    assert [(verdict["id"], verdict["verdict"]) for verdict in answer["verdicts"]] == [
        ("e1", WORDS[text]) for text in texts
    ]
    assert all(verdict["note"] for verdict in answer["verdicts"])
    assert len(answer["figures"]) == len(texts)
    assert (run / "report/index.html").exists()


def refuse_constant(name):
    raise AssertionError(f"{name} is no JSON")


def test_figures_that_are_unknown_or_endless_are_null_in_json(halab, tmp_path):
    run = made_run(tmp_path / "run", "." * 21 + "x" * 39)
    ended = halab("analyze", run, "--json")
    (figures,) = json.loads(ended.out, parse_constant=refuse_constant)["figures"]
    assert figures["outage_median_upper_s"] is None
    assert figures["outage_median_lower_s"] > 1


def test_the_probes_of_health_are_left_to_the_report(halab, tmp_path):
    run = made_run(tmp_path / "run", HOLDS)
    path = run / "run.json"
    path.write_text(path.read_text().replace('"read"', '"livez"'))
    ended = halab("analyze", run)
    assert "livez" not in ended.out.split("unknown")[0]


def test_a_run_can_be_judged_again_and_again(halab, tmp_path):
    run = made_run(tmp_path / "run", VIOLATED)
    assert halab("analyze", run) == halab("analyze", run)


def test_an_interrupted_run_is_judged_by_what_it_has(halab, tmp_path):
    run = made_run(tmp_path / "run", HOLDS)
    path = run / "run.json"
    path.write_text(path.read_text().replace('"status": "complete"', '"status": "interrupted"'))
    ended = halab("analyze", run)
    assert ended.code == 5
    assert "the trial is interrupted" in " ".join(ended.out.split())


@pytest.mark.parametrize(("change", "code"), [("good", 0), ("lost", 1), ("doubt", 5)])
def test_a_run_of_operations_is_judged_again_from_its_directory(halab, tmp_path, change, code):
    events, operations, state, reason = made_operations.good()
    if change == "lost":
        state.versions.pop(100)
    if change == "doubt":
        reason = "the fault was not seen"
    run = made_operations.write(tmp_path / "run", (events, operations, state, reason))
    ended = halab("analyze", run, "--json")
    answer = json.loads(ended.out)
    assert (ended.code, answer["kind"]) == (code, "suite")
    assert "made.lost_writes" in {row["figure"] for row in answer["figures"]}


def test_the_report_is_where_it_says_and_the_code_is_not_the_verdicts(halab, tmp_path):
    run = made_run(tmp_path / "run", VIOLATED)
    ended = halab("report", run)
    assert (ended.code, ended.out, ended.err) == (0, f"{run}/report/index.html\n", "")
    assert (run / "report/index.html").exists()
    assert (run / "report/report.md").exists()


def change(**changes):
    def damage(run):
        path = run / "run.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return damage


def write(text):
    return lambda run: (run / "run.json").write_text(text)


UNREADABLE = {
    "no directory": (lambda run: run.rename(run.with_name("gone")), "is no run of halab"),
    "no run.json": (lambda run: (run / "run.json").unlink(), "is no run of halab"),
    "half a run.json": (write('{"schema_version": 4,'), "is no run of halab"),
    "another program's": (write('{"hello": 1}'), "schema None"),
    "no object": (write("[]"), "is no run of halab"),
    "a newer halab's": (change(schema_version=99), "schema 99 is not 4, which this halab reads"),
    "an older halab's": (change(schema_version=1), "schema 1 was written by halab 0.1; read it"),
    "an unknown key": (change(more=1), "is no run of halab"),
}


@pytest.mark.parametrize("command", ["analyze", "report"])
@pytest.mark.parametrize(("damage", "why"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_run_is_one_message_and_nothing_is_written(
    halab, tmp_path, command, damage, why
):
    run = made_run(tmp_path / "run", HOLDS)
    damage(run)
    ended = halab(command, run)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"halab: {run}")
    assert why in ended.err
    assert not (run / "report").exists()


def test_a_torn_trial_is_unknown_and_what_is_missing_is_said(halab, tmp_path):
    run = made_run(tmp_path / "run", HOLDS, HOLDS)
    (run / "trials/0001/samples.parquet").write_bytes(b"PAR1")
    ended = halab("analyze", run)
    assert ended.code == 5
    assert ended.err.startswith("missing: trial 1: samples.parquet is broken")
    printed = [line.split()[0] for line in ended.out.splitlines() if " e1: " in line]
    assert printed == ["holds", "unknown"]
    page = (run / "report/index.html").read_text()
    assert "trial 1: samples.parquet is broken" in page
    assert halab("report", run).code == 0


def test_a_hole_in_the_samples_is_said_on_the_page(halab, tmp_path):
    run = made_run(tmp_path / "run", "." * 20 + " " * 5 + "." * 35)
    assert halab("analyze", run).code == 5
    printed = "5 scheduled probes of read on new connections from worker-1 were not recorded"
    assert printed in (run / "report/index.html").read_text()
    assert printed in (run / "report/report.md").read_text()


@pytest.mark.parametrize("command", ["analyze", "report"])
def test_a_report_that_cannot_be_written_ends_in_3(halab, tmp_path, command):
    run = made_run(tmp_path / "run", HOLDS)
    (run / "report").write_text("a file is in the way")
    ended = halab(command, run)
    assert (ended.code, ended.out) == (3, "")
    assert f"{run}/report" in ended.err


@pytest.mark.parametrize("folder", [".", "nosuch"], ids=["an empty folder", "no folder"])
def test_a_folder_without_runs_lists_nothing(halab, folder):
    ended = halab("list", "--runs-dir", folder)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_list_shows_the_runs_and_names_what_is_none(halab, tmp_path):
    runs = tmp_path / "runs"
    halab("analyze", made_run(runs / "a", HOLDS, VIOLATED))
    change(status="failed")(made_run(runs / "b"))
    (runs / "foreign").mkdir()
    change(schema_version=99)(made_run(runs / "newer"))
    change(seed="many")(made_run(runs / "odd"))
    (runs / "file.txt").write_text("no folder")
    ended = halab("list", "--runs-dir", runs)
    foreign, newer, odd = ended.err.splitlines()
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"{runs}/a  suite  complete  trials: 2  seed: 0  1 holds, 1 violated",
        f"{runs}/b  suite  failed  trials: 0  seed: 0  not judged",
    ]
    assert foreign.startswith(f"{runs}/foreign/run.json is no run of halab")
    assert newer == f"{runs}/newer/run.json: schema 99 is not 4, which this halab reads"
    assert odd.startswith(f"{runs}/odd/run.json is no run of halab: seed")


def test_a_list_as_json_is_one_object_and_a_page_links_the_reports(halab, tmp_path):
    runs = tmp_path / "runs"
    halab("analyze", made_run(runs / "a", HOLDS))
    (runs / "foreign").mkdir()
    ended = halab("list", "--runs-dir", runs, "--json", "--page")
    listed = RunsDocument.model_validate_json(ended.out)
    assert [(each.verdict, bool(each.reason)) for each in listed.runs] == [
        ("holds", False),
        ("unknown", True),
    ]
    page = (runs / "index.html").read_text()
    assert 'href="a/report/index.html"' in page
    assert "is no run of halab" in page


def test_runs_are_looked_for_in_the_folder_runs(halab, tmp_path):
    made_run(tmp_path / "here/runs/a", HOLDS)
    assert halab("list").out == "runs/a  suite  complete  trials: 1  seed: 0  not judged\n"
