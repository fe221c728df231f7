"""The tarball of etcd: only its three regular files are taken, anything odd is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from published import make_tarball

from lab.binaries.resolve import resolve
from lab.binaries.versions import BINARIES
from lab.errors import BinaryError

if TYPE_CHECKING:
    from pathlib import Path

    from published import Official


def refused(official: Official, home: Path, built: list[str], archive: bytes) -> str:
    official.publish_etcd(archive)
    with pytest.raises(BinaryError) as caught:
        resolve(BINARIES, progress=lambda _: None, home=home)
    assert built == []
    assert not list(home.rglob("*.part"))
    assert not list(home.rglob("etcd"))
    return str(caught.value)


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "STEM/../../../evil"])
def test_a_member_that_leaves_the_folder_is_refused(
    official: Official, home: Path, built: list[str], name: str
) -> None:
    stem = official.etcd_stem
    members: dict[str, bytes | str] = {f"{stem}/{n}": b"x" for n in ("etcd", "etcdctl", "etcdutl")}
    archive = make_tarball({**members, name.replace("STEM", stem): b"evil"})
    assert "would leave the folder" in refused(official, home, built, archive)
    assert not list(home.parent.rglob("evil"))


def test_a_missing_member_is_refused(official: Official, home: Path, built: list[str]) -> None:
    stem = official.etcd_stem
    archive = make_tarball({f"{stem}/etcd": b"x", f"{stem}/etcdctl": b"x"})
    assert f"it lacks {stem}/etcdutl" in refused(official, home, built, archive)


def test_a_link_is_refused(official: Official, home: Path, built: list[str]) -> None:
    stem = official.etcd_stem
    archive = make_tarball(
        {f"{stem}/etcd": "/bin/sh", f"{stem}/etcdctl": b"x", f"{stem}/etcdutl": b"x"}
    )
    assert "etcd is no regular file" in refused(official, home, built, archive)


def test_no_tarball_is_refused(official: Official, home: Path, built: list[str]) -> None:
    assert "is refused" in refused(official, home, built, b"no tarball at all")


def test_a_cut_tarball_is_refused(official: Official, home: Path, built: list[str]) -> None:
    whole = official.files[official.etcd_archive]
    assert "is refused" in refused(official, home, built, whole[: len(whole) // 2])
