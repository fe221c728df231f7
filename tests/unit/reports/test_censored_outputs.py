"""What was not observed to its end, and what was left out, stands so in every output.

Of three trials one recovered, one was bad to its last probe, and one was not measured.
"""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from english import english
from made_histories import (
    READ,
    events_of,
    experiment_record,
    history,
    run_record,
    series_of,
    trial_record,
)
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.analysis.suite import analyse_suite
from reports.history.schema import Doubt
from reports.kinds.report import write_report
from reports.kinds.suite import judged_suite
from reports.locale.catalogue import LANGUAGES, words_of
from reports.locale.message import verbatim
from reports.render.distribution import distribution
from reports.render.headline import worst_sentence

SECOND = ("read", "worker-2", "new")
WELL, BACK, NEVER_BACK = "." * 60, "." * 22 + "xxxx" + "." * 34, "." * 25 + "x" * 35
REASON = "the prober was starved"
DOUBTS = (
    None,
    Doubt(kind="not-recovered", reason=verbatim("not steady within 40 s")),
    Doubt(kind="not-measured", reason=verbatim(REASON)),
)
NAME = "kill-it.read.new"


@pytest.fixture(scope="module")
def analysis():
    texts = [
        {READ: WELL, SECOND: BACK},
        {READ: NEVER_BACK, SECOND: WELL},
        {READ: WELL, SECOND: WELL},
    ]
    experiment = experiment_record(series=series_of(texts[0]), workers=["worker-1", "worker-2"])
    records = [trial_record(index=n, number=n, doubt=doubt) for n, doubt in enumerate(DOUBTS)]
    trials = [
        history(lines, record=record, experiment=experiment, events=events_of())
        for lines, record in zip(texts, records, strict=True)
    ]
    return analyse_suite(run_record(records, [experiment], trial_count=3), trials)


@pytest.fixture(scope="module")
def report(analysis, tmp_path_factory):
    return write_report(tmp_path_factory.mktemp("run"), judged_suite(analysis, [])).parent


def test_a_figure_has_the_open_end_and_says_how_many_trials_were_left_out(analysis):
    for name in ("degraded_s", "all_good_after_heal_s"):
        figure = analysis.figures[f"{NAME}.{name}"]
        assert math.isinf(figure.bracket.upper), name
        assert figure.bracket.lower > 1.5, name
        assert "2 trials" in english(figure.evidence), name
        assert "left out: 1" in english(figure.evidence), name


def test_a_share_is_that_of_the_worst_worker_of_the_trials_that_were_measured(analysis, report):
    # bad from 2.5 s to the heal at 4.0 s, which is the last of 20 probes since 2.1 s
    share = 4 / 20
    assert analysis.figures[f"{NAME}.good_share_during"].bracket.lower == pytest.approx(share)
    worst = pd.read_csv(report / "tables/worst.csv").set_index("trial")
    assert worst["good_share_during"].to_list() == pytest.approx([16 / 20, share, 1.0])
    (row,) = pd.read_csv(report / "tables/recovery.csv").to_dict("records")
    assert row["good_share_during_median"] == pytest.approx((16 / 20 + share) / 2)


def test_the_table_of_all_formats_counts_what_was_left_out(report):
    (row,) = pd.read_csv(report / "tables/recovery.csv").to_dict("records")
    assert (row["n"], row["left_out"], row["censored"]) == (2, 1, 1)
    assert math.isinf(row["outage_max_upper_s"])
    binary = pd.read_parquet(report / "tables/recovery.parquet").iloc[0]
    assert (binary["n"], binary["left_out"], math.isinf(binary["outage_max_upper_s"])) == (
        2,
        1,
        True,
    )
    families = text_string_to_metric_families((report / "metrics.txt").read_text())
    values = {family.name: family.samples[0].value for family in families if family.samples}
    assert (values["halab_n_trials"], values["halab_left_out_trials"]) == (2, 1)
    (figures,) = json.loads((report / "report.json").read_text())["figures"]
    assert (figures["left_out"], figures["outage_max_upper_s"]) == (1, None)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_count_what_was_left_out(analysis, lang, tmp_path):
    text = words_of(lang)["n_and_left_out"].format(count=2, left_out=1)
    report = write_report(tmp_path, judged_suite(analysis, []), lang).parent
    assert text in (report / "index.html").read_text(encoding="utf-8")
    assert text in (report / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_longest_interruption_is_one_whose_end_was_not_observed(analysis, lang):
    failed = words_of(lang)["failed_open"].format(lower="3.40")
    assert failed in worst_sentence(analysis, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_distribution_draws_a_bar_without_an_end(analysis, lang):
    words, tables = words_of(lang), analysis.tables
    plot = distribution(tables["worst"], tables["recovery"], analysis.record, {}, words)
    [row] = plot.rows
    assert [bar.kind for bar in row.bars] == ["bracket", "censored"]
    assert row.bars[1].tooltip == words["bar_censored"].format(trial=1, lower_s=3.4)


def test_a_grade_says_what_was_left_out_and_why(analysis, report):
    (grade,) = analysis.grades
    assert (grade.n, grade.left_out) == (2, 1)
    assert f"1 left out: {REASON}" in (report / "index.html").read_text()
    (row,) = pd.read_csv(report / "tables/grades.csv").to_dict("records")
    assert (row["n"], row["left_out"]) == (2, 1)
