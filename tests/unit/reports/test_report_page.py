"""The report of a suite: its page, its Markdown, its tables, and what other programs read."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from junitparser import JUnitXml
from made_analyses import BLIP, EXPECT, OVERLAP, STEPS, analysis_of, overlapping
from made_histories import (
    events_of,
    experiment_record,
    history,
    injection,
    run_record,
    step,
    trial_record,
)
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.analysis.suite import analyse_suite
from reports.history.events import (
    ComponentExit,
    EffectConfirmed,
    EffectMasked,
    Leader,
)
from reports.history.schema import Doubt
from reports.kinds.report import write_report
from reports.kinds.suite import judged_suite
from reports.locale.catalogue import LANGUAGES, words_of
from reports.locale.message import verbatim


def written(directory, analysis, lang="en", missing=()):
    return write_report(directory, judged_suite(analysis, list(missing)), lang)


def page_of(directory, analysis, lang="en", missing=()):
    return written(directory, analysis, lang, missing).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return written(tmp_path_factory.mktemp("run"), analysis_of()).parent


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
    for part in ("The longest interruption", 'class="failed"', "injection begins", "Repeat"):
        assert part in page


def test_what_users_write_cannot_become_markup(tmp_path):
    words = "</script><script>alert(1)</script>"
    texts = dict.fromkeys(("title", "hypothesis", "supervision"), words)
    steps = [step("kill", target=words), step(words)]
    events = [
        *events_of(),
        *injection(words, hit=[words], begin_s=2.5),
        Leader(3.0, words, 2),
    ]
    samples = history(BLIP).samples.assign(master=words)
    experiment = experiment_record(expect=EXPECT, steps=steps, **texts)
    trial = replace(history(BLIP, experiment=experiment, events=events), samples=samples)
    analysis = analyse_suite(run_record([trial.record], [experiment]), [trial])
    page = page_of(tmp_path, analysis, missing=[verbatim(words)])
    assert "<script>alert" not in page
    assert "</script><script" not in page
    assert r"\u003c/script\u003e" in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_a_page(tmp_path, lang):
    page = page_of(tmp_path, analysis_of(), lang)
    for key in ("longest-outages", "recovery", "outages", "measuring"):
        assert f">{words_of(lang)[key]}</h2>" in page


def test_the_parquet_tables_are_the_csv_tables(report):
    names = {path.stem for path in report.glob("tables/*.csv")}
    assert names == {path.stem for path in report.glob("tables/*.parquet")}
    for name in names:
        binary = pd.read_parquet(report / f"tables/{name}.parquet")
        assert len(binary) == len(pd.read_csv(report / f"tables/{name}.csv"))


def test_the_csv_tables_have_the_published_columns(report):
    columns = {path.stem: list(pd.read_csv(path).columns) for path in report.glob("tables/*.csv")}
    about = ["trial", "injection", "fault", "target", "probe", "worker", "connection"]
    assert columns["outages"] == [*about, "start_s", "lower_s", "upper_s", "censored", "deadline_s"]
    assert columns["degraded"] == [*about, "start_s", "end_s", "good_share"]
    assert columns["recovery"][:3] == ["experiment", "injection", "fault"]
    assert columns["trials"][:2] == ["trial", "experiment"]


def test_a_censored_outage_has_an_infinite_upper_end_in_the_csv(tmp_path):
    report = written(tmp_path, analysis_of("." * 25 + "x" * 35)).parent
    (row,) = pd.read_csv(report / "tables/outages.csv").to_dict("records")
    assert row["censored"]
    assert math.isinf(row["upper_s"])
    (recovery,) = pd.read_csv(report / "tables/recovery.csv").to_dict("records")
    assert recovery["all_good_after_heal_median_lower_s"] == pytest.approx(1.9)
    assert math.isinf(recovery["all_good_after_heal_median_upper_s"])
    assert '<td class="n">≥ 1.90</td>' in (report / "index.html").read_text()
    metrics = (report / "metrics.txt").read_text()
    assert re.search(r"halab_all_good_after_heal_median_upper_seconds{.*} \+Inf", metrics)


def test_junit_has_one_case_an_expectation(report):
    (suite,) = JUnitXml.fromfile(str(report / "junit.xml"))
    outcomes = {case.name: [type(result).__name__ for result in case.result] for case in suite}
    assert outcomes == {"lenient": [], "strict": ["Failure"], "elsewhere": ["Error"]}


def test_metrics_are_read_by_the_parser_of_prometheus(report):
    families = list(text_string_to_metric_families((report / "metrics.txt").read_text()))
    values = {family.name: family.samples[0].value for family in families if family.samples}
    assert values["halab_outage_median_lower_seconds"] == pytest.approx(0.3)
    assert values["halab_availability_min_ratio"] == pytest.approx(0.9)


def test_markdown_has_whole_tables(report):
    lines = (report / "report.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert {line.count("|") for line in table} == {4, 6, 15}, "a cell more or less breaks a table"
    assert any(line.startswith("| kill-it | read | new | 1 | 0.30 – 0.50 |") for line in table)


def test_the_numbers_of_the_page_are_those_of_the_csv(report):
    page = (report / "index.html").read_text()
    table = page[page.index('<table id="recovery">') :]
    cells = re.findall(r'<td class="n">([^<]*)</td>', table[: table.index("</table>")])
    figures = pd.read_csv(report / "tables/recovery.csv").iloc[0]
    lower, upper = figures["outage_median_lower_s"], figures["outage_median_upper_s"]
    degraded = f"{figures['degraded_median_lower_s']:.2f}"
    assert cells[:3] == ["1", f"{lower:.2f} – {upper:.2f}", degraded]


DOUBT = Doubt(kind="not-measured", reason="the prober died")


@pytest.mark.parametrize(
    ("record", "events", "reason"),
    [
        ({"status": "interrupted"}, None, "the trial is interrupted"),
        ({"doubt": DOUBT}, [], "measuring failed: the prober died"),
        ({"status": "planned"}, [], "the trial is planned"),
    ],
    ids=["interrupted", "nothing injected", "never begun"],
)
def test_a_trial_that_shows_nothing_still_has_its_place_in_the_report(
    tmp_path, record, events, reason
):
    page = page_of(tmp_path, analysis_of(events=events, record=trial_record(**record)))
    assert 'id="trial-0"' in page
    assert "could not be judged" in page
    assert reason in page


def test_a_run_without_trials_has_a_report_too(tmp_path):
    analysis = analyse_suite(run_record([], status="interrupted"), [])
    assert "Nothing was judged." in page_of(tmp_path, analysis)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_several_injections_are_shaded_named_and_held_to_account(tmp_path, lang):
    page, words = page_of(tmp_path, overlapping(), lang), words_of(lang)
    assert page.count('<rect class="fault confirmed"') == 2
    assert '<rect class="fault confirmed" data-from="3.000" data-to="6.000"' in page
    assert re.findall(r'<text class="name"[^>]*>([\w-]+)</text>', page) == ["kill", "cut"]
    assert f"<td>{words['not-injected']}<small>nobody leads</small></td>" in page
    assert "<td>kill+cut</td>" in page
    assert "<td>cut master:any from etcd:all</td>" in page
    assert "kill-it/cut" in (tmp_path / "report/report.md").read_text(encoding="utf-8")


def test_a_hidden_effect_is_drawn_otherwise_and_named(tmp_path):
    hidden = EffectMasked(3.1, "cut", ["kill"], verbatim("no answer"))
    confirmation = EffectConfirmed(3.1, "cut", verbatim("refused"))
    masked = [hidden if event == confirmation else event for event in OVERLAP]
    page = page_of(tmp_path, analysis_of(events=masked, steps=STEPS))
    assert '<rect class="fault masked"' in page
    assert "hidden by another fault<small>hidden by kill: no answer" in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_outage_that_belongs_to_no_fault_is_called_as_the_text_explains(lang):
    words = words_of(lang)
    assert f"“{words['none']}”" in words["attributed_text"]


def test_of_more_stages_than_letters_new_leaders_are_marked_alone(tmp_path):
    leaders = [Leader(2.5 + n / 10, f"etcd-{n % 3}", n) for n in range(2)]
    events = [*events_of(), *leaders, *(ComponentExit(3.0 + n / 100, "m", "c") for n in range(60))]
    page = page_of(tmp_path, analysis_of(events=sorted(events, key=lambda event: event.t_s)))
    assert page.count('class="letter"') == 2
    assert "<td>60</td>" in page
