"""Binaries that are files of a release by their own names: kind's."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from lab.binaries.resolve import resolve
from lab.binaries.versions import KIND_VERSION
from lab.errors import BinaryError

if TYPE_CHECKING:
    from pathlib import Path

    from published import Official

KIND = b"#!/bin/sh\n# the official kind\n" * 1000


@pytest.fixture
def release(official: Official, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of kind on the official server."""
    monkeypatch.setenv("HALAB_KIND_MIRROR", f"{official.url}/kind")
    path = f"/kind/v{KIND_VERSION}/kind-linux-{official.arch}"
    official.files[path] = KIND
    digest = hashlib.sha256(KIND).hexdigest()
    official.files[f"{path}.sha256sum"] = f"{digest}  kind-linux-{official.arch}\n".encode()
    return path


@pytest.mark.usefixtures("release")
def test_kind_is_downloaded_where_it_is_published(home: Path, built: list[str]) -> None:
    path = resolve(["kind"], progress=lambda _: None, home=home).path("kind")
    assert path == home / "bin" / f"kind-{KIND_VERSION}" / "kind"
    assert path.read_bytes() == KIND
    assert path.stat().st_mode & 0o777 == 0o755
    assert built == []


def test_a_kind_with_another_digest_is_refused(
    official: Official, release: str, home: Path, built: list[str]
) -> None:
    official.files[release] = KIND + b"x"
    with pytest.raises(BinaryError, match="wanted SHA-256"):
        resolve(["kind"], progress=lambda _: None, home=home)
    assert built == []


def test_without_a_release_it_is_built(
    official: Official, release: str, home: Path, built: list[str]
) -> None:
    del official.files[release], official.files[f"{release}.sha256sum"]
    resolve(["kind"], progress=lambda _: None, home=home)
    assert built == ["kind"]


def test_what_nobody_publishes_is_built_and_not_looked_for_in_path(
    official: Official, home: Path, empty_path: Path, built: list[str]
) -> None:
    script = empty_path / "pause"
    script.write_text("#!/bin/sh\nexit 9\n")
    script.chmod(0o755)
    path = resolve(["pause", "containerd"], progress=lambda _: None, home=home).path("pause")
    assert path.parent.parent == home / "bin"
    assert sorted(built) == ["containerd", "pause"]
    assert official.asked == []
