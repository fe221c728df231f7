"""Downloads that broke off: what is resumed, started again, retried and given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from published import assert_official, content, part

from lab.binaries.resolve import resolve
from lab.binaries.versions import BINARIES
from lab.errors import BinaryError

if TYPE_CHECKING:
    from pathlib import Path

    from published import Official


def test_a_part_is_resumed(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    part(home, "kubernetes", "kubectl", content("kubectl")[:1000])
    archive = official.files[official.etcd_archive]
    part(home, "etcd", f"{official.etcd_stem}.tar.gz", archive[:100])
    resolve(BINARIES, progress=messages.append, home=home)
    assert official.ranges(official.kubernetes("kubectl")) == ["bytes=1000-"]
    assert official.ranges(official.etcd_archive) == ["bytes=100-"]
    assert_official(home, built)


def test_a_server_that_ignores_range_is_started_again(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    official.ignore_range = True
    part(home, "kubernetes", "kubectl", b"x" * 1000)
    resolve(BINARIES, progress=messages.append, home=home)
    assert official.ranges(official.kubernetes("kubectl")) == ["bytes=1000-"]
    assert_official(home, built)


def test_a_part_as_long_as_the_file_is_started_again(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    size = len(content("kubectl"))
    part(home, "kubernetes", "kubectl", b"x" * size)
    resolve(BINARIES, progress=messages.append, home=home)
    assert official.ranges(official.kubernetes("kubectl")) == [f"bytes={size}-", None]
    assert_official(home, built)


def test_one_truncation_is_resumed(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    path = official.kubernetes("kubectl")
    official.truncate[path] = 1
    resolve(BINARIES, progress=messages.append, home=home)
    assert official.ranges(path) == [None, f"bytes={len(content('kubectl')) // 2}-"]
    assert any("broke off" in line for line in messages)
    assert_official(home, built)


def test_three_truncations_fail_and_the_next_command_resumes(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    path = official.kubernetes("kubectl")
    official.truncate[path] = 3
    with pytest.raises(BinaryError, match=f"{path} broke off after"):
        resolve(BINARIES, progress=messages.append, home=home)
    assert len(official.ranges(path)) == 3
    assert built == []
    resolve(BINARIES, progress=messages.append, home=home)
    assert official.ranges(path)[-1] is not None
    assert_official(home, built)


def test_a_busy_server_is_asked_again(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    path = official.kubernetes("kubectl")
    official.busy[path] = 2
    resolve(BINARIES, progress=messages.append, home=home)
    assert official.ranges(path) == [None, None, None]
    assert_official(home, built)


def test_what_a_server_is_too_busy_for_is_built(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    path = official.kubernetes("kubectl")
    official.busy[path] = 99
    resolve(BINARIES, progress=messages.append, home=home)
    assert len(official.ranges(path)) == 3
    assert sorted(built) == ["kubectl", "kubemark"]
    assert any(f"{path}: HTTP 503" in line for line in messages)
