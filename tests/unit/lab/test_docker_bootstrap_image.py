"""Images made by debootstrap: signatures are checked, and nothing is left, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_child_process import gone

from lab import owner_lock
from lab.readiness import wait_until
from lab.runtime.docker import bootstrap_image, image_scratch, node_image

ROOT = Path(__file__).parents[3]
# Stands for debootstrap: it works in its target, for ever, as a process and a child.
ENDLESS = """#!/bin/sh
eval target='"$'$(($# - 1))'"'
mkdir -p "$target"
echo "pid $$"
while :; do date >"$target/file"; sleep 0.05; done
"""
MAKER = """
import signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from lab.runtime.docker import bootstrap_image, image_scratch

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupt)
image_scratch.PARENT = Path({parent!r})
bootstrap_image.make(None, lambda line: print(line, flush=True))
"""


@pytest.fixture
def parent(tmp_path, monkeypatch):
    monkeypatch.setattr(image_scratch, "PARENT", tmp_path / "tmp")
    image_scratch.PARENT.mkdir()
    return image_scratch.PARENT


@pytest.fixture
def maker(tmp_path, parent):
    """A command in the middle of a build, and a way to wait until nothing works there."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "debootstrap").write_text(ENDLESS)
    (programs / "debootstrap").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    code = MAKER.format(root=str(ROOT), parent=str(parent))
    argv = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, env=environment, stdout=pipe, stderr=pipe) as process:
        assert process.stdout.readline().startswith(b"debootstrap: pid ")
        wait_until("work", lambda: "" if list(parent.glob("*/root/file")) else "none", 10)
        yield process
        process.kill()


def at_work(parent):
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True
    )
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if str(parent) in line]


def test_what_a_signal_interrupts_ends_with_its_children_and_leaves_nothing(parent, maker):
    assert at_work(parent)
    maker.send_signal(signal.SIGTERM)
    maker.wait(20)
    gone(at_work(parent))
    assert list(parent.iterdir()) == []


def test_what_is_killed_ends_with_its_children_and_is_collected(parent, maker):
    (folder,) = parent.iterdir()
    assert image_scratch.collect(dry_run=False) == [], "somebody works there"
    maker.kill()
    maker.wait()

    def still_held():  # by what debootstrap started, too, whose arguments name no folder
        found = image_scratch.collect(dry_run=True)
        return "" if [left.item for left in found] == [str(folder)] else str(found)

    wait_until("the end of all that works there", still_held, 10)
    assert at_work(parent) == []
    assert folder.exists()
    assert len(image_scratch.collect(dry_run=False)) == 1
    assert list(parent.iterdir()) == []


def test_a_folder_is_not_collected_while_a_child_of_its_owner_works_there(parent):
    path, lock = owner_lock.hold_directory(parent, image_scratch.PREFIX)
    child = subprocess.Popen(["sleep", "1000"], pass_fds=[lock])
    os.close(lock)
    assert image_scratch.collect(dry_run=False) == []
    child.kill()
    child.wait()
    assert len(image_scratch.collect(dry_run=False)) == 1
    assert not path.exists()


def test_links_and_folders_of_other_users_are_not_touched(parent, tmp_path, monkeypatch):
    (tmp_path / "precious").mkdir()
    (parent / "halab-image-link").symlink_to(tmp_path / "precious")
    (parent / "halab-image-file").touch()
    assert image_scratch.collect(dry_run=False) == []
    (parent / "halab-image-other").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert image_scratch.collect(dry_run=False) == []
    assert len(list(parent.iterdir())) == 3
    assert (tmp_path / "precious").exists()


def test_what_has_something_mounted_in_it_is_kept(parent, tmp_path, monkeypatch):
    (parent / "halab-image-old").mkdir()
    mounts = tmp_path / "mountinfo"
    place = parent / "halab-image-old" / "root" / "proc"
    mounts.write_text(f"30 1 0:5 / /proc rw - proc proc rw\n31 1 0:5 / {place} rw - proc proc rw\n")
    monkeypatch.setattr(image_scratch, "MOUNTS", mounts)
    (kept,) = image_scratch.collect(dry_run=False)
    assert kept.kept
    assert "umount" in kept.reason
    assert (parent / "halab-image-old").exists()


def test_debootstrap_is_always_told_to_check_signatures():
    argv = node_image.bootstrap_argv("/target")
    assert {"--force-check-gpg", f"--keyring={node_image.KEYRING}"} <= set(argv)
    assert "--no-check-gpg" not in argv


def test_without_a_keyring_nothing_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(bootstrap_image.shutil, "which", lambda *_, **__: "/sbin/program")
    monkeypatch.setattr(node_image, "KEYRING", tmp_path / "none.gpg")
    assert "no signature can be checked" in str(bootstrap_image.why_impossible())
    node_image.KEYRING.touch()
    assert bootstrap_image.why_impossible() == ""


def test_the_base_of_an_image_is_named_by_its_digest():
    repository, _, digest = node_image.BASE.partition("@sha256:")
    assert (repository, len(digest)) == ("debian", 64)
    assert node_image.DOCKERFILE.startswith(f"FROM {node_image.BASE}\n")
