"""A trial in which the machine had no processor to spare is named, on every page and console."""

from __future__ import annotations

import pytest
from english import english
from made_analyses import analysis_of
from made_histories import events_of, history

from reports.analysis.machine_remarks import processors_scarce
from reports.history.events import MachineCpu
from reports.locale.catalogue import LANGUAGES, words_of
from reports.render.suite import suite_context, suite_sentences


def busy(share):
    return [*events_of(), MachineCpu(6.0, share)]


@pytest.mark.parametrize(("share", "named"), [(0.5, False), (0.919, False), (0.92, True)])
def test_scarce_processors_are_a_remark_and_others_are_none(share, named):
    assert bool(processors_scarce(history("." * 60, events=busy(share)))) is named


def test_the_remark_has_the_share():
    (remark,) = processors_scarce(history("." * 60, events=busy(0.984)))
    assert english(remark).startswith("the processors of this machine were in use for 98 %")


def test_a_run_of_an_older_version_knows_of_no_processors():
    assert processors_scarce(history("." * 60)) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_counts_the_trials(lang):
    scarce, enough = analysis_of(events=busy(0.99)), analysis_of(events=busy(0.5))
    counted = words_of(lang)["scarce-trials"].format(count=1, total=1)
    assert suite_sentences(scarce, lang) == [*suite_sentences(enough, lang), counted]
    assert counted in suite_context(scarce, lang)["more"]
