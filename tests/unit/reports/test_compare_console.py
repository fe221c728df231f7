"""A comparison as texts for a console, in the language that is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_sides import ONE, TWO, side

from reports.compare.comparison import compare
from reports.compare.console import change_table, heading_texts, left_out_texts, verdict_texts
from reports.compare.document import document_of
from reports.locale.message import message, verbatim


@pytest.fixture
def comparison():
    """A side whose trials last longer and end worse, and of which a trial is left out."""
    left_out = message("trial-left-out", run="r1", trial=8, reason=verbatim("EOF"))
    a = replace(side(ONE), verdicts={("kill-it", "e1"): "holds"})
    b = replace(
        side(TWO, deadline_s=2.0), verdicts={("kill-it", "e1"): "violated"}, left_out=[left_out]
    )
    return compare(a, b, [])


TEXTS = {
    "en": (
        ["A: runs, 1 run, 8 trials", "B: runs, 1 run, 8 trials", "differs: deadline_s: 1.0 → 2.0"],
        ["left out: r1, trial 8: EOF"],
        ["kill-it e1: was holds, is violated"],
        ("shown", "worse"),
    ),
    "zh": (
        [
            "A：runs，1 次运行，8 次试验",
            "B：runs，1 次运行，8 次试验",
            "不同之处：deadline_s：1.0 → 2.0",
        ],
        ["不计入：r1，试验 8：EOF"],
        ["kill-it e1：原为成立，现为不成立"],
        ("结果", "变差"),
    ),
}


@pytest.mark.parametrize(("lang", "texts"), TEXTS.items(), ids=TEXTS.keys())
def test_all_texts_are_in_the_language(comparison, lang, texts):
    table = change_table(comparison, lang)
    written = (
        heading_texts(comparison, lang),
        left_out_texts(comparison, lang),
        verdict_texts(comparison, lang),
        (table.columns[-1], table.rows[0][-1]),
    )
    assert written == texts
    assert table.rows[0][:3] == ["kill-it", "write.new.outage.median", "8, 8"]


def test_other_programs_read_english(comparison):
    document = document_of(comparison)
    assert document.differs == ["deadline_s: 1.0 → 2.0"]
    assert document.b.left_out == ["r1, trial 8: EOF"]
