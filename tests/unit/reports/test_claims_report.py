"""The page of checked claims: what it says in both languages, and of runs that cannot be read."""

from __future__ import annotations

import json
import shutil

import pytest
from made_surveys import survey_record, table
from test_claims_analysis import TEXT, check, record_of

from reports.analysis.claims import analyse_claims
from reports.bracket import exact
from reports.history.claims import ClaimsExperiment
from reports.history.surveys import SurveyWriter
from reports.history.writer import RunWriter
from reports.kinds.claims import judged_claims
from reports.kinds.registry import judge
from reports.kinds.report import write_report
from reports.locale.catalogue import LANGUAGES, text_of, words_of
from reports.locale.message import verbatim
from reports.render.claims import headline


@pytest.mark.parametrize(
    ("lang", "sentence", "remark"),
    [
        ("en", "1 of 2 statements did not hold.", "outdated"),
        ("zh", "2 条陈述中有 1 项不成立。", "已过时"),
    ],
)
def test_the_page_says_what_holds_in_both_languages(tmp_path, lang, sentence, remark):
    figures = {"runs": {"outage": exact(2, verbatim("two <b>seconds</b>"))}}
    analysis = analyse_claims(record_of([check("equals", 2)], [check("equals", 3)]), figures, {})
    assert headline(analysis, lang) == sentence
    page = write_report(tmp_path, judged_claims(analysis), lang).read_text(encoding="utf-8")
    assert sentence in page
    assert remark in page
    assert "two &lt;b&gt;seconds&lt;/b&gt;" in page
    assert 'href="../experiments/runs/r1/report/index.html"' in page
    markdown = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| C2 |" in markdown
    answer = json.loads((tmp_path / "report" / "claims.json").read_text(encoding="utf-8"))
    assert [verdict["verdict"] for verdict in answer["verdicts"]] == ["holds", "violated"]
    assert (tmp_path / "report" / "tables" / "claims.csv").exists()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_wrong_comes_first_then_the_undecided_then_what_holds(tmp_path, lang):
    checks = [check("equals", 2), check("equals", 1, "runs/nothing"), check("equals", 3)]
    figures = {"runs": {"outage": exact(2, verbatim("measured"))}}
    analysis = analyse_claims(record_of(*([check] for check in checks)), figures, {})
    page = write_report(tmp_path, judged_claims(analysis), lang).read_text(encoding="utf-8")
    markdown = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    titles = [words_of(lang)[key] for key in ("claims-violated", "claims-unknown", "claims-hold")]
    for text, head, row in ((page, "{}</h2>", 'id="{}"'), (markdown, "## {}", "| {} |")):
        groups = zip(titles, ("C3", "C2", "C1"), strict=True)
        order = [part for title, name in groups for part in (head.format(title), row.format(name))]
        places = [text.index(part) for part in order]
        assert places == sorted(places)


def test_a_table_shows_the_figures_of_several_experiments_and_what_is_lacking(tmp_path):
    shown = {
        "rows": {"runs": TEXT, "gone": {"en": "gone", "zh": "没有"}},
        "columns": [{"figure": "outage", "title": {"en": "outage, s", "zh": "中断"}}],
    }
    record = record_of([check("equals", 2)], table=shown)
    analysis = analyse_claims(
        record, {"runs": {"outage": exact(2, verbatim("measured twice"))}}, {}
    )
    page = write_report(tmp_path, judged_claims(analysis)).read_text(encoding="utf-8")
    assert '<td title="measured twice">2</td>' in page
    assert '<td title="experiment gone was not run">?</td>' in page


def claims(directory, place="experiments/table/t1", kind="tolerance"):
    """Write a claims run whose one experiment is a tolerance table."""
    writer = SurveyWriter(
        directory / "experiments/table/t1", survey_record("tolerance", [3], id="t1")
    )
    for row in table([3]):
        writer.row(row)
    writer.end("complete")
    experiment = ClaimsExperiment(kind=kind, status="complete", directory=place)
    record = record_of(
        [check("equals", 1, "table/tolerance_3")], experiments={"table": experiment.model_dump()}
    )
    RunWriter(directory, record).save()
    return directory


def test_the_runs_below_are_judged_and_reported_and_nothing_recorded_is_changed(tmp_path):
    run = claims(tmp_path / "run")
    before = {path: path.read_bytes() for path in run.rglob("run.json")}
    write_report(run, judge(run))
    assert [verdict.verdict for verdict in judge(run).verdicts] == ["holds"]
    assert (run / "experiments/table/t1/report/index.html").exists()
    assert {path: path.read_bytes() for path in run.rglob("run.json")} == before


@pytest.mark.parametrize(
    ("place", "kind", "reason"),
    [
        ("..", "tolerance", ".. is not below"),
        (".", "tolerance", ". holds claims, not tolerance"),
        ("experiments/table/t1", "suite", "holds tolerance, not suite"),
        ("experiments/table/t2", "tolerance", "is no run of halab"),
        ("experiments/table/other", "tolerance", "other holds the run t1"),
    ],
)
def test_a_run_that_is_not_what_it_should_be_is_not_followed_and_named(
    tmp_path, place, kind, reason
):
    run = claims(tmp_path / "run", place, kind)
    shutil.copytree(run / "experiments/table/t1", run / "experiments/table/other")
    before = (run / "run.json").read_bytes()
    judged = judge(run)
    assert [verdict.verdict for verdict in judged.verdicts] == ["unknown"]
    assert reason in text_of(judged.missing[0], "en")
    assert reason in write_report(run, judged).read_text(encoding="utf-8")
    assert (run / "run.json").read_bytes() == before
