"""The experiments of claims, run one after the other: a failed one and the rest."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from chaos.claims import runner
from chaos.claims.runner import ClaimsRun
from chaos.claims.schema import ClaimsDocument
from chaos.errors import ChaosError
from chaos.provenance import RunOrder
from lab.errors import CleanupError, LabError, NotCapableError
from reports.history.claims import read_claims
from reports.history.run_header import SCHEMA_VERSION
from reports.locale.message import verbatim

TEXT = {"en": "it goes on", "zh": "继续工作"}
NAMES = ("first", "second", "third")
DOCUMENT = ClaimsDocument.model_validate(
    {
        "name": "mine",
        "title": TEXT,
        "experiments": {name: {"kind": "splits", "sizes": "3"} for name in NAMES},
        "claims": [
            {
                "id": name,
                "statement": TEXT,
                "source": "page 1",
                "expect": [{"figure": f"{name}/x", "op": "equals", "value": 2}],
            }
            for name in NAMES
        ],
    }
)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Make a run of the document whose second experiment fails, and its lines of progress."""
    monkeypatch.setattr(runner, "versions", lambda _: {})

    def make(error=None):
        def create_survey(kind, _sizes, _faults, _expected, order, _progress):
            assert kind == "splits"

            def run():
                planned = read_claims(claims.writer.directory).experiments
                assert set(planned) == set(NAMES), "all of them are recorded before the first"
                if order.runs_dir.name == "second" and error is not None:
                    raise error

            return SimpleNamespace(
                writer=SimpleNamespace(directory=order.runs_dir / "run"), run=run
            )

        monkeypatch.setattr(runner, "create_survey", create_survey)
        lines = []
        claims = ClaimsRun(
            DOCUMENT,
            tmp_path,
            RunOrder(1, 0, "netns", tmp_path / "runs", "halab claims"),
            lines.append,
        )
        return claims, lines

    return make


def states(claims):
    """Return the state of the run and of its experiments, as it is on disk."""
    record = read_claims(claims.writer.directory)
    return record.status, [record.experiments[name].status for name in NAMES]


def test_what_is_planned_and_done_is_in_the_record(made):
    claims, _ = made()
    assert states(claims) == ("interrupted", ["planned"] * 3)
    claims.run()
    assert states(claims) == ("complete", ["complete"] * 3)
    found = read_claims(claims.writer.directory).experiments
    assert [found[name].directory for name in NAMES] == [f"experiments/{n}/run" for n in NAMES]


@pytest.mark.parametrize("kind", [LabError, ChaosError, NotCapableError])
def test_one_that_fails_leaves_the_others_alone(made, kind):
    claims, lines = made(kind("no"))
    claims.run()
    assert states(claims) == ("complete", ["complete", "failed", "complete"])
    assert read_claims(claims.writer.directory).experiments["second"].reason == verbatim("no")
    assert "experiment second failed: no" in lines


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        pytest.param(CleanupError("left"), "failed", id="something is left behind"),
        pytest.param(KeyboardInterrupt(), "interrupted", id="an interrupt"),
        pytest.param(OSError(28, "full"), "failed", id="a full disk"),
    ],
)
def test_what_must_not_be_passed_over_ends_the_run(made, error, ended):
    claims, _ = made(error)
    with pytest.raises(type(error)):
        claims.run()
    assert states(claims) == (ended, ["complete", ended, "planned"])


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (CleanupError("left"), CleanupError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (LabError("no"), OSError),
        (None, OSError),
    ],
    ids=repr,
)
def test_a_full_disk_replaces_neither_an_interrupt_nor_what_is_left(
    made, monkeypatch, error, raised
):
    claims, _ = made(error)
    save, saves = claims.writer.save, iter(range(3))  # the fourth follows the second experiment

    def full():
        if next(saves, None) is None:
            raise OSError(28, "No space left on device")
        save()

    monkeypatch.setattr(claims.writer, "save", full)
    with pytest.raises(raised):
        claims.run()


def test_the_record_is_of_the_present_version(made):
    claims, _ = made()
    content = json.loads((claims.writer.directory / "run.json").read_text(encoding="utf-8"))
    assert (content["schema_version"], content["kind"]) == (SCHEMA_VERSION, "claims")
