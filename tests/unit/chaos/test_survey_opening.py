"""A survey's record is on disk before the first cell is measured, and can be read again."""

from __future__ import annotations

import pytest

from chaos.tolerance.opening import open_survey
from lab.spec import PROFILES
from reports.history.tolerance import SurveyRecord


@pytest.mark.parametrize("kind", ["tolerance", "splits"])
def test_what_was_asked_for_is_in_the_record(kind, tmp_path):
    survey = open_survey(
        kind,
        [1, 3],
        ["kill"],
        [],
        trials=2,
        seed=7,
        runs_dir=tmp_path,
        command="halab tolerance",
        runtime="netns",
        say=lambda _: None,
    )
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
    assert "GOMAXPROCS=1" in record.etcd_environment
    assert not record.peer_tls
