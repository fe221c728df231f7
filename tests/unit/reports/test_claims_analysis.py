"""Claims, judged on figures; what has no figure is unknown, and the worst check decides."""

from __future__ import annotations

import math

import pytest

from reports.analysis.claims import analyse_claims
from reports.bracket import NO_EVIDENCE, Bracket, Figure, exact, unknown
from reports.history.claims import ClaimsRecord
from reports.locale.catalogue import text_of
from reports.locale.message import verbatim

MEASURED = verbatim("measured")
TEXT = {"en": "it goes on", "zh": "继续工作"}


def ran(status="complete", **changes):
    return {"kind": "suite", "status": status, **changes}


def record_of(*expectations, table=None, **changes):
    claims = [
        {
            "id": f"C{number}",
            "statement": TEXT,
            "source": {"en": "page 1", "zh": "第 1 页"},
            "expect": checks,
            "notes": {"violated": {"en": "outdated", "zh": "已过时"}},
            "table": table,
        }
        for number, checks in enumerate(expectations, 1)
    ]
    about = {
        "id": "c1",
        "name": "made",
        "title": {"en": "A page", "zh": "某页"},
        "command": "halab claims made --seed 0",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seed": 0,
        "status": "complete",
        "claims": claims,
        "experiments": {"runs": ran(directory="experiments/runs/r1")},
        "versions": {"etcd": "3.7.3"},
        "host": {"cores": "2"},
        "runtime": "netns",
    }
    return ClaimsRecord.model_validate({**about, **changes})


def check(op, value, figure="runs/outage", plus=0.0):
    return {"figure": figure, "op": op, "value": value, "plus": plus}


def judged(figures, *expectations, doubts=None, **changes):
    return analyse_claims(record_of(*expectations, **changes), {"runs": figures}, doubts or {})


def between(lower, upper):
    """Return a figure that lies between two values."""
    return Figure(Bracket(lower, upper), NO_EVIDENCE)


@pytest.mark.parametrize(
    ("figure", "op", "value", "wanted"),
    [
        pytest.param(between(3, 3), "equals", 3, "holds", id="equal"),
        pytest.param(between(3, 3), "equals", 2, "violated", id="not equal"),
        pytest.param(between(2, 4), "equals", 3, "unknown", id="may be equal"),
        pytest.param(between(2, 4), "equals", 5, "violated", id="cannot be equal"),
        pytest.param(between(1, 2), "at_most", 2, "holds", id="surely at most"),
        pytest.param(between(1, 2), "at_most", 1.5, "unknown", id="perhaps at most"),
        pytest.param(between(1, 2), "at_most", 0.5, "violated", id="more"),
        pytest.param(between(1, math.inf), "at_most", 9, "unknown", id="censored"),
        pytest.param(between(1, 2), "at_least", 1, "holds", id="surely at least"),
        pytest.param(between(1, 2), "at_least", 3, "violated", id="less"),
        pytest.param(unknown(verbatim("no evidence")), "at_most", 1, "unknown", id="not measured"),
    ],
)
def test_a_figure_is_held_against_a_number(figure, op, value, wanted):
    (verdict,) = judged({"outage": figure}, [check(op, value)]).verdicts
    assert verdict.verdict == wanted


def test_a_figure_is_held_against_another_one_with_a_margin():
    figures = {"outage": exact(2.1, verbatim("ours")), "theirs": exact(2, verbatim("theirs"))}
    checks = [check("at_most", "runs/theirs"), check("at_most", "runs/theirs", plus=0.2)]
    plain, wide = (judged(figures, [check]).verdicts[0] for check in checks)
    assert (plain.verdict, wide.verdict) == ("violated", "holds")
    assert text_of(wide.deciding.evidence, "en") == "ours; against: theirs"


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        pytest.param("hh", "holds", id="every check holds"),
        pytest.param("hu", "unknown", id="one was not measured"),
        pytest.param("uv", "violated", id="one is violated"),
    ],
)
def test_the_worst_check_decides_and_is_named(kinds, wanted):
    names = {"h": check("equals", 1, "runs/outage"), "v": check("equals", 2, "runs/outage")}
    names["u"] = check("equals", 1, "runs/nothing")
    (verdict,) = judged({"outage": exact(1, MEASURED)}, [names[kind] for kind in kinds]).verdicts
    assert verdict.verdict == wanted
    assert verdict.deciding.verdict == wanted


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, "experiment runs has no figure outage", id="no such figure"),
        pytest.param({"experiments": {}}, "experiment runs was not run", id="no such experiment"),
        pytest.param(
            {"experiments": {"runs": ran("failed", reason="no memory left")}},
            "no memory left",
            id="an experiment that failed",
        ),
        pytest.param(
            {"experiments": {"runs": ran("planned")}},
            "experiment runs was not run",
            id="an experiment that was never begun",
        ),
        pytest.param(
            {"experiments": {"runs": ran("interrupted")}},
            "experiment runs was interrupted",
            id="an experiment that was interrupted",
        ),
    ],
)
def test_what_was_not_measured_is_unknown_and_says_why(changes, reason):
    (verdict,) = judged({}, [check("equals", 1)], **changes).verdicts
    evidence = text_of(verdict.deciding.evidence, "en")
    assert (verdict.verdict, evidence) == ("unknown", reason)


def test_no_other_figure_stands_for_a_name_that_is_not_there():
    checks = [check("equals", 1, "runs/kill-it.dial.old"), check("equals", 1, "runs/kill-it.dial")]
    verdicts = [judged({"kill-it": exact(1, MEASURED)}, [it]).verdicts[0] for it in checks]
    assert [verdict.verdict for verdict in verdicts] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        pytest.param("suite", 2, "unknown", id="a suite that would hold"),
        pytest.param("suite", 3, "unknown", id="a suite that would be violated"),
        pytest.param("splits", 2, "unknown", id="a survey that would hold"),
        pytest.param("tolerance", 3, "violated", id="a survey, whose figures are wide enough"),
    ],
)
def test_nothing_holds_by_a_part_of_an_experiment(kind, value, wanted):
    runs = {"runs": {"kind": kind, "status": "failed", "directory": "experiments/runs/r1"}}
    doubts = {"runs": verbatim("it failed half way")}
    table = {
        "rows": {"runs": TEXT},
        "columns": [{"figure": "outage", "title": {"en": "outage, s", "zh": "中断"}}],
    }
    figures = {"outage": exact(2, MEASURED)}
    against = check("equals", value), check("at_most", "runs/outage", plus=value - 2.0)
    claims = [[it] for it in against]
    verdicts = judged(figures, *claims, experiments=runs, doubts=doubts, table=table).verdicts
    assert verdicts[0].verdict == wanted
    assert verdicts[1].verdict == "unknown"
    assert text_of(verdicts[0].cells[0][0].unknown, "en") == "it failed half way"


def test_a_figure_of_an_experiment_without_evidence_is_unknown_for_its_reason():
    figures = {"kill-it": unknown(verbatim("the machine was too busy"))}
    (verdict,) = judged(figures, [check("equals", 1, "runs/kill-it.dial.old")]).verdicts
    assert text_of(verdict.deciding.evidence, "en") == "the machine was too busy"


def test_the_table_of_a_claim_has_the_figures_of_several_experiments_and_what_is_lacking():
    table = {
        "rows": {"runs": TEXT, "gone": {"en": "gone", "zh": "没有"}},
        "columns": [{"figure": "outage", "title": {"en": "outage, s", "zh": "中断"}}],
    }
    (verdict,) = judged({"outage": exact(2, MEASURED)}, [check("equals", 2)], table=table).verdicts
    ((present,), (absent,)) = verdict.cells
    assert present == exact(2, MEASURED)
    assert text_of(absent.unknown, "en") == "experiment gone was not run"


@pytest.mark.parametrize(
    ("lower", "upper", "hint"),
    [
        pytest.param(0.93, 0.97, "trials: 6; about 25 would decide it", id="more trials decide"),
        pytest.param(0.90, 0.98, "trials: 6; not even 100 would decide it", id="hardly ever"),
    ],
)
def test_an_interval_that_does_not_decide_says_how_many_trials_would(lower, upper, hint):
    figure = Figure(Bracket(lower, upper), verbatim("ours"), trials=6)
    (verdict,) = judged({"outage": figure}, [check("at_least", 0.94)]).verdicts
    assert verdict.verdict == "unknown"
    assert text_of(verdict.deciding.evidence, "en") == f"ours; {hint}"


def test_a_figure_that_is_no_interval_says_nothing_of_trials():
    figure = Figure(Bracket(0.9, 1.0), verbatim("ours"))
    (verdict,) = judged({"outage": figure}, [check("at_least", 0.95)]).verdicts
    assert text_of(verdict.deciding.evidence, "en") == "ours"
