"""Which containers and networks are of a lab, and which commands' containers may go."""

from __future__ import annotations

import os
from types import SimpleNamespace

import docker
import pytest

from lab import owner_lock
from lab.errors import LabError
from lab.runtime.docker import leftovers, one_off
from lab.runtime.docker.connection import daemon_of
from lab.runtime.docker.containers import DIRECTORY, resource_name


class Engine:
    """A daemon's containers and networks, found by their labels as a daemon finds them."""

    def __init__(self):
        self.listed = {"container": [], "network": []}
        self.removed = []
        self.code = 0
        self.works = lambda: None

    def add(self, kind, name, labels):
        names = {"Names": [f"/{name}"]} if kind == "container" else {"Name": name}
        self.listed[kind].append({"Id": name, "Labels": labels, **names})

    def _labelled(self, kind, wanted):
        key, _, value = wanted.partition("=")
        return [
            found
            for found in self.listed[kind]
            if key in found["Labels"] and (not value or found["Labels"][key] == value)
        ]

    def containers(self, *, all, filters):  # noqa: A002 (the SDK's name)
        assert all
        return self._labelled("container", filters["label"])

    def networks(self, *, filters):
        return self._labelled("network", filters["label"])

    def _remove(self, kind, identity):
        before = self.listed[kind]
        self.listed[kind] = [found for found in before if found["Id"] != identity]
        if before == self.listed[kind]:
            raise docker.errors.NotFound(identity)
        self.removed.append(identity)

    def remove_container(self, identity, **_):
        self._remove("container", identity)

    def remove_network(self, identity):
        self._remove("network", identity)

    def create_container_from_config(self, body, name):
        self.add("container", name, body["Labels"])

    def start(self, _):
        self.works()

    def wait(self, *_, **__):
        return {"StatusCode": self.code}

    def logs(self, _):
        return b"nginx 1.22.1\n"


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def home(tmp_path):
    return tmp_path / "halab"


def of_lab(engine, directory):
    name = resource_name(directory)
    for kind, resource in (("container", f"{name}-etcd-1"), ("network", name)):
        engine.add(kind, resource, {DIRECTORY: str(directory)})


def test_a_lab_is_known_by_its_label_and_its_names(engine, home):
    of_lab(engine, home / "labs" / "one"), of_lab(engine, home / "elsewhere" / "two")
    assert leftovers.labs_of(engine, home) == {"one"}
    assert leftovers.remove_leftovers(engine, home / "labs" / "one") == []
    assert sorted(engine.removed) == sorted(
        f"{resource_name(home / 'labs' / 'one')}{end}" for end in ("", "-etcd-1")
    )


@pytest.mark.parametrize("below", ["labs/..", "labs/../labs/x", "labs/a/b", "labs/", "labs/X", ""])
def test_a_label_that_is_no_path_of_a_lab_names_no_lab(engine, home, below):
    of_lab(engine, home / below)
    engine.add("container", "stranger", {DIRECTORY: f"{home}/{below}"})
    assert leftovers.labs_of(engine, home) == set()


def test_a_container_of_an_image_that_was_made_of_a_node_is_no_node(engine, home):
    directory = home / "labs" / "one"
    engine.add("container", "stranger", {DIRECTORY: str(directory)})
    assert leftovers.labs_of(engine, home) == set()
    of_lab(engine, directory)
    leftovers.remove_leftovers(engine, directory)
    assert [found["Id"] for found in engine.listed["container"]] == ["stranger"]


def test_the_container_of_a_running_command_is_kept_and_leaves_nothing(engine, home):
    kept = []
    engine.works = lambda: kept.extend(one_off.collect(engine, home, dry_run=False))
    assert one_off.run_in_image(engine, ["nginx", "-v"], home) == "nginx 1.22.1\n"
    assert kept == []
    assert len(engine.removed) == 1
    assert list((home / "commands").iterdir()) == []
    assert leftovers.labs_of(engine, home) == set()


def test_a_command_that_fails_is_an_error_with_its_output(engine, home):
    engine.code = 2
    with pytest.raises(LabError, match=r"nginx -v failed with 2:\nnginx 1\.22\.1"):
        one_off.run_in_image(engine, ["nginx", "-v"], home)
    assert len(engine.removed) == 1


def test_a_dead_container_without_a_name_is_no_part_of_a_lab(engine, home):
    directory = home / "labs" / "one"
    of_lab(engine, directory)
    [container, *_] = engine.listed["container"]
    container["Names"] = []
    assert leftovers.labs_of(engine, home) == {directory.name}
    assert container["Id"] not in str(leftovers.remove_leftovers(engine, directory))


def test_the_container_of_a_command_that_was_killed_is_removed(engine, home):
    locks = []

    def killed():
        locks.extend((home / "commands").iterdir())
        raise KeyboardInterrupt

    engine.works = killed
    with pytest.raises(KeyboardInterrupt):
        one_off.run_in_image(engine, ["nginx", "-v"], home)
    (lock,) = locks
    name = engine.removed.pop()
    for run in ("with its lock", "without it"):
        engine.create_container_from_config({"Labels": {one_off.LOCK_LABEL: str(lock)}}, name)
        if run == "with its lock":
            lock.touch()
        would = one_off.collect(engine, home, dry_run=True)
        assert [left.item for left in would] == [f"container {name}"]
        assert engine.removed == []
        assert one_off.collect(engine, home, dry_run=False) == would
        assert engine.removed == [name]
        assert not lock.exists()
        engine.removed.clear()


def test_the_container_of_another_home_or_with_another_name_is_not_ours(engine, home, tmp_path):
    label = one_off.LOCK_LABEL
    name = "0" * 32
    elsewhere = tmp_path / "other" / "commands" / f"{name}.lock"
    engine.add("container", f"halab-command-{name}", {label: str(elsewhere)})
    engine.add("container", "stranger", {label: str(home / "commands" / f"{name}.lock")})
    engine.add("container", "halab-command-..", {label: str(home / "commands/..")})
    assert one_off.collect(engine, home, dry_run=False) == []
    assert engine.removed == []


def test_a_lock_that_clean_up_removed_before_it_was_held_is_made_again(tmp_path, monkeypatch):
    path, locked = tmp_path / "lock", owner_lock.fcntl.flock

    def too_late(descriptor, operation):
        monkeypatch.undo()
        path.unlink()
        locked(descriptor, operation)

    monkeypatch.setattr(owner_lock.fcntl, "flock", too_late)
    descriptor = owner_lock.hold(path)
    with owner_lock.taken_over(path) as free:
        assert not free
    os.close(descriptor)
    with owner_lock.taken_over(path) as free:
        assert free


def test_a_daemon_is_known_by_its_id_and_one_whose_id_changes_by_its_place(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/x.sock")
    about = {"ID": "ABCD", "Name": "host", "DockerRootDir": "/store"}

    def client(component):
        version = {"Components": [{"Name": component}]}
        return SimpleNamespace(info=lambda: about, version=lambda: version)

    docker_daemon = daemon_of(client("Engine"))
    assert (docker_daemon.identity, docker_daemon.address) == ("ABCD", "unix:///run/x.sock")
    assert daemon_of(client("Podman Engine")).identity == "host:/store"
