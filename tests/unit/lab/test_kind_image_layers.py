"""Layers and archives of images that are made without an engine."""

from __future__ import annotations

import hashlib
import json
import tarfile

import pytest

from lab.runtime.kind.image import archive, file_layers


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n")
    return path


def members(path):
    with tarfile.open(path) as tar:
        return {member.name: member for member in tar}


def test_a_layer_holds_programs_texts_links_and_the_folders_above_them(tmp_path, program):
    files = file_layers.Files(
        programs={"/usr/local/bin/pause": program},
        links={"/usr/sbin/iptables": "xtables-nft-multi"},
        texts={"/etc/passwd": "root:x:0:0::/:\n"},
        folders=("/tmp",),
    )
    layer = file_layers.make(files, tmp_path / "layer.tar")
    found = members(layer.archive)
    assert found["usr/local/bin/pause"].mode == 0o755
    assert found["usr/sbin/iptables"].linkname == "xtables-nft-multi"
    assert found["etc/passwd"].mode == 0o644
    assert (found["tmp"].mode, found["etc"].mode) == (0o1777, 0o755)
    names = list(found)
    assert names.index("usr/local") < names.index("usr/local/bin/pause")
    assert layer.digest == hashlib.sha256(layer.archive.read_bytes()).hexdigest()


def test_programs_of_a_merged_system_lie_where_their_folders_point_to(tmp_path, program):
    files = file_layers.Files(programs={"/lib/x/libc.so.6": program, "/usr/bin/ip": program})
    found = members(file_layers.make(files, tmp_path / "layer.tar").archive)
    assert found["lib"].linkname == "usr/lib"
    assert found["usr/lib/x/libc.so.6"].isreg()
    assert found["usr/bin/ip"].isreg()


def test_links_of_a_root_file_system_are_followed_within_it(tmp_path):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/libx.so.1.2").write_text("x")
    (tmp_path / "usr/lib/libx.so.1").symlink_to("libx.so.1.2")
    (tmp_path / "lib").symlink_to("/usr/lib")
    found = file_layers.inside(tmp_path, "/lib/libx.so.1")
    assert found == tmp_path / "usr/lib/libx.so.1.2"


def test_an_archive_has_every_layer_once_and_says_which_image_has_which(tmp_path, program):
    below, above = (
        file_layers.make(file_layers.Files(programs={path: program}), tmp_path / f"{number}.tar")
        for number, path in enumerate(("/usr/bin/a", "/usr/bin/b"))
    )
    images = [
        archive.Image(("registry/one:1", "registry/one:latest"), (below,), {"Env": ["A=b"]}),
        archive.Image(("registry/two:1",), (below, above), {"Entrypoint": ["/usr/bin/b"]}),
    ]
    archive.write(images, tmp_path / "images.tar")
    names = list(members(tmp_path / "images.tar"))
    assert len(names) == len(set(names)) == 5
    with tarfile.open(tmp_path / "images.tar") as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        one, two = (json.load(tar.extractfile(entry["Config"])) for entry in manifest)
    assert [entry["RepoTags"] for entry in manifest] == [
        ["registry/one:1", "registry/one:latest"],
        ["registry/two:1"],
    ]
    assert [len(entry["Layers"]) for entry in manifest] == [1, 2]
    assert one["config"] == {"Env": ["A=b"]}
    assert two["rootfs"]["diff_ids"] == [f"sha256:{below.digest}", f"sha256:{above.digest}"]


def test_the_same_images_are_the_same_archive(tmp_path, program):
    for name in ("a", "b"):
        files = file_layers.Files(programs={"/usr/bin/p": program})
        layer = file_layers.make(files, tmp_path / f"{name}-layer.tar")
        archive.write([archive.Image(("x:1",), (layer,))], tmp_path / f"{name}.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
