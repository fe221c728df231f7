from __future__ import annotations

import math
import re

import pandas as pd
import pytest
from junitparser import JUnitXml
from made_histories import expectation, history, run_record, trial_record
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.analysis import analyse
from reports.render import write_report
from reports.render.common_words import COMMON_WORDS
from reports.render.figures import bracket, seconds, share
from reports.render.suite_words import SUITE_WORDS
from reports.render.tables import headline

BLIP = "." * 22 + "xxlx" + "." * 34
EXPECT = [
    expectation(id="lenient", value=2.0),
    expectation(id="strict", value=0.1),
    expectation(id="elsewhere", probe="write"),
]


def analysis_of(text=BLIP, **changes):
    record = trial_record(expect=EXPECT, **changes)
    return analyse(run_record([record]), [history(text, record=record)])


@pytest.fixture
def report(tmp_path):
    return write_report(tmp_path, analysis_of()).parent


def test_the_page_stands_alone_and_shows_every_verdict(report):
    page = (report / "index.html").read_text()
    assert not re.search(r'(src|href)="(?!#|data:,)', page), "nothing is fetched from elsewhere"
    for identity, verdict in (("lenient", "holds"), ("strict", "violated")):
        badge = f'<span class="badge {verdict}">{verdict}</span>'
        assert f"<td>{badge}</td><td>{identity}</td>" in page
    assert "1 of 3 expectations about 1 fault did not hold, 1 could not be judged." in page
    assert 'class="failed"' in page
    assert 'class="late"' in page


def test_what_the_page_cannot_do_without_a_script_is_to_zoom(report):
    page = re.sub(r"<script.*?</script>", "", (report / "index.html").read_text(), flags=re.DOTALL)
    for shown in ("The longest interruption", 'class="failed"', "injection begins", "Repeat"):
        assert shown in page


def test_what_users_write_cannot_become_markup(tmp_path):
    words = "</script><script>alert(1)</script>"
    analysis = analysis_of(title=words, hypothesis=words, hit=words, supervision=words)
    analysis.trials[0].samples["master"] = words
    analysis.trials[0].events.append({"t_s": 3.0, "kind": "leader", "node": words, "term": 2})
    page = write_report(tmp_path, analysis, missing=[words]).read_text()
    assert "<script>alert" not in page
    assert "</script><script" not in page
    assert r"\u003c/script\u003e" in page


@pytest.mark.parametrize("lang", SUITE_WORDS)
def test_every_language_has_every_word_and_a_page(tmp_path, lang):
    assert SUITE_WORDS[lang].keys() == SUITE_WORDS["en"].keys()
    assert COMMON_WORDS[lang].keys() == COMMON_WORDS["en"].keys()
    page = write_report(tmp_path, analysis_of(), lang).read_text()
    for key in ("costs", "recovery", "outages", "method"):
        assert f">{SUITE_WORDS[lang][key]}</h2>" in page


def test_the_parquet_tables_are_the_csv_tables(report):
    names = {path.stem for path in report.glob("tables/*.csv")}
    assert names == {path.stem for path in report.glob("tables/*.parquet")}
    for name in names:
        binary = pd.read_parquet(report / f"tables/{name}.parquet")
        assert len(binary) == len(pd.read_csv(report / f"tables/{name}.csv"))


def test_the_csv_tables_have_the_published_columns(report):
    columns = {path.stem: list(pd.read_csv(path).columns) for path in report.glob("tables/*.csv")}
    about = ["trial", "fault", "target", "probe", "worker", "connection"]
    assert columns["outages"] == [*about, "start_s", "lower_s", "upper_s", "censored", "deadline_s"]
    assert columns["degraded"] == [*about, "start_s", "end_s", "good_share"]
    assert columns["recovery"][:6] == ["experiment", "fault", "target", "probe", "connection", "n"]
    assert columns["trials"][:2] == ["trial", "experiment"]


def test_a_censored_outage_has_no_upper_end_in_the_csv(tmp_path):
    report = write_report(tmp_path, analysis_of("." * 25 + "x" * 35)).parent
    (row,) = pd.read_csv(report / "tables/outages.csv").to_dict("records")
    assert row["censored"]
    assert math.isnan(row["upper_s"])


def test_junit_has_one_case_an_expectation(report):
    (suite,) = JUnitXml.fromfile(str(report / "junit.xml"))
    outcomes = {case.name: [type(one).__name__ for one in case.result] for case in suite}
    assert outcomes == {"lenient": [], "strict": ["Failure"], "elsewhere": ["Error"]}


def test_metrics_are_read_by_the_parser_of_prometheus(report):
    families = list(text_string_to_metric_families((report / "metrics.txt").read_text()))
    values = {family.name: family.samples[0].value for family in families}
    assert values["halab_outage_median_lower_seconds"] == pytest.approx(0.3)
    assert values["halab_availability_min_ratio"] == pytest.approx(0.9)


def test_markdown_has_whole_tables(report):
    lines = (report / "report.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert {line.count("|") for line in table} == {4, 15}, "a cell more or less breaks a table"
    assert any(line.startswith("| kill-it | read | new | 1 | 0.30 – 0.50 |") for line in table)


def test_the_numbers_of_the_page_are_those_of_the_csv(report):
    page = (report / "index.html").read_text()
    table = page[page.index('<table id="recovery">') :]
    cells = re.findall(r'<td class="n">([^<]*)</td>', table[: table.index("</table>")])
    figures = pd.read_csv(report / "tables/recovery.csv").iloc[0]
    lower, upper = figures["outage_median_lower_s"], figures["outage_median_upper_s"]
    assert cells[:3] == ["1", f"{lower:.2f} – {upper:.2f}", f"{figures['degraded_median_s']:.2f}"]


@pytest.mark.parametrize(
    ("record", "events"),
    [({"status": "interrupted"}, None), ({"unknown_reason": "no leader", "hit": ""}, [])],
    ids=["interrupted", "nothing injected"],
)
def test_a_trial_that_shows_nothing_still_has_its_place_in_the_report(tmp_path, record, events):
    record = trial_record(**record)
    analysis = analyse(run_record([record]), [history(BLIP, record=record, events=events)])
    page = write_report(tmp_path, analysis).read_text()
    assert 'id="trial-0"' in page
    assert "could not be judged" in page


def test_a_run_without_trials_has_a_report_too(tmp_path):
    analysis = analyse(run_record([], status="interrupted"), [])
    assert "Nothing was judged." in write_report(tmp_path, analysis).read_text()


def test_a_run_in_which_all_holds_says_so():
    record = trial_record(expect=EXPECT[:1])
    analysis = analyse(run_record([record]), [history(BLIP, record=record)])
    assert headline(analysis) == "The one expectation about one fault holds."


def test_figures_are_written_without_claiming_more_than_was_seen():
    assert [share(value) for value in (1.0, 0.99999, 0.5, math.nan)] == [
        "100 %",
        "99.9 %",
        "50.0 %",
        "–",
    ]
    assert [seconds(value) for value in (1.234, math.nan)] == ["1.23", "–"]
    assert [bracket(*one) for one in ((0, 0), (0, 0.2), (1, math.inf))] == [
        "none",
        "0.00 – 0.20",
        "≥ 1.00",
    ]
