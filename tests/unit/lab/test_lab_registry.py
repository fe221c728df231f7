"""The labs of a user on disk, and who owns them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.directories import state_home
from lab.errors import CleanupError, LabError
from lab.registry import LabRecord, Registry
from lab.runtime.base import Daemon
from lab.spec import LabSpec

OWNER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from lab.registry import LabRecord, Registry
from lab.spec import LabSpec
handle = Registry(Path({home!r})).claim(LabRecord("mine", LabSpec()))
print("claimed", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "home")


@pytest.fixture
def owner(registry):
    """Another process that owns the lab `mine`."""
    code = OWNER.format(root=str(Path(__file__).parents[3]), home=str(registry.home))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"claimed\n"
        yield process
        process.kill()


def test_a_claimed_lab_is_listed_and_found_again(registry):
    record = LabRecord("one", LabSpec(etcd=3), {"worker-1": 40000}, {"etcd-1": "abc"})
    record.daemon = Daemon("ABCD", "unix:///run/docker.sock")
    registry.claim(record).close()
    assert registry.names() == ["one"]
    assert registry.load("one") == record


def test_a_saved_record_replaces_the_claimed_one(registry):
    record = LabRecord("one", LabSpec())
    registry.claim(record).close()
    record.ports = {"worker-1": 40000}
    registry.save(record)
    assert registry.load("one").ports == {"worker-1": 40000}
    assert not list(registry.directory("one").glob("*.tmp"))


def test_a_name_can_be_claimed_once(registry):
    registry.claim(LabRecord("one", LabSpec(etcd=1))).close()
    with pytest.raises(LabError, match="`halab down one` removes it"):
        registry.claim(LabRecord("one", LabSpec(etcd=3)))
    assert registry.load("one").spec == LabSpec(etcd=1), "the first lab is left as it was"


def test_a_name_can_be_claimed_again_after_it_was_forgotten(registry):
    registry.claim(LabRecord("one", LabSpec())).close()
    registry.forget("one")
    registry.claim(LabRecord("one", LabSpec())).close()
    assert registry.names() == ["one"]


def owned(registry, name):
    with registry.unowned(name) as free:
        return not free


def test_a_lab_is_owned_until_its_owner_has_died(registry, owner):
    assert owned(registry, "mine")
    owner.kill()
    owner.wait()
    assert not owned(registry, "mine")
    assert registry.names() == ["mine"]


def test_a_lab_is_owned_until_its_owner_lets_go(registry):
    claim = registry.claim(LabRecord("one", LabSpec()))
    assert owned(registry, "one")
    claim.close()
    assert not owned(registry, "one")


def test_nobody_can_claim_a_lab_while_it_is_asked_whose_it_is(registry):
    registry.claim(LabRecord("one", LabSpec())).close()
    code = OWNER.format(root=str(Path(__file__).parents[3]), home=str(registry.home))
    with registry.unowned("one"):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        assert registry.names() == ["one"]
    with process:
        assert process.stdout.readline() == b"claimed\n"
        process.kill()


@pytest.mark.parametrize("name", ["..", ".", "", "../x", "a/b", "A", "a" * 21, "a\n", "x\0"])
def test_what_is_no_name_of_a_lab_leads_to_no_directory(registry, name):
    for act in (registry.directory, registry.load, registry.forget):
        with pytest.raises(LabError, match="is no name of a lab"):
            act(name)


def test_a_claim_that_cannot_be_written_leaves_nothing(registry, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="No space left"):
        registry.claim(LabRecord("one", LabSpec()))
    assert sorted(path.name for path in registry.home.rglob("*")) == ["labs", "lock"]


@pytest.mark.parametrize("prefix", [".making-one-x", ".removing-one-x"])
def test_what_a_killed_command_has_made_or_removed_by_half_is_collected(registry, prefix):
    half = registry.home / "labs" / prefix
    (half / "nodes").mkdir(parents=True)
    assert registry.names() == []
    assert [left.item for left in registry.collect_halves(dry_run=True)] == [str(half)]
    assert half.exists()
    assert [left.item for left in registry.collect_halves(dry_run=False)] == [str(half)]
    assert not half.exists()
    assert registry.collect_halves(dry_run=False) == []


def test_what_a_living_command_removes_is_left_to_it(registry):
    claim = registry.claim(LabRecord("one", LabSpec()))
    half = registry.home / "labs" / ".removing-one-x"
    registry.directory("one").rename(half)
    assert registry.collect_halves(dry_run=False) == []
    assert half.exists()
    claim.close()


def test_of_two_that_forget_a_lab_at_once_both_find_it_gone(registry):
    for _ in range(20):
        registry.claim(LabRecord("one", LabSpec())).close()
        for node in range(4):
            folder = registry.directory("one") / "nodes" / str(node)
            folder.mkdir(parents=True)
            for key in range(20):
                (folder / f"{key}.key").touch()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(registry.forget, ["one", "one"]))
        assert list((registry.home / "labs").iterdir()) == []


def test_links_and_files_among_the_labs_are_no_labs_and_are_named(registry, tmp_path):
    labs = registry.home / "labs"
    labs.mkdir(parents=True)
    (tmp_path / "precious").mkdir()
    (labs / "link").symlink_to(tmp_path / "precious")
    (labs / "file").touch()
    (labs / "Other").mkdir()
    assert registry.names() == []
    assert [left.item for left in registry.strangers()] == [
        str(labs / name) for name in ("Other", "file", "link")
    ]
    with pytest.raises(CleanupError, match="is a link"):
        registry.forget("link")
    assert (tmp_path / "precious").is_dir()


def test_nobody_else_can_look_into_the_home(registry):
    registry.home.mkdir(mode=0o777)
    umask = os.umask(0)
    try:
        registry.claim(LabRecord("one", LabSpec())).close()
    finally:
        os.umask(umask)
    folders = (registry.home, registry.home / "labs", registry.directory("one"))
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 3


def test_an_unknown_lab_is_an_error_that_says_where_to_look(registry):
    with pytest.raises(LabError, match="there is no lab named nope; `halab status`"):
        registry.load("nope")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"name": "one", "sp', id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"name": "one"}', id="without spec"),
        pytest.param(b'{"name": "one", "spec": {}, "more": 1}', id="with an unknown key"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b'{"name": "one", "spec": {"etcd": 0}}', id="with a spec out of range"),
        pytest.param(
            b'{"name": "one", "spec": {"nodes": 3}}', id="with an unknown key in the spec"
        ),
        pytest.param(b'{"name": "one", "spec": []}', id="with a list for a spec"),
        pytest.param(b'{"name": "one", "spec": null}', id="with null for a spec"),
        pytest.param(b'{"name": "two", "spec": {}}', id="of another lab"),
        pytest.param(b'{"name": "one", "spec": {}, "daemon": "here"}', id="with a strange daemon"),
    ],
)
def test_a_broken_record_says_how_to_remove_the_lab(registry, content):
    registry.claim(LabRecord("one", LabSpec())).close()
    path = registry.directory("one") / "lab.json"
    path.write_bytes(content)
    with pytest.raises(LabError, match=r"(?s)lab\.json is broken .*; `halab down one` removes it"):
        registry.load("one")


def test_forgetting_is_idempotent(registry):
    registry.claim(LabRecord("one", LabSpec())).close()
    registry.forget("one")
    registry.forget("one")
    registry.forget("never-there")
    assert registry.names() == []


def test_no_labs_at_all_is_an_empty_list(registry):
    assert registry.names() == []


def test_labs_are_listed_in_order(registry):
    for name in ("b", "c", "a"):
        registry.claim(LabRecord(name, LabSpec())).close()
    assert registry.names() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("variable", "value", "below"),
    [
        pytest.param("XDG_STATE_HOME", "state", "state/halab", id="XDG_STATE_HOME"),
        pytest.param("HOME", "home", "home/.local/state/halab", id="home"),
    ],
)
def test_labs_live_where_the_desktop_specification_says(
    monkeypatch, tmp_path, variable, value, below
):
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / value))
    assert state_home() == tmp_path / below
