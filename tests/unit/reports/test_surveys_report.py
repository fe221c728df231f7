from __future__ import annotations

import re

import pandas as pd
import pytest
from junitparser import JUnitXml
from made_surveys import cell, survey_record, table
from test_splits_analysis import BOTH, NEVER, ON_BRIDGE, THREE_WAY, TWO_WAY

from reports.errors import ReportError
from reports.history.surveys import SurveyWriter, read_splits, read_tolerance
from reports.kinds.registry import judge
from reports.kinds.report import write_report
from reports.locale.catalogue import LANGUAGES as WRITTEN
from reports.locale.catalogue import words_of

LANGUAGES = pytest.mark.parametrize("lang", WRITTEN)
EXPECTED = [(3, 2, 1), (4, 2, 1)]


def written(directory, record, rows, lang="en"):
    """Write a run directory and its report; return the judged run and its page."""
    survey(directory, record, rows)
    judged = judge(directory)
    return judged, write_report(directory, judged, lang).read_text(encoding="utf-8")


def survey(directory, record, rows):
    writer = SurveyWriter(directory, record)
    for row in rows:
        writer.row(row)
    writer.end(record.status)


def tolerance_page(tmp_path, lang, cells, **changes):
    record = survey_record(sizes=[3, 4], expected=EXPECTED, **changes)
    return written(tmp_path, record, cells, lang)[1]


@LANGUAGES
def test_the_table_stands_alone_and_reads_without_colour(tmp_path, lang):
    page = tolerance_page(tmp_path, lang, table([3, 4]))
    assert f'<html lang="{words_of(lang)["html_lang"]}">' in page
    assert not re.search(r'(src|href)="(?!#|data:,)', page)
    assert words_of(lang)["title_tolerance"] in page
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
    words = words_of(lang)
    assert words["partial"].format(status=words["interrupted"]) in page
    assert words["no_residual"] in page


@LANGUAGES
@pytest.mark.parametrize(("peer_tls", "text"), [(True, "tls"), (False, "no_tls")])
def test_the_page_says_how_members_were_started(tmp_path, lang, peer_tls, text):
    started = {"peer_tls": peer_tls, "environments": {"etcd": ["GOGC=400"]}}
    page, words = tolerance_page(tmp_path, lang, table([3, 4]), **started), words_of(lang)
    assert f"{words['comma'].join(['election_ms = 500', 'GOGC=400', words[text]])}</dd>" in page


def test_what_a_log_says_cannot_become_markup(tmp_path):
    page = tolerance_page(tmp_path, "en", [cell(3, 0, "unknown", reason="<script>x</script>")])
    assert "<script>x" not in page


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


def test_the_console_shows_the_table(tmp_path):
    record = survey_record(sizes=[3, 4], expected=EXPECTED)
    lines = written(tmp_path, record, table([3, 4]))[0].texts("en")
    assert lines[1].split() == ["3", "✓", "✓", "·", "·", "2", "1", "(expected", "2,", "1)"]


def test_the_console_is_in_the_language_that_is_asked_for(tmp_path):
    record = survey_record(sizes=[3, 4], expected=EXPECTED)
    head, row, *_, legend = written(tmp_path, record, table([3, 4]))[0].texts("zh")
    assert "多数派" in head
    assert row.endswith("（文档 2，1）")
    assert "未得到服务" in legend


@LANGUAGES
def test_splits_are_reported_side_by_side(tmp_path, lang):
    splits = [THREE_WAY, TWO_WAY, ON_BRIDGE, NEVER]
    _, page = written(tmp_path, survey_record("splits", [3, 7]), splits, lang)
    words = words_of(lang)
    assert words["title_splits"] in page
    assert "3 + 2 + 2" in page
    served = words["seconds"].format(seconds="0.40")
    assert f"{words['bridge']}{words['colon']}{words['served']} {served}" in page
    assert "etcd ended" in page
    assert len(pd.read_csv(tmp_path / "report/tables/splits.csv")) == 10


def test_the_console_shows_every_split(tmp_path):
    assert written(tmp_path, survey_record("splits", [3]), [BOTH])[0].texts("en") == [
        "3 = 2+1, leader among the 2: served side a of 2 after 0.40 s, side b of 1 after 0.40 s"
    ]


def test_a_survey_that_was_interrupted_is_judged_by_what_it_has(tmp_path):
    record = survey_record(sizes=[3], status="interrupted")
    survey(tmp_path, record, table([3]))
    with (tmp_path / "cells.jsonl").open("a") as file:
        file.write('{"size": 3, "fai')
    assert judge(tmp_path).figures["tolerance_3"].bracket.lower == 1


def test_the_kinds_are_not_mixed_up(tmp_path):
    survey(tmp_path / "s", survey_record("splits", [3]), [TWO_WAY])
    assert read_splits(tmp_path / "s").rows == [TWO_WAY]
    assert judge(tmp_path / "s").figures["two_served"].bracket.lower == 0
    with pytest.raises(ReportError, match="holds splits, not tolerance"):
        read_tolerance(tmp_path / "s")
    survey(tmp_path / "t", survey_record(), [])
    with pytest.raises(ReportError, match="holds tolerance, not splits"):
        read_splits(tmp_path / "t")


def test_a_kind_that_nobody_knows_is_refused(tmp_path):
    survey(tmp_path, survey_record(), [])
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace('"tolerance"', '"campaign"'))
    with pytest.raises(ReportError, match="a run of an unknown kind: campaign"):
        judge(tmp_path)
