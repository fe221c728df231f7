"""What clean-up may remove: nothing that lives, nothing that is elsewhere, nothing of others."""

from __future__ import annotations

import fcntl
import threading
from types import SimpleNamespace

import pytest

from lab.collection import collect, remove_lab
from lab.errors import CleanupError, LabError
from lab.lab import Lab
from lab.leftover import Leftover
from lab.registry import LabRecord, Registry
from lab.runtime.base import Daemon
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec

HERE, THERE = Daemon("HERE", "unix:///here.sock"), Daemon("THERE", "unix:///there.sock")


class Driver:
    """A runtime whose labs run when they are named in `running`."""

    def __init__(self, daemon=None):
        self.running = set()
        self.destroyed = []
        self.leftovers = set()
        self._daemon = daemon

    def daemon(self):
        return self._daemon

    def expected(self, _request):
        return None

    def at(self, directory):
        def destroy():
            self.destroyed.append(directory.name)

        return SimpleNamespace(alive=lambda: directory.name in self.running, destroy=destroy)

    def labs_with_leftovers(self, _home):
        return self.leftovers

    def collect(self, _home, *, dry_run):
        return [Leftover("a container", "its command has ended")] if dry_run else []


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "home")


@pytest.fixture
def netns(monkeypatch):
    monkeypatch.setitem(DRIVERS, "netns", Driver())
    return DRIVERS["netns"]


@pytest.fixture
def docker(monkeypatch):
    monkeypatch.setitem(DRIVERS, "docker", Driver(HERE))
    return DRIVERS["docker"]


@pytest.fixture(autouse=True)
def _drivers(netns, docker):
    """No test looks at the machine."""


def made(registry, name, runtime="netns", daemon=None):
    """A lab that its command has released."""
    spec = LabSpec(name=name, runtime=runtime)
    registry.claim(LabRecord(name, spec, daemon=daemon)).close()
    return registry.directory(name)


def items(found, *, kept=False):
    return [leftover.item for leftover in found if leftover.kept is kept]


def test_a_lab_that_comes_up_while_clean_up_waits_is_left_alone(registry, netns):
    claim = registry.claim(LabRecord("fresh", LabSpec(name="fresh")))
    found = []
    with (registry.home / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)  # a clean-up that takes long
        waiting = threading.Thread(target=lambda: found.extend(collect(registry)))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        netns.running.add("fresh")
        claim.close()
    waiting.join(10)
    assert items(found) == []
    assert netns.destroyed == []
    assert registry.names() == ["fresh"]


def test_a_lab_that_its_killed_command_owned_is_removed_though_its_nodes_still_run(registry, netns):
    registry.claim(LabRecord("owned", LabSpec(name="owned"), owned=True)).close()
    netns.running.add("owned")
    (removed,) = collect(registry)
    assert removed.reason == "the command that it was to end with is gone"
    assert netns.destroyed == ["owned"]
    assert registry.names() == []


def test_a_lab_is_left_alone_while_the_command_that_owns_it_lives(registry):
    claim = registry.claim(LabRecord("owned", LabSpec(name="owned"), owned=True))
    assert items(collect(registry)) == []
    claim.close()
    assert items(collect(registry)) == ["what was left of lab owned"]


def test_a_lab_in_another_daemon_is_kept_and_where_it_is_is_said(registry, docker):
    directory = made(registry, "lab", "docker", THERE)
    (kept,) = collect(registry)
    assert kept.kept
    assert "THERE at unix:///there.sock" in kept.reason
    assert "DOCKER_HOST=unix:///there.sock" in kept.reason
    with pytest.raises(LabError, match=f"THERE at .* rm -r {directory}"):
        remove_lab("lab", registry)
    with pytest.raises(LabError, match=r"cannot be reached: .* THERE"):
        Lab.attach("lab", registry)
    assert docker.destroyed == []
    assert directory.exists()


def test_a_lab_whose_record_names_no_daemon_is_kept_and_can_be_taken_down(registry, docker):
    made(registry, "lab", "docker")
    (kept,) = collect(registry)
    assert kept.kept
    assert "does not name the Docker daemon" in kept.reason
    remove_lab("lab", registry)
    assert docker.destroyed == ["lab"]
    assert registry.names() == []


def test_a_lab_in_this_daemon_is_removed_when_it_does_not_run(registry, docker):
    made(registry, "dead", "docker", HERE), made(registry, "alive", "docker", HERE)
    docker.running.add("alive")
    assert items(collect(registry)) == ["what was left of lab dead"]
    assert docker.destroyed == ["dead"]
    assert registry.names() == ["alive"]


def test_a_dry_run_lists_what_would_go_and_why_and_removes_nothing(registry, netns):
    made(registry, "one")
    (registry.home / "labs" / ".removing-two-x").mkdir()
    found = collect(registry, dry_run=True)
    assert items(found) == [
        "what was left of lab one",
        str(registry.home / "labs" / ".removing-two-x"),
        "a container",
        "a container",
    ]
    assert found[0].reason == "it does not run, and no command owns it"
    assert all(leftover.reason for leftover in found)
    assert netns.destroyed == []
    assert len(list((registry.home / "labs").iterdir())) == 2


DAMAGE = {
    "without a record": lambda folder: (folder / "lab.json").unlink(),
    "with half a record": lambda folder: (folder / "lab.json").write_text("{"),
    "with the record of another lab": lambda folder: (folder / "lab.json").write_text(
        '{"name": "other", "spec": {}}'
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_directory_that_no_record_shows_to_be_a_lab_is_kept(registry, netns, damage):
    directory = made(registry, "one")
    damage(directory)
    (kept,) = collect(registry)
    assert kept.kept
    assert "`halab down one` removes" in kept.reason
    assert netns.destroyed == []
    assert directory.exists()


def test_nodes_without_a_directory_are_removed_whether_they_run_or_not(registry, docker):
    registry.home.mkdir()
    docker.leftovers = {"lost"}
    docker.running.add("lost")
    assert items(collect(registry)) == ["what was left of lab lost"]
    assert docker.destroyed == ["lost"]


def test_a_link_in_the_place_of_a_lab_is_not_followed(registry, docker, tmp_path):
    (tmp_path / "precious").mkdir()
    (registry.home / "labs").mkdir(parents=True)
    (registry.home / "labs" / "lost").symlink_to(tmp_path / "precious")
    docker.leftovers = {"lost"}
    found = collect(registry)
    assert (items(found), docker.destroyed) == ([], [])
    assert items(found, kept=True) == [str(registry.home / "labs" / "lost")]
    assert (tmp_path / "precious").exists()


def test_what_cannot_be_removed_is_named_after_the_rest_is_gone(registry, monkeypatch):
    made(registry, "one"), made(registry, "two")
    forget = registry.forget

    def refuse(name):
        if name == "one":
            raise CleanupError("no")
        forget(name)

    monkeypatch.setattr(registry, "forget", refuse)
    with pytest.raises(CleanupError, match=r"what was left of lab two is gone\none: no"):
        collect(registry)
    assert registry.names() == ["one"]
