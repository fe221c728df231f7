"""Run directories of every kind, damaged in every way: one message, a foreseen code, no traceback.

A holding verdict of a run that is whole never comes of what is left of it.
"""

from __future__ import annotations

import shutil
from itertools import count

import made_operations
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judged_runs import HOLDS, made_run
from made_surveys import survey_record, table
from test_claims_analysis import record_of
from test_splits_analysis import THREE_WAY, TWO_WAY

from reports.history.claims import ClaimsExperiment
from reports.history.surveys import SurveyWriter
from reports.history.writer import RunWriter


def survey(directory, kind, sizes, rows):
    writer = SurveyWriter(directory, survey_record(kind, sizes, id=directory.name))
    for row in rows:
        writer.row(row)
    writer.end("complete")
    return directory


def claims(directory):
    check = {"figure": "table/tolerance_3", "op": "equals", "value": 1}
    survey(directory / "experiments/table/t1", "tolerance", [3], table([3]))
    ran = ClaimsExperiment(
        kind="tolerance", status="complete", directory="experiments/table/t1"
    ).model_dump()
    RunWriter(directory, record_of([check], experiments={"table": ran})).save()
    return directory


KINDS = {
    "suite": lambda directory: made_run(directory, HOLDS, HOLDS),
    "tolerance": lambda directory: survey(directory, "tolerance", [3], table([3])),
    "splits": lambda directory: survey(directory, "splits", [3, 7], [TWO_WAY, THREE_WAY]),
    "operations": lambda directory: made_operations.write(directory, made_operations.good()),
    "claims": claims,
}
COMMANDS = ("analyze", "report", "list", "compare")
DAMAGES = st.one_of(
    st.just(("delete", 0)),
    st.tuples(st.just("truncate"), st.floats(0, 1)),
    st.tuples(st.just("flip"), st.floats(0, 1)),
    st.sampled_from([("become", text) for text in (b"", b"{}", b"[]", b"null", b"\xff\x00\n{")]),
)


def damage(path, how, where):
    data = bytearray(path.read_bytes())
    if how == "delete":
        path.unlink()
    elif how == "truncate":
        path.write_bytes(data[: int(where * len(data))])
    elif how == "become":
        path.write_bytes(where)
    elif data:
        data[int(where * (len(data) - 1))] ^= 0x55
        path.write_bytes(data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_is_whole_holds(halab, tmp_path, kind):
    ended = halab("analyze", KINDS[kind](tmp_path / "run"))
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_a_traceback_or_goes_unseen(halab, tmp_path, kind):
    whole = KINDS[kind](tmp_path / "whole")
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    numbers = count()

    @settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.sampled_from(files), DAMAGES, st.sampled_from(COMMANDS))
    def check(name, harm, command):
        run = tmp_path / f"runs-{next(numbers)}" / "run"
        shutil.copytree(whole, run)
        damage(run / name, *harm)
        if command == "list":
            assert halab("list", "--runs-dir", run.parent, "--page").code == 0
            return
        ended = halab(command, run, *([run] if command == "compare" else []))
        assert ended.code in {0, 1, 2, 5}
        if ended.code == 2:
            assert ended.err.startswith("halab: ")
            assert str(run) in ended.err
        if harm[0] in {"delete", "become"} and command == "analyze":
            assert ended.code in {2, 5}
            assert ended.err

    check()
