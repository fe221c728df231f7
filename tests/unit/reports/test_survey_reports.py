from __future__ import annotations

import re

import pandas as pd
import pytest
from junitparser import JUnitXml
from made_surveys import cell, survey_record, table
from test_splits_analysis import BOTH, NEVER, ON_BRIDGE, THREE_WAY, TWO_WAY

from reports.analysis.splits import analyse_splits
from reports.analysis.tolerance import analyse_tolerance
from reports.errors import ReportError
from reports.history.tolerance import SurveyWriter, read_splits, read_tolerance
from reports.judging import judge
from reports.render.languages import WORDS
from reports.render.splits import splits_texts, write_splits_report
from reports.render.tolerance import table_texts, write_tolerance_report

LANGUAGES = pytest.mark.parametrize("lang", WORDS)
EXPECTED = [(3, 2, 1), (4, 2, 1)]


def test_both_languages_say_the_same_things():
    assert WORDS["en"].keys() == WORDS["zh"].keys()


def tolerance_page(tmp_path, lang, cells, **changes):
    record = survey_record(sizes=[3, 4], expected=EXPECTED, **changes)
    page = write_tolerance_report(tmp_path, analyse_tolerance(record, cells), lang)
    return page.read_text(encoding="utf-8")


@LANGUAGES
def test_the_table_stands_alone_and_reads_without_colour(tmp_path, lang):
    page = tolerance_page(tmp_path, lang, table([3, 4]))
    assert f'<html lang="{"zh-CN" if lang == "zh" else lang}">' in page
    assert not re.search(r'(src|href)="(?!#|data:,)', page)
    assert WORDS[lang]["title"] in page
    assert page.count('class="wrong"') == 1
    assert "halab tolerance --seed 7" in page
    for size in (3, 4):
        for failed in range(size + 1):
            target = f"cell-{size}-{failed}"
            assert f'href="#{target}"' in page
            assert page.count(f'id="{target}"') == 1


@LANGUAGES
def test_a_partial_survey_says_so_and_what_is_not_known(tmp_path, lang):
    page = tolerance_page(tmp_path, lang, [], status="interrupted")
    assert WORDS[lang]["partial"] in page
    assert WORDS[lang]["no_residual"] in page


@LANGUAGES
@pytest.mark.parametrize(("peer_tls", "said"), [(True, "tls"), (False, "no_tls")])
def test_the_page_says_how_members_were_started(tmp_path, lang, peer_tls, said):
    started = {"peer_tls": peer_tls, "etcd_environment": ["GOGC=400"]}
    page = tolerance_page(tmp_path, lang, table([3, 4]), **started)
    assert f"election_ms = 500, GOGC=400, {WORDS[lang][said]}</dd>" in page


def test_what_a_log_says_cannot_become_markup(tmp_path):
    page = tolerance_page(tmp_path, "en", [cell(3, 0, "unknown", reason="<script>x</script>")])
    assert "<script" not in page


def test_the_csv_tables_have_the_published_columns(tmp_path):
    tolerance_page(tmp_path, "en", table([3, 4]))
    cells = pd.read_csv(tmp_path / "report/tables/tolerance.csv")
    majority = pd.read_csv(tmp_path / "report/tables/majority.csv")
    wanted = ["size", "failed", "leader_failed", "fault", "write", "read", "first_served_s"]
    assert {*wanted, "predicted", "verdict"} <= set(cells.columns)
    assert list(majority["majority_measured"]) == [2, 3]
    assert list(majority["verdict"]) == ["holds", "violated"]
    (suite,) = JUnitXml.fromfile(str(tmp_path / "report/junit.xml"))
    assert (suite.tests, suite.failures) == (5, 1)


def test_the_console_shows_the_table():
    record = survey_record(sizes=[3, 4], expected=EXPECTED)
    lines = table_texts(analyse_tolerance(record, table([3, 4])))
    assert lines[1].split() == ["3", "✓", "✓", "·", "·", "2", "1", "(expected", "2,", "1)"]


@LANGUAGES
def test_splits_are_reported_side_by_side(tmp_path, lang):
    splits = [THREE_WAY, TWO_WAY, ON_BRIDGE, NEVER]
    record = survey_record("splits", [3, 7])
    page = write_splits_report(tmp_path, analyse_splits(record, splits), lang).read_text("utf-8")
    assert WORDS[lang]["splits_title"] in page
    assert "3 + 2 + 2" in page
    assert f"{WORDS[lang]['bridge']}: {WORDS[lang]['served']} 0.40 s" in page
    assert "etcd ended" in page
    assert len(pd.read_csv(tmp_path / "report/tables/splits.csv")) == 8


def test_the_console_shows_every_split():
    lines = splits_texts(analyse_splits(survey_record("splits", [3]), [BOTH]))
    assert lines == [
        "3 = 2+1, leader among the 2: served side a of 2 after 0.40 s, side b of 1 after 0.40 s"
    ]


def test_a_survey_is_read_as_it_was_written_and_a_torn_line_left_out(tmp_path):
    writer = SurveyWriter(tmp_path / "t", survey_record(sizes=[3], status="interrupted"))
    for one in table([3]):
        writer.row(one)
    with (tmp_path / "t/cells.jsonl").open("a") as file:
        file.write('{"size": 3, "fai')
    record, cells = read_tolerance(tmp_path / "t")
    assert (record.status, cells) == ("interrupted", table([3]))
    assert judge(tmp_path / "t").figures["tolerance_3"].lower == 1
    writer.end("complete")
    assert read_tolerance(tmp_path / "t")[0].status == "complete"


def test_the_kinds_are_not_mixed_up(tmp_path):
    writer = SurveyWriter(tmp_path / "s", survey_record("splits", [3]))
    writer.row(TWO_WAY)
    assert read_splits(tmp_path / "s")[1] == [TWO_WAY]
    assert judge(tmp_path / "s").figures["two_served"].lower == 0
    with pytest.raises(ReportError, match="holds splits, not tolerance"):
        read_tolerance(tmp_path / "s")
    SurveyWriter(tmp_path / "t", survey_record())
    with pytest.raises(ReportError, match="holds tolerance, not splits"):
        read_splits(tmp_path / "t")
