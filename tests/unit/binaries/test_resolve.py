"""The order of the places in which binaries are found, and what killed builds left."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from published import ETCD

from lab.binaries import build
from lab.binaries.resolve import resolve
from lab.binaries.versions import BINARIES, ETCD_VERSION, KUBERNETES_VERSION, MODULES
from lab.errors import BinaryError

if TYPE_CHECKING:
    from pathlib import Path

    from published import Official


def install(folder: Path, module: str, version: str) -> None:
    """Scripts that say the version in the ways of the real programs."""
    outputs = {
        "etcd": f"etcd Version: {version}",
        "etcdctl": f"etcdctl version: {version}",
        "etcdutl": f"etcdutl version: {version}",
        "kubectl": f"Client Version: v{version}",
    }
    names = next(m.packages for m in MODULES if m.name == module)
    for name in names:
        script = folder / name
        script.write_text(f"#!/bin/sh\necho '{outputs.get(name, f'Kubernetes v{version}')}'\n")
        script.chmod(0o755)


def test_the_exact_version_in_path_is_used(
    official: Official, home: Path, empty_path: Path, built: list[str], messages: list[str]
) -> None:
    install(empty_path, "etcd", ETCD_VERSION)
    install(empty_path, "kubernetes", KUBERNETES_VERSION)
    binaries = resolve(BINARIES, progress=messages.append, home=home)
    assert {path.parent for path in binaries.paths.values()} == {empty_path}
    assert official.asked == []
    assert built == []


@pytest.mark.parametrize("version", ["3.7.2", f"{ETCD_VERSION}-rc.0", f"1{ETCD_VERSION}"])
def test_another_version_in_path_is_ignored(
    official: Official, home: Path, empty_path: Path, built: list[str], version: str
) -> None:
    install(empty_path, "etcd", version)
    binaries = resolve(BINARIES, progress=lambda _: None, home=home)
    assert binaries.path("etcd").parent == home / "bin" / f"etcd-{ETCD_VERSION}"
    assert official.ranges(official.etcd_archive) == [None]
    assert built == ["kubemark"]


def test_the_cache_comes_before_path(
    official: Official, home: Path, empty_path: Path, built: list[str], messages: list[str]
) -> None:
    cached = resolve(BINARIES, progress=messages.append, home=home)
    install(empty_path, "etcd", ETCD_VERSION)
    official.asked.clear()
    assert resolve(BINARIES, progress=messages.append, home=home) == cached
    assert official.asked == []
    assert built == ["kubemark"]


@pytest.mark.usefixtures("official", "built")
def test_an_unknown_name_is_an_error(home: Path) -> None:
    with pytest.raises(BinaryError, match="kubelet is none of"):
        resolve(BINARIES, progress=lambda _: None, home=home).path("kubelet")


@pytest.mark.usefixtures("built")
def test_a_name_that_is_not_pinned_is_an_error_and_nothing_is_asked(
    official: Official, home: Path
) -> None:
    with pytest.raises(BinaryError, match=r"flannel is none of etcd, etcdctl"):
        resolve(["etcd", "flannel"], progress=lambda _: None, home=home)
    assert official.asked == []


def test_only_what_is_named_is_fetched(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    binaries = resolve(["kubectl"], progress=messages.append, home=home)
    assert set(binaries.paths) == {"kubectl"}
    paths = [path for path, _ in official.asked]
    assert paths == [official.kubernetes("kubectl.sha256"), official.kubernetes("kubectl")]
    assert built == []


def test_an_archive_is_fetched_once_for_all_that_it_holds(
    official: Official, home: Path, built: list[str], messages: list[str]
) -> None:
    assert set(resolve(["etcd"], progress=messages.append, home=home).paths) == {"etcd"}
    resolve(ETCD, progress=messages.append, home=home)
    assert official.ranges(official.etcd_archive) == [None]
    assert built == []


def test_a_binary_in_path_is_used_whatever_else_is_missing(
    official: Official, home: Path, empty_path: Path, built: list[str], messages: list[str]
) -> None:
    install(empty_path, "kubernetes", KUBERNETES_VERSION)
    (empty_path / "kube-scheduler").unlink()
    binaries = resolve(["kubemark", "kube-scheduler"], progress=messages.append, home=home)
    assert binaries.path("kubemark").parent == empty_path
    assert binaries.path("kube-scheduler").parent == home / "bin" / MODULES[1].folder
    assert len(official.asked) == 2
    assert built == []


@pytest.mark.usefixtures("official", "built")
def test_what_killed_builds_left_is_removed(
    home: Path, messages: list[str], tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o755)
    for name in ("build-1", "build-2"):
        modules = home / "bin" / name / "modules"
        modules.mkdir(parents=True)
        (modules / "file").write_text("x")
        (modules / "link").symlink_to(kept)
        modules.chmod(0o500)
    resolve(BINARIES, progress=messages.append, home=home)
    assert not list((home / "bin").glob("build-*"))
    assert len([line for line in messages if "killed builds" in line]) == 1
    assert kept.stat().st_mode & 0o777 == 0o755
    messages.clear()
    resolve(BINARIES, progress=messages.append, home=home)
    assert messages == []


def test_some_names_are_built_into_a_folder_that_exists(
    home: Path, empty_path: Path, messages: list[str]
) -> None:
    # A stand-in for the compiler, which writes what it was to build.
    go = empty_path / "go"
    go.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\n"
        "if sys.argv[1] == 'env':\n    print('{}' if '-json' in sys.argv else 'go1.99.0')\n"
        "else:\n    pathlib.Path(sys.argv[sys.argv.index('-o') + 1]).write_text(sys.argv[-1])\n"
    )
    go.chmod(0o755)
    module = replace(MODULES[0], packages={"etcd": "one", "etcdctl": "two"})
    assert (build.SOURCES / module.name).is_dir()
    target = home / "bin" / module.folder
    target.mkdir(parents=True)
    (target / "etcd").write_text("downloaded")
    build.build_binaries(module, ["etcdctl"], target, messages.append)
    assert (target / "etcd").read_text() == "downloaded"
    assert (target / "etcdctl").read_text() == "two"
    assert not list((home / "bin").glob("build-*"))
