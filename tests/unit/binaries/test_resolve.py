"""The order of the places in which binaries are found, and what killed builds left."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lab.binaries import ETCD_VERSION, KUBERNETES_VERSION, build, resolve
from lab.binaries.versions import MODULES
from lab.errors import BinaryError

if TYPE_CHECKING:
    from pathlib import Path

    from published import Official


def install(folder: Path, module: str, version: str) -> None:
    """Scripts that say the version in the ways of the real programs."""
    said = {
        "etcd": f"etcd Version: {version}",
        "etcdctl": f"etcdctl version: {version}",
        "etcdutl": f"etcdutl version: {version}",
        "kubectl": f"Client Version: v{version}",
    }
    names = next(m.packages for m in MODULES if m.name == module)
    for name in names:
        script = folder / name
        script.write_text(f"#!/bin/sh\necho '{said.get(name, f'Kubernetes v{version}')}'\n")
        script.chmod(0o755)


def test_the_exact_version_in_path_is_used(
    official: Official, home: Path, empty_path: Path, built: list[str], said: list[str]
) -> None:
    install(empty_path, "etcd", ETCD_VERSION)
    install(empty_path, "kubernetes", KUBERNETES_VERSION)
    binaries = resolve(say=said.append, home=home)
    assert {path.parent for path in binaries.paths.values()} == {empty_path}
    assert official.asked == []
    assert built == []


@pytest.mark.parametrize("version", ["3.7.2", f"{ETCD_VERSION}-rc.0", f"1{ETCD_VERSION}"])
def test_another_version_in_path_is_ignored(
    official: Official, home: Path, empty_path: Path, built: list[str], version: str
) -> None:
    install(empty_path, "etcd", version)
    binaries = resolve(say=lambda _: None, home=home)
    assert binaries.path("etcd").parent == home / "bin" / f"etcd-{ETCD_VERSION}"
    assert official.ranges(official.etcd_archive) == [None]
    assert built == ["kubemark"]


def test_the_cache_comes_before_path(
    official: Official, home: Path, empty_path: Path, built: list[str], said: list[str]
) -> None:
    cached = resolve(say=said.append, home=home)
    install(empty_path, "etcd", ETCD_VERSION)
    official.asked.clear()
    assert resolve(say=said.append, home=home) == cached
    assert official.asked == []
    assert built == ["kubemark"]


@pytest.mark.usefixtures("official", "built")
def test_an_unknown_name_is_an_error(home: Path) -> None:
    with pytest.raises(BinaryError, match="kubelet is none of"):
        resolve(say=lambda _: None, home=home).path("kubelet")


@pytest.mark.usefixtures("official", "built")
def test_what_killed_builds_left_is_removed(home: Path, said: list[str], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o755)
    for name in ("build-1", "build-2"):
        modules = home / "bin" / name / "modules"
        modules.mkdir(parents=True)
        (modules / "file").write_text("x")
        (modules / "link").symlink_to(kept)
        modules.chmod(0o500)
    resolve(say=said.append, home=home)
    assert not list((home / "bin").glob("build-*"))
    assert len([line for line in said if "killed builds" in line]) == 1
    assert kept.stat().st_mode & 0o777 == 0o755
    said.clear()
    resolve(say=said.append, home=home)
    assert said == []


def test_some_names_are_built_into_a_folder_that_exists(
    home: Path, empty_path: Path, said: list[str]
) -> None:
    # A stand-in for the compiler, which writes what it was to build.
    go = empty_path / "go"
    go.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\n"
        "if sys.argv[1] == 'env':\n    print('go1.99.0')\n"
        "else:\n    pathlib.Path(sys.argv[sys.argv.index('-o') + 1]).write_text(sys.argv[-1])\n"
    )
    go.chmod(0o755)
    module = replace(MODULES[0], packages={"etcd": "one", "etcdctl": "two"})
    assert (build.SOURCES / module.name).is_dir()
    target = home / "bin" / module.folder
    target.mkdir(parents=True)
    (target / "etcd").write_text("downloaded")
    build.build(module, ["etcdctl"], target, said.append)
    assert (target / "etcd").read_text() == "downloaded"
    assert (target / "etcdctl").read_text() == "two"
    assert not list((home / "bin").glob("build-*"))
