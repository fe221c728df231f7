"""Where halab keeps files, and which places are refused before anything is done."""

from __future__ import annotations

import os
import pwd
from types import SimpleNamespace

import pytest

from lab import directories
from lab.directories import cache_home, check_homes, check_writable, state_home
from lab.errors import RuntimeUnavailableError, SettingError

HOMES = pytest.mark.parametrize(
    ("variable", "home"), [("XDG_STATE_HOME", state_home), ("XDG_CACHE_HOME", cache_home)]
)


@HOMES
def test_a_folder_of_the_user_is_taken_as_it_is(monkeypatch, tmp_path, variable, home):
    monkeypatch.setenv(variable, str(tmp_path))
    assert home() == tmp_path / "halab"


@HOMES
@pytest.mark.parametrize("value", ["state", "./state", "~/state", "../x"])
def test_a_relative_path_is_refused(monkeypatch, variable, home, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=f"{variable}={value}: must be an absolute path"):
        home()


@HOMES
def test_a_relative_home_is_refused(monkeypatch, variable, home):
    monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", "here")
    with pytest.raises(SettingError, match="HOME=here: must be an absolute path"):
        home()


@HOMES
def test_a_user_without_a_home_is_told_what_to_set(monkeypatch, variable, home):
    def nobody(_):
        raise KeyError("uid not found")

    monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(SettingError, match=f"set HOME or {variable}"):
        home()


def test_a_folder_is_tried_and_nothing_is_left(tmp_path):
    check_writable(tmp_path / "not" / "yet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
def test_where_nothing_can_be_made_is_noticed(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"Not a directory|No such file"):
        check_writable(tmp_path / place)


@pytest.mark.parametrize("variable", ["XDG_STATE_HOME", "XDG_CACHE_HOME"])
def test_a_home_that_cannot_be_written_is_refused_with_the_way_out(monkeypatch, tmp_path, variable):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    check_homes()
    monkeypatch.setenv(variable, "/proc/nowhere")
    with pytest.raises(RuntimeUnavailableError, match=f"{variable} names another place"):
        check_homes()


def test_a_cache_that_no_program_may_be_started_from_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    noexec = SimpleNamespace(f_flag=os.ST_NOEXEC)
    monkeypatch.setattr(directories.os, "statvfs", lambda _: noexec)
    with pytest.raises(RuntimeUnavailableError, match="mounted noexec"):
        check_homes()
