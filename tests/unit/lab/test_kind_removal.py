"""What a daemon holds of a lab of kind is found and removed: with a daemon of our making."""

from __future__ import annotations

import json
import subprocess
from types import SimpleNamespace

import docker
import pytest
import requests

from lab.directories import labs_folder
from lab.errors import LabError
from lab.readiness import wait_until
from lab.runtime.docker.containers import resource_name
from lab.runtime.kind import frozen_groups, removal, sysctls
from lab.runtime.kind.cluster_record import ClusterRecord, write_cluster
from lab.runtime.kind.names import CLUSTER, LAB
from tests.fakes import FakeClock

BEFORE = {"kernel/panic": "7", "vm/overcommit_memory": "2"}
LATER = {name: sysctls.OF_KUBELET[name] for name in BEFORE}

PARTS = ("node", "side container", "network")


class Engine:
    """A daemon's containers, which run and have volumes, and its networks.

    `refusals`: container -> the states of the answers to its next removals. `joined`: network ->
    the container that keeps it in use. `kernel`: the folder that is /proc/sys in containers.
    """

    def __init__(self, kernel):
        self.listed, self.refusals, self.joined, self.code = {}, {}, {}, 0
        self.kernel, self.bodies = kernel, []
        self.before_removal = lambda: None

    def add(self, name, labels, *, network=False):
        names = {"Name": name} if network else {"Names": [f"/{name}"]}
        self.listed[name] = {"Id": name, "Labels": labels, **names}

    def _labelled(self, kind, wanted):
        key, _, value = wanted.partition("=")
        listed = [each for each in self.listed.values() if kind in each and key in each["Labels"]]
        return [each for each in listed if value in {"", each["Labels"][key]}]

    def containers(self, *, all, filters):  # noqa: A002 (the SDK's name)
        assert all
        return self._labelled("Names", filters["label"])

    def networks(self, *, filters):
        return self._labelled("Name", filters["label"])

    def remove_container(self, name, *, force, v):
        assert (force, v) == (True, True)
        self.before_removal()
        if self.refusals.get(name):
            refuse(self.refusals[name].pop(0))
        del self.listed[name]

    def remove_network(self, name):
        if self.joined.get(name) in self.listed:
            refuse(403)
        del self.listed[name]

    def create_container_from_config(self, body, name):
        self.add(name, body["Labels"])
        self.bodies.append(body)

    def start(self, _):
        assert self.bodies[-1]["HostConfig"]["Privileged"]
        argv = [part.replace("/proc/sys", str(self.kernel)) for part in self.bodies[-1]["Cmd"]]
        subprocess.run(argv, check=True, timeout=5)

    logs = staticmethod(lambda *_, **__: b"")

    def wait(self, *_, **__):
        return {"StatusCode": self.code}

    def settings(self):
        return {name: (self.kernel / name).read_text().strip() for name in BEFORE}


def refuse(status):
    kind = docker.errors.NotFound if status == 404 else docker.errors.APIError
    raise kind("", SimpleNamespace(status_code=status), "not now")


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """On a machine whose settings are as kubelets have left them."""
    monkeypatch.setattr(removal, "POLL_S", 0.01)
    monkeypatch.setattr(sysctls, "FOLDER", tmp_path / "sys")
    for name, value in LATER.items():
        (tmp_path / "sys" / name).parent.mkdir(parents=True)
        (tmp_path / "sys" / name).write_text(f"{value}\n")
    return Engine(tmp_path / "sys")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "halab"


@pytest.fixture
def lab(engine, home):
    """A lab and its directory; before it the kernel had other settings."""
    directory = labs_folder(home) / "mine"
    directory.mkdir(parents=True)
    (directory / sysctls.RECORD).write_text(json.dumps(BEFORE))
    for part in PARTS:
        add(engine, directory, part)
    name = resource_name(directory)
    names = {"network": name, "node": f"{name}-control-plane", "side": f"{name}-agent-master-1"}
    return SimpleNamespace(directory=directory, **names)


def add(engine, directory, part):
    name = resource_name(directory)
    ends = {"node": "-control-plane", "side container": "-agent-master-1", "network": ""}
    labels = {CLUSTER: name} if part == "node" else {LAB: str(directory)}
    engine.add(f"{name}{ends[part]}", labels, network=part == "network")


@pytest.mark.parametrize("part", PARTS)
def test_any_part_of_a_lab_shows_it_and_only_in_its_own_home(engine, home, part):
    add(engine, labs_folder(home) / "mine", part)
    add(engine, labs_folder(home / "elsewhere") / "other", part)
    assert removal.labs_of(engine, home) == {"mine"}


@pytest.mark.parametrize("end", ["", "x", "x-control-plane"])
def test_what_has_only_the_label_of_a_lab_is_no_part_of_it(engine, home, end):
    directory = labs_folder(home) / "mine"
    name = f"{resource_name(directory)}{end}" if end else "stranger"
    engine.add(name, {LAB: str(directory)})
    engine.add(f"net-{name}", {LAB: str(directory)}, network=True)
    assert removal.labs_of(engine, home) == set()
    assert removal.other_lab(engine, home) == ""
    assert removal.remove_all(engine, directory) == []
    assert set(engine.listed) == {name, f"net-{name}"}


def test_another_lab_is_known_by_its_network_in_any_home(engine, home, lab):
    assert removal.other_lab(engine, lab.directory) == ""
    others = [labs_folder(home) / "other", labs_folder(home / "elsewhere") / "mine"]
    for other in others:
        add(engine, other, "network")
    assert removal.other_lab(engine, lab.directory) == str(min(others))


def test_the_nodes_are_those_of_the_recorded_cluster(engine, lab):
    engine.add("theirs-control-plane", {CLUSTER: "theirs"})
    [node] = removal.node_containers(engine, lab.directory)
    assert node["Id"] == lab.node
    write_cluster(lab.directory, ClusterRecord("theirs", made=False))
    [node] = removal.node_containers(engine, lab.directory)
    assert node["Id"] == "theirs-control-plane"


@pytest.mark.parametrize(
    ("listing", "work", "message"),
    [
        ("containers", removal.labs_of, "looking for leftovers of labs"),
        ("networks", removal.other_lab, "looking for other labs of kind"),
        ("containers", removal.node_containers, "looking at the nodes"),
        ("containers", removal.remove_once, "listing the lab's containers"),
    ],
    ids=["labs", "other lab", "nodes", "removal"],
)
def test_a_daemon_that_lists_nothing_is_an_error(engine, lab, monkeypatch, listing, work, message):
    def fail(**_):
        raise requests.ConnectionError("it ended")

    monkeypatch.setattr(engine, listing, fail)
    with pytest.raises(LabError, match=f"{message}: .*it ended"):
        work(engine, lab.directory)


def test_a_lab_is_removed_and_others_are_kept(engine, home, lab):
    for part in PARTS:
        add(engine, labs_folder(home) / "other", part)
    existed, left = (removal.remove_once(engine, lab.directory) for _ in range(2))
    assert (existed, left) == ([f"/{lab.side}", f"/{lab.node}", lab.network], [])
    assert removal.labs_of(engine, home) == {"other"}
    assert len(engine.listed) == len(PARTS)


@pytest.mark.parametrize("states", [[409, 409], [404]], ids=["being removed", "removed"])
def test_a_container_that_another_command_removes_is_waited_for(engine, lab, states):
    engine.refusals[lab.node] = states
    assert removal.remove_all(engine, lab.directory) == []
    assert engine.listed == {}


def test_a_dead_node_that_has_lost_its_name_still_exists(engine, lab):
    engine.listed[lab.node]["Names"] = []
    existed = removal.remove_once(engine, lab.directory)
    assert lab.node in existed


def test_a_kernel_that_is_not_set_back_is_an_error(engine, lab, monkeypatch):
    monkeypatch.setattr(sysctls, "set_here", dict)
    engine.code = 2
    with pytest.raises(LabError, match="failed with 2"):
        removal.remove_all(engine, lab.directory)


def test_a_container_that_cannot_be_removed_is_an_error(engine, lab):
    engine.refusals[lab.node] = [500]
    with pytest.raises(LabError, match="removing a container: not now"):
        removal.remove_all(engine, lab.directory)


def test_a_network_in_use_is_removed_when_it_is_free(engine, lab):
    engine.joined[lab.network] = lab.node
    engine.refusals[lab.node] = [409]
    removal.remove_once(engine, lab.directory)
    assert set(engine.listed) == {lab.network, lab.node}
    assert removal.remove_all(engine, lab.directory) == []
    assert engine.listed == {}


def test_what_exists_in_the_end_is_named_and_the_kernel_stays(engine, lab, monkeypatch):
    monkeypatch.setattr(removal, "time", FakeClock())
    monkeypatch.setattr(removal, "REMOVE_TIMEOUT_S", 0.05)
    engine.add("stranger", {})
    engine.joined[lab.network] = "stranger"
    assert removal.remove_all(engine, lab.directory) == [lab.network]
    assert engine.settings() == LATER


def test_the_containers_of_an_attached_cluster_stay_and_it_is_left_first(engine, lab, monkeypatch):
    write_cluster(lab.directory, ClusterRecord("theirs", made=False))
    engine.add("theirs-control-plane", {CLUSTER: "theirs"})
    before = []
    monkeypatch.setattr(removal.visit, "leave", lambda *_: before.append(set(engine.listed)))
    removal.remove_all(engine, lab.directory)
    assert [lab.side in existing for existing in before] == [True]
    assert set(engine.listed) == {"theirs-control-plane", lab.node}


@pytest.mark.parametrize("refused", [False, True])
def test_a_container_sets_the_kernel_back_where_we_may_not(engine, lab, monkeypatch, refused):
    if refused:
        monkeypatch.setattr(sysctls, "set_here", dict)
    removal.remove_all(engine, lab.directory)
    assert engine.settings() == BEFORE
    assert len(engine.bodies) == refused
    assert engine.listed == {}


def test_what_keeps_a_node_from_ending_is_thawed(engine, lab, monkeypatch, tmp_path):
    state = tmp_path / "docker" / lab.node / frozen_groups.STATE
    state.parent.mkdir(parents=True)
    state.write_text(frozen_groups.FROZEN)
    monkeypatch.setattr(frozen_groups, "FREEZER", tmp_path)
    monkeypatch.setattr(frozen_groups, "POLL_S", 0.01)
    engine.before_removal = lambda: wait_until(
        "a thaw", lambda: "" if state.read_text() == frozen_groups.THAWED else "it is frozen", 30
    )
    assert removal.remove_all(engine, lab.directory) == []
