"""The labs of a user on disk, and who owns them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.directories import state_home
from lab.errors import LabError
from lab.registry import LabRecord, Registry
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


def test_a_lab_is_not_collected_while_its_owner_lives(registry, owner):
    assert owner.poll() is None
    assert registry.collect("mine") is False
    assert registry.names() == ["mine"]


def test_a_lab_is_collected_when_its_owner_has_died(registry, owner):
    owner.kill()
    owner.wait()
    assert registry.collect("mine") is True
    assert registry.names() == []


def test_a_lab_is_collected_when_its_owner_has_let_go(registry):
    claim = registry.claim(LabRecord("one", LabSpec()))
    assert registry.collect("one") is False
    claim.close()
    assert registry.collect("one") is True


def test_a_directory_without_any_record_is_collected(registry):
    registry.directory("half").mkdir(parents=True)
    assert registry.names() == ["half"]
    assert registry.collect("half") is True
    assert registry.names() == []


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
    registry.forget("never there")
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
