"""A survey's record is on disk before the first cell is measured, and can be read again."""

from __future__ import annotations

import pytest

from chaos.provenance import RunOrder
from chaos.survey.record import create_survey
from lab.spec import PROFILES
from reports.history.surveys import SurveyRecord, read_splits, read_tolerance, unmeasured
from reports.locale.catalogue import text_of
from reports.locale.message import verbatim


@pytest.mark.parametrize("kind", ["tolerance", "splits"])
def test_what_was_asked_for_is_in_the_record(kind, tmp_path):
    survey = create_survey(
        kind,
        [1, 3],
        ["kill"],
        [],
        RunOrder(2, 7, "netns", tmp_path, "halab tolerance"),
        progress=lambda _: None,
    )
    survey.writer.row(unmeasured(survey.writer.record.planned[0], verbatim("not measured")))
    [path] = tmp_path.glob("*/run.json")
    record = SurveyRecord.model_validate_json(path.read_text())
    assert record == survey.writer.record
    assert (record.sizes, record.trials, record.seed, record.status) == (
        [1, 3],
        2,
        7,
        "interrupted",
    )
    assert record.timeouts["election_ms"] == PROFILES["brisk"].election_ms
    assert "GOMAXPROCS=1" in record.environments["etcd"]
    assert record.name == record.kind == kind
    planned = 2 * (2 + 6) if kind == "tolerance" else 2 * 4
    assert len(record.planned) == planned
    assert {plan.trial for plan in record.planned} == {0, 1}
    assert not record.peer_tls
    survey.writer.end("complete")
    read = (read_splits if kind == "splits" else read_tolerance)(path.parent)
    assert read.record.status == "complete"
    assert [row.reason for row in read.rows] == [verbatim("not measured")]
    assert read.damage == []
    [missing] = read.missing
    assert text_of(missing, "en").startswith(
        f"{planned - 1} of {planned} that were planned are not there"
    )
