"""Files of run directories from others: what is read, what is written, and what is refused."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from reports.history.files import read_regular, require_regular, write_within


def directory(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def link(path):
    target = path.with_name("target")
    target.write_bytes(b"of another")
    path.symlink_to(target)


def link_to_nothing(path):
    path.symlink_to(path.with_name("nothing"))


def link_to_zeros(path):
    path.symlink_to("/dev/zero")


def local_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def sparse(path):
    with path.open("wb") as file:
        file.truncate(1 << 40)


REFUSED = [directory, pipe, link, link_to_nothing, link_to_zeros, local_socket, sparse]


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_only_a_regular_file_of_bounded_size_is_read(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    make(Path("file"))
    with pytest.raises(OSError, match="file") as caught:
        read_regular(Path("file"))
    assert str(caught.value)
    with pytest.raises(OSError, match="file"):
        require_regular(Path("file"), 1 << 30)


def test_a_regular_file_is_read_as_a_whole_up_to_its_bound(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="has 5 bytes, at most 4"):
        read_regular(tmp_path / "file", 4)


def test_a_device_is_not_read():
    with pytest.raises(OSError, match="no regular file"):
        read_regular(Path("/dev/zero"))


@pytest.mark.parametrize("make", [pipe, link, link_to_nothing, link_to_zeros, local_socket, sparse])
def test_what_is_written_takes_the_place_of_whatever_is_there(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(Path("file"))
    write_within(tmp_path, "file", b"new")
    assert not Path("file").is_symlink()
    assert Path("file").read_bytes() == b"new"
    if Path("target").exists():
        assert Path("target").read_bytes() == b"of another"
    assert not Path("nothing").exists()
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.mark.parametrize("name", ["report/index.html", "report/tables/a.csv"])
def test_a_folder_that_is_a_link_is_not_written_into(tmp_path, name):
    elsewhere, run = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    folder = (run / name).parent
    folder.parent.mkdir(parents=True)
    folder.symlink_to(elsewhere)
    with pytest.raises(OSError, match="links are not followed"):
        write_within(run, name, b"text")
    assert list(elsewhere.iterdir()) == []


def test_a_run_directory_itself_may_be_reached_by_a_link(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "latest").symlink_to(tmp_path / "run")
    write_within(tmp_path / "latest", "report/a/b.txt", b"text")
    assert (tmp_path / "run/report/a/b.txt").read_bytes() == b"text"


def test_a_draft_that_cannot_take_its_place_is_removed(tmp_path):
    (tmp_path / "file/below").mkdir(parents=True)
    with pytest.raises(OSError, match="irectory"):
        write_within(tmp_path, "file", b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_written_file_has_the_usual_mode(tmp_path):
    before = os.umask(0o027)
    try:
        write_within(tmp_path, "file", b"text")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
