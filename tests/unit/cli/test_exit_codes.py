"""Which end of a command is which exit code."""

from __future__ import annotations

import errno
import itertools
import tempfile

import pytest

from chaos.cli.exit_codes import PRECEDENCE, ExitCode, code_of_error, code_of_verdicts, worst
from chaos.errors import ChaosError, InputError, NotConfirmedError
from lab.errors import (
    AgentError,
    BinaryError,
    CleanupError,
    LabError,
    NotCapableError,
    NotReadyError,
    RuntimeUnavailableError,
)
from reports.errors import ReportError

ERRORS = {
    InputError: 2,
    ReportError: 2,
    NotCapableError: 2,
    ChaosError: 3,
    NotConfirmedError: 3,
    LabError: 3,
    AgentError: 3,
    BinaryError: 3,
    NotReadyError: 3,
    RuntimeUnavailableError: 3,
    OSError: 3,
    PermissionError: 3,
    CleanupError: 4,
    ValueError: None,
    AssertionError: None,
    KeyError: None,
}
VERDICTS = {
    "all hold": (["holds", "holds"], 0),
    "one is violated": (["holds", "violated"], 1),
    "one is unknown": (["unknown", "holds"], 5),
    "violated outweighs unknown": (["unknown", "violated", "holds"], 1),
    "none at all": ([], 5),
}


def test_the_codes_are_what_scripts_rely_on():
    assert {code.name: code.value for code in ExitCode} == {
        "HOLDS": 0,
        "VIOLATED": 1,
        "BAD_INPUT": 2,
        "FAILED": 3,
        "LEFT_BEHIND": 4,
        "UNKNOWN": 5,
        "INTERRUPTED": 130,
    }


def test_the_precedence_is_4_130_3_1_5_0():
    assert [int(code) for code in PRECEDENCE] == [4, 130, 3, 1, 5, 0]


@pytest.mark.parametrize(
    ("stronger", "weaker"), list(itertools.pairwise(PRECEDENCE)), ids=lambda code: str(int(code))
)
def test_the_code_that_precedes_is_the_worst_in_any_order(stronger, weaker):
    assert worst([stronger, weaker]) == worst([weaker, stronger]) == stronger


def test_no_codes_at_all_are_unknown():
    assert worst([]) == ExitCode.UNKNOWN


@pytest.mark.parametrize(("verdicts", "code"), VERDICTS.values(), ids=VERDICTS.keys())
def test_the_verdicts_of_a_run_are_its_code(verdicts, code):
    assert code_of_verdicts(verdicts) == code


@pytest.mark.parametrize(("kind", "code"), ERRORS.items(), ids=[kind.__name__ for kind in ERRORS])
def test_every_foreseen_error_has_a_code_and_a_defect_has_none(kind, code):
    assert code_of_error(kind("why")) == code


ENDS = {
    "what is left behind": (CleanupError("process 7 is still there"), 4),
    "a lab that failed": (LabError("no node answers"), 3),
    "a full disk": (OSError(errno.ENOSPC, "No space left on device"), 3),
    "a wrong input": (InputError("no such target"), 2),
}


@pytest.mark.parametrize(("error", "code"), ENDS.values(), ids=ENDS.keys())
def test_an_error_of_a_command_is_one_message_and_its_code(
    halab, abandoned, monkeypatch, error, code
):
    def fail(_):
        raise error

    abandoned("one")
    monkeypatch.setattr("lab.lab.remove_lab", fail)
    ended = halab("down")
    assert (ended.code, ended.out, ended.err) == (code, "", f"halab: {error}\n")


@pytest.fixture
def defect(halab, abandoned, monkeypatch):
    """A command that ends in an error that nobody has foreseen."""

    def fail(_):
        return 1 / 0

    abandoned("one")
    monkeypatch.setattr("lab.lab.remove_lab", fail)
    return lambda: halab("down")


def test_a_defect_of_ours_ends_in_3_and_says_where_it_comes_from(defect, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = defect()
    [kept] = tmp_path.glob("halab-*.traceback")
    shown = "halab: a defect of ours: ZeroDivisionError: division by zero"
    assert (ended.code, ended.out, ended.err) == (3, "", f"{shown}; see {kept}\n")
    assert "in fail\n    return 1 / 0" in kept.read_text(encoding="utf-8")


def test_a_defect_is_shown_as_a_whole_where_nothing_can_be_written(defect, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    monkeypatch.setattr("traceback.format_exception", lambda _: ["where it comes from\n"])
    ended = defect()
    assert ended.code == 3
    assert "where it comes from" in ended.err
