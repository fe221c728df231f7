"""Claims, judged on figures; what has no figure is unknown, and the worst check decides."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from made_histories import READ, events_of, history, marked, run_record, trial_record

from reports.analysis import analyse
from reports.analysis.claims import analyse_claims
from reports.analysis.figures import Figure, exact, unknown
from reports.analysis.suite_figures import suite_figures
from reports.history.claims import ClaimsRecord
from reports.history.schema import SCHEMA_VERSION
from reports.render.claims import headline, write_claims_report

TEXT = {"en": "it goes on", "zh": "继续工作"}


def record_of(*expectations, table=None, **changes):
    claims = [
        {
            "id": f"C{number}",
            "statement": TEXT,
            "source": "page 1",
            "expect": checks,
            "notes": {"violated": {"en": "outdated", "zh": "已过时"}},
            "table": table,
        }
        for number, checks in enumerate(expectations, 1)
    ]
    about = {
        "schema_version": SCHEMA_VERSION,
        "kind": "claims",
        "id": "c1",
        "name": "made",
        "title": {"en": "A page", "zh": "某页"},
        "command": "halab claims made --seed 0",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seed": 0,
        "status": "complete",
        "claims": claims,
        "experiments": {"runs": {"kind": "suite", "directory": "experiments/runs/r1"}},
        "versions": {"etcd": "3.7.3"},
        "host": {"cores": "2"},
        "runtime": "netns",
    }
    return ClaimsRecord.model_validate({**about, **changes})


def check(op, value, figure="runs/outage", plus=0.0):
    return {"figure": figure, "op": op, "value": value, "plus": plus}


def judged(figures, *expectations, **changes):
    return analyse_claims(record_of(*expectations, **changes), {"runs": figures})


@pytest.mark.parametrize(
    ("figure", "op", "value", "wanted"),
    [
        pytest.param(exact(3, ""), "equals", 3, "holds", id="equal"),
        pytest.param(exact(3, ""), "equals", 2, "violated", id="not equal"),
        pytest.param(Figure(2, 4, ""), "equals", 3, "unknown", id="may be equal"),
        pytest.param(Figure(2, 4, ""), "equals", 5, "violated", id="cannot be equal"),
        pytest.param(Figure(1, 2, ""), "at_most", 2, "holds", id="surely at most"),
        pytest.param(Figure(1, 2, ""), "at_most", 1.5, "unknown", id="perhaps at most"),
        pytest.param(Figure(1, 2, ""), "at_most", 0.5, "violated", id="more"),
        pytest.param(Figure(1, math.inf, ""), "at_most", 9, "unknown", id="censored"),
        pytest.param(Figure(1, 2, ""), "at_least", 1, "holds", id="surely at least"),
        pytest.param(Figure(1, 2, ""), "at_least", 3, "violated", id="less"),
        pytest.param(unknown("no evidence"), "at_most", 1, "unknown", id="not measured"),
    ],
)
def test_a_figure_is_held_against_a_number(figure, op, value, wanted):
    (verdict,) = judged({"outage": figure}, [check(op, value)]).verdicts
    assert verdict.verdict == wanted


def test_a_figure_is_held_against_another_one_with_a_margin():
    figures = {"outage": exact(2.1, "ours"), "theirs": exact(2, "theirs")}
    checks = [check("at_most", "runs/theirs"), check("at_most", "runs/theirs", plus=0.2)]
    plain, wide = (judged(figures, [one]).verdicts[0] for one in checks)
    assert (plain.verdict, wide.verdict) == ("violated", "holds")
    assert wide.deciding.evidence == "ours; against: theirs"


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        pytest.param("hh", "holds", id="every check holds"),
        pytest.param("hu", "unknown", id="one was not measured"),
        pytest.param("uv", "violated", id="one is violated"),
    ],
)
def test_the_worst_check_decides_and_is_named(kinds, wanted):
    names = {"h": check("equals", 1, "runs/one"), "v": check("equals", 2, "runs/one")}
    names["u"] = check("equals", 1, "runs/nothing")
    (verdict,) = judged({"one": exact(1, "seen")}, [names[kind] for kind in kinds]).verdicts
    assert verdict.verdict == wanted
    assert verdict.deciding.verdict == wanted


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, "experiment runs has no figure outage", id="no such figure"),
        pytest.param({"experiments": {}}, "experiment runs was not run", id="no such experiment"),
        pytest.param(
            {"experiments": {"runs": {"kind": "suite", "reason": "no memory left"}}},
            "no memory left",
            id="an experiment that failed",
        ),
    ],
)
def test_what_was_not_measured_is_unknown_and_says_why(changes, reason):
    (verdict,) = judged({}, [check("equals", 1)], **changes).verdicts
    assert (verdict.verdict, verdict.deciding.evidence) == ("unknown", reason)


def test_a_figure_of_an_experiment_without_evidence_is_unknown_for_its_reason():
    figures = {"kill-it": unknown("the machine was too busy")}
    (verdict,) = judged(figures, [check("equals", 1, "runs/kill-it.dial.old")]).verdicts
    assert verdict.deciding.evidence == "the machine was too busy"


def figures_of(text, **changes):
    trial = history(text, **changes)
    return suite_figures(analyse(run_record([trial.record]), [trial]))


def test_the_figures_of_a_suite_have_names():
    found = figures_of("." * 22 + "xxxx" + "." * 34)
    outage = found["kill-it.read.new.hold_outage_s"]
    assert (round(outage.lower, 2), round(outage.upper, 2)) == (0.3, 0.5)
    assert found["kill-it.read.new.workers_hit"] == exact(
        1, "kill-it, read on new connections, 1 trial, too few to rely on: hit worker-1"
    )
    assert 0.7 < found["kill-it.read.new.hold_good_share"].lower < 0.9
    assert found["kill-it.masters_before"].lower == 1
    assert found["kill-it.verdict.e1"].lower == 1
    assert found["lab.balancer_nodes"].lower == 0


def test_masters_that_serve_reused_connections_alone_are_counted_and_holders_of_leases_not():
    lines = dict.fromkeys(
        (READ, (READ[0], READ[1], "reused"), ("lease-x", "cluster", "direct")), "." * 60
    )
    samples = marked(lines)
    samples["master"] = samples["connection"].map({"new": "m1", "reused": "m2", "direct": "m3"})
    trial = replace(history("." * 60), samples=samples)
    found = suite_figures(analyse(run_record([trial.record]), [trial]))
    assert found["kill-it.masters_before"].lower == 2


def test_figures_of_a_series_whose_baseline_was_bad_are_unknown():
    found = figures_of("." * 5 + "x" + "." * 54)
    reason = "the baseline was not good, 1 were bad"
    assert found["kill-it.read.new.outage_s"].unknown.endswith(reason)
    assert found["kill-it.read.new.availability"].unknown.endswith(reason)


def test_what_was_bad_before_a_baseline_was_begun_again_counts_for_nothing():
    events = [*events_of(), {"t_s": 0.7, "kind": "baseline_again", "evidence": "read: late"}]
    found = figures_of("." * 5 + "x" + "." * 54, events=events)
    assert not found["kill-it.read.new.outage_s"].unknown
    assert found["kill-it.read.new.outage_s"].upper == 0


def test_what_is_bad_after_the_heal_alone_is_no_outage_of_the_fault():
    found = figures_of("." * 45 + "xxx" + "." * 12)
    assert found["kill-it.read.new.hold_outage_s"].upper == 0
    assert found["kill-it.read.new.workers_hit"].lower == 0
    assert found["kill-it.read.new.outage_s"].upper > 0


def test_a_trial_without_evidence_gives_no_figures():
    found = figures_of("." * 60, record=trial_record(unknown_reason="the agent died"))
    assert found["kill-it.read.new.outage_s"].unknown == "the agent died"
    assert found["kill-it"].unknown == "the agent died"
    assert not found["lab.balancer_nodes"].unknown


def test_a_dial_is_a_figure_and_every_node_must_have_been_answered():
    def dial(node, seen):
        place = {"host": "127.0.0.1", "port": 8080}
        return {"t_s": 1.0, "kind": "dial", "id": "old", "node": node, "seen": seen, **place}

    events = [*events_of(), dial("master-1", "answered"), dial("master-2", "refused")]
    figure = figures_of("." * 60, events=events)["kill-it.dial.old"]
    assert figure.lower == 0
    assert figure.evidence == (
        "master-1 dials 127.0.0.1:8080: answered; master-2 dials 127.0.0.1:8080: refused"
    )


@pytest.mark.parametrize(
    ("then", "moved"), [("master-2", 1), ("master-1", 0)], ids=["another one", "the same"]
)
def test_who_holds_a_lease_at_the_heal_is_compared_with_who_held_it_before(then, moved):
    lease = ("lease-kube-scheduler", "cluster", "direct")
    samples = marked({READ: "." * 60, lease: "." * 22 + "xx" + "." * 36})
    later = (samples["probe"] == lease[0]) & (samples["started_s"] > 2.2)
    samples.loc[later, "master"] = then
    trial = replace(history("." * 60), samples=samples)
    analysis = analyse(run_record([trial.record]), [trial])
    figure = suite_figures(analysis)["kill-it.moved.lease-kube-scheduler"]
    assert figure.lower == moved
    assert f"was held by master-1, then by {then}" in figure.evidence


@pytest.mark.parametrize(
    ("lang", "sentence", "remark"),
    [
        ("en", "1 of 2 statements do not hold as they stand; 1 do.", "outdated"),
        ("zh", "2 条陈述中有 1 条与实测不符，1 条成立。", "已过时"),
    ],
)
def test_the_page_says_what_holds_in_both_languages(tmp_path, lang, sentence, remark):
    figures = {"outage": exact(2, "two <b>seconds</b>")}
    analysis = judged(figures, [check("equals", 2)], [check("equals", 3)])
    assert headline(analysis, lang) == sentence
    page = write_claims_report(tmp_path, analysis, lang).read_text(encoding="utf-8")
    assert sentence in page
    assert remark in page
    assert "two &lt;b&gt;seconds&lt;/b&gt;" in page
    assert 'href="../experiments/runs/r1/report/index.html"' in page
    markdown = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| C2 |" in markdown
    assert (tmp_path / "report" / "claims.json").exists()
    assert (tmp_path / "report" / "tables" / "claims.csv").exists()


def test_a_table_shows_the_figures_of_several_experiments_and_what_is_lacking(tmp_path):
    table = {
        "rows": {"runs": TEXT, "gone": {"en": "gone", "zh": "没有"}},
        "columns": [{"figure": "outage", "title": {"en": "outage, s", "zh": "中断"}}],
    }
    record = record_of([check("equals", 2)], table=table)
    analysis = analyse_claims(record, {"runs": {"outage": exact(2, "seen")}})
    page = write_claims_report(tmp_path, analysis, "en").read_text(encoding="utf-8")
    assert '<td title="seen">2</td>' in page
    assert '<td title="experiment gone was not run">?</td>' in page
