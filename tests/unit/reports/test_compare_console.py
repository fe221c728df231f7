"""A comparison as texts for a console, in the language that is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_sides import ONE, TWO, side

from reports.compare.comparison import compare
from reports.compare.console import (
    change_table,
    heading_texts,
    left_out_texts,
    plan_table,
    plan_texts,
    verdict_texts,
)
from reports.compare.document import document_of, plan_document_of
from reports.compare.limits import parse_amount, parse_limit
from reports.compare.plan import plan_limits
from reports.locale.message import message, verbatim


@pytest.fixture
def comparison():
    """A side whose trials last longer and end worse, and of which a trial is left out."""
    left_out = message("trial-left-out", run="r1", trial=8, reason=verbatim("EOF"))
    a = replace(side(ONE), verdicts={("kill-it", "e1"): "holds"})
    b = replace(
        side(TWO, versions={"etcd": "3.8.0"}),
        verdicts={("kill-it", "e1"): "violated"},
        left_out=[left_out],
    )
    return compare(a, b, [])


NOT_BY_TURNS = (
    "A and B were not run by turns (A B): a machine that drifts looks like a change; "
    "run them A B A B"
)
TEXTS = {
    "en": (
        [
            "A: runs, 1 run, 8 trials",
            "B: runs, 1 run, 8 trials",
            "differs: versions.etcd: 3.7.3 → 3.8.0",
            f"remark: {NOT_BY_TURNS}",
        ],
        ["left out: r1, trial 8: EOF"],
        ["kill-it e1: was holds, is violated"],
        ("shown", "worse"),
    ),
    "zh": (
        [
            "A：runs，1 次运行，8 次试验",
            "B：runs，1 次运行，8 次试验",
            "不同之处：versions.etcd：3.7.3 → 3.8.0",
            "注意：A 与 B 没有轮流运行（A B）：机器的漂移看起来像变化；请按 A B A B 运行",
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
        left_out_texts([comparison.a, comparison.b], lang),
        verdict_texts(comparison, lang),
        (table.columns[-1], table.rows[0][-1]),
    )
    assert written == texts
    assert table.rows[0][:3] == ["kill-it", "write.new.outage", "8, 8"]


def test_other_programs_read_english(comparison):
    document = document_of(comparison)
    assert document.differs == ["versions.etcd: 3.7.3 → 3.8.0"]
    assert document.changes[0].difference.p_value < 0.01
    assert document.changes[1].conclusion == "as measured"
    assert document.b.left_out == ["r1, trial 8: EOF"]


def test_a_change_has_its_interval(comparison):
    cells = change_table(comparison, "en").rows[0]
    assert cells[3:6] == ["1.2 – 1.3", "2.2 – 2.6", "1.15 [0.9, 1.4]"]


@pytest.mark.parametrize(
    ("lang", "columns"),
    [
        ("en", ("to find", "trials a side", "to show none")),
        ("zh", ("要发现", "每侧试验数", "证明无变化")),
    ],
)
def test_a_plan_is_a_table(lang, columns):
    limits = [parse_limit("write.outage > 1.2x")]
    plans = plan_limits(limits, parse_amount("1.5x"), side(ONE))
    table = plan_table(plans, lang)
    assert table.columns[-3:] == columns
    assert table.rows == [["kill-it", "write.outage > 1.2x", "8", "0.114", "1.5x", "6", "6"]]
    assert len(plan_texts(side(ONE), plans, lang)) == 2


def test_what_has_no_plan_has_a_reason():
    limits = [parse_limit("write.outage > 1.2x"), parse_limit("write.new.outage > +1s")]
    plans = plan_limits(limits, None, side([0.1]))
    assert len(plan_texts(side([0.1]), plans, "en")) == 4
    unknown = [plan.unknown for plan in plan_document_of(side([0.1]), plans).limits]
    assert all("2 measured trials of A are needed" in reason for reason in unknown)
    short = plan_limits(limits[:1], None, side([0.1] * 6))
    assert "write a difference" in plan_document_of(side(ONE), short).limits[0].unknown
    assert plan_table(short, "en").rows[0][-1] == "–"
