"""`halab tolerance`: what is refused before anything starts, and what a dry run says."""

from __future__ import annotations

import pytest
from made_surveys import survey_record, table

from chaos.cli.conclusion import judge
from reports.history.surveys import SurveyWriter

REFUSED = {
    "a size out of range": (["--sizes", "0-3"], "--sizes 0-3"),
    "an unknown fault": (["--faults", "burn"], "'burn' is none of"),
    "no table": (["--expect", "nosuch.csv"], "cannot read nosuch.csv"),
    "a malformed table": (["--expect", "bad.csv"], "bad.csv:2: 'x' is no number"),
    "one member in two": (["--splits", "--sizes", "1"], "one member cannot be split"),
    "a table for splits": (["--splits", "--expect", "good.csv"], "not with --splits"),
}


@pytest.mark.parametrize(("options", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_input_is_refused_and_nothing_started(halab, tmp_path, options, why):
    (tmp_path / "here/bad.csv").write_text("size,majority,tolerance\n3,x,1\n")
    (tmp_path / "here/good.csv").write_text("size,majority,tolerance\n3,2,1\n")
    ended = halab("tolerance", *options)
    assert (ended.code, ended.out) == (2, "")
    assert why in ended.err
    assert not (tmp_path / "here/runs").exists()


def test_a_dry_run_counts_the_cells(halab, tmp_path):
    ended = halab("tolerance", "--dry-run", "--sizes", "1,3")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"{fault}, {size} members: {2 * size} cells"
        for fault in ("kill", "hang", "isolate")
        for size in (1, 3)
    ]
    ended = halab("tolerance", "--dry-run", "--splits", "--sizes", "1-3")
    assert ended.out.splitlines() == ["2 members: 1 splits", "3 members: 4 splits"]
    assert not (tmp_path / "here/runs").exists()


CODES = {
    "as predicted": ({}, table(), 0),
    "a wrong table": ({"expected": [(4, 2, 1)]}, table(), 1),
    "partial": ({"status": "interrupted"}, table(), 5),
    "nothing measured": ({}, [], 5),
}


@pytest.mark.parametrize(("changes", "cells", "code"), CODES.values(), ids=CODES.keys())
def test_the_exit_code_is_the_verdicts(tmp_path, changes, cells, code):
    writer = SurveyWriter(tmp_path / "run", survey_record(**changes))
    for cell in cells:
        writer.row(cell)
    writer.end(writer.record.status)
    assert judge(tmp_path / "run", "en", as_json=False)[0] == code
