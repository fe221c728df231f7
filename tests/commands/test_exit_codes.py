"""Which end of a command is which exit code."""

from __future__ import annotations

import errno
import itertools
import tempfile

import pytest

from chaos.cli.defects import KEPT
from chaos.cli.exit_codes import PRECEDENCE, ExitCode, code_of_error, code_of_verdicts, worst
from chaos.errors import ChaosError, InputError, NotConfirmedError
from lab.afterwards import UncleanInterrupt
from lab.errors import (
    AgentError,
    BinaryError,
    CleanupError,
    LabError,
    NotCapableError,
    NotReadyError,
    RuntimeUnavailableError,
    SettingError,
)
from reports.errors import ReportError

ERRORS = {
    InputError: 2,
    ReportError: 2,
    NotCapableError: 2,
    SettingError: 2,
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
    monkeypatch.setattr("lab.collection.remove_lab", fail)
    ended = halab("down")
    assert (ended.code, ended.out, ended.err) == (code, "", f"halab: {error}\n")


@pytest.fixture
def defect(halab, abandoned, monkeypatch):
    """A command that ends in an error that nobody has foreseen."""

    def fail(_):
        return 1 / 0

    abandoned("one")
    monkeypatch.setattr("lab.collection.remove_lab", fail)
    return lambda: halab("down")


def test_a_defect_of_ours_ends_in_3_and_says_where_it_comes_from(defect, home):
    ended = defect()
    [kept] = (home / "tracebacks").glob("halab-*.traceback")
    shown = "halab: a defect of ours: ZeroDivisionError: division by zero"
    assert (ended.code, ended.out, ended.err) == (3, "", f"{shown}; see {kept}\n")
    assert "in fail\n    return 1 / 0" in kept.read_text(encoding="utf-8")


def test_the_newest_tracebacks_are_kept(defect, home):
    for _ in range(KEPT + 3):
        ended = defect()
    kept = list((home / "tracebacks").iterdir())
    assert len(kept) == KEPT
    assert ended.err.rstrip().rpartition(" ")[2] in map(str, kept)


@pytest.mark.parametrize("state", ["relative", "/proc/nowhere"])
def test_where_there_is_no_state_a_traceback_is_in_the_temporary_folder(
    halab, monkeypatch, tmp_path, state
):
    monkeypatch.setattr("chaos.cli.analyze.judge", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", state)
    ended = halab("analyze", tmp_path)
    [kept] = tmp_path.glob("halab-*.traceback")
    assert (ended.code, str(kept) in ended.err) == (3, True)


def test_a_defect_is_shown_as_a_whole_where_nothing_can_be_written(defect, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    monkeypatch.setattr("traceback.format_exception", lambda _: ["where it comes from\n"])
    ended = defect()
    assert ended.code == 3
    assert "where it comes from" in ended.err


# Typer ends these by itself, in 1, which means violated.
SWALLOWED = {
    "a broken pipe": (BrokenPipeError(errno.EPIPE, "Broken pipe"), 3),
    "a file that ends too early": (EOFError("Compressed file ended"), 3),
    "an interrupt": (KeyboardInterrupt(), 130),
    "an interrupt, and a lab that failed": (UncleanInterrupt([LabError("no agent")]), 130),
    "an interrupt, and what is left": (UncleanInterrupt([CleanupError("process 7")]), 4),
}


@pytest.mark.parametrize(("error", "code"), SWALLOWED.values(), ids=SWALLOWED.keys())
def test_no_error_or_interrupt_ends_as_a_verdict(halab, abandoned, monkeypatch, error, code):
    def fail(_):
        raise error

    abandoned("one")
    monkeypatch.setattr("lab.collection.remove_lab", fail)
    ended = halab("down")
    assert ended.code == code
    assert all(str(failure) in ended.err for failure in getattr(error, "failures", ()))


def test_what_failed_in_the_undoing_stands_below_the_error(halab, abandoned, monkeypatch):
    def fail(_):
        error = LabError("no agent answers")
        error.add_note("a mount is left")
        raise error

    abandoned("one")
    monkeypatch.setattr("lab.collection.remove_lab", fail)
    assert halab("down").err == "halab: no agent answers\n  a mount is left\n"


@pytest.mark.parametrize(
    "argv",
    [["run", "\udcff.yaml"], ["run", "ha-report", "--lb", "x\udcff"], ["down", "\udce4"]],
    ids=ascii,
)
def test_an_argument_that_is_no_text_is_bad_input(halab, argv):
    ended = halab(*argv)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith("is no UTF-8\n")
    assert ended.err.isascii()
