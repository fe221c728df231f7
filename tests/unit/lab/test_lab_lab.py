"""A lab as an object: its channels to agents."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import lab as lab_module
from lab.afterwards import UncleanInterrupt
from lab.binaries.resolve import Binaries
from lab.errors import CleanupError, LabError
from lab.lab import Lab
from lab.nodes import DEFAULT_NETWORK
from lab.registry import LabRecord, Registry
from lab.runtime.drivers import DRIVERS
from lab.spec import LabSpec


class Opening:
    """A runtime whose channels are opened by all threads at once."""

    def __init__(self, threads):
        self.together = threading.Barrier(threads)
        self.opened, self.agents = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in (*self.opened, *self.agents):
            end.close()

    def channel(self, _node):
        self.together.wait(5)
        ours, agents = socket.socketpair()
        self.opened.append(ours)
        self.agents.append(agents)
        return ours


def test_threads_that_ask_for_one_agent_at_once_share_it_and_leave_no_channel_open(tmp_path):
    with Opening(4) as runtime, ThreadPoolExecutor(4) as pool:
        lab = Lab(LabRecord("lab", LabSpec()), Registry(Path(tmp_path)), runtime)
        clients = list(pool.map(lambda _: lab.agent("etcd-1"), range(4)))
        assert len(set(map(id, clients))) == 1
        assert len(runtime.opened) == 4
        assert [channel.fileno() == -1 for channel in runtime.opened].count(False) == 1


class RelayingAgent:
    """An agent that is there until it is gone, and says what it was asked to connect to."""

    def __init__(self, number):
        self.number, self.gone = number, False

    def relay(self, host, port):
        return self.number, host, port

    def close(self):
        pass


def test_an_endpoint_is_asked_by_the_agent_that_its_node_has_now(tmp_path, monkeypatch):
    spec = LabSpec(runtime="kind", etcd=1, masters=1, workers=1)
    lab = Lab(LabRecord("lab", spec), Registry(Path(tmp_path)), runtime=None)
    opened = []

    def open_agent(_node):
        opened.append(RelayingAgent(len(opened)))
        return opened[-1]

    monkeypatch.setattr(lab, "open_agent", open_agent)
    endpoint = lab.etcd("master-1")
    assert endpoint.relay("h", 1) == (0, "h", 1)
    opened[0].gone = True  # with its node's power
    assert endpoint.relay("h", 1) == (1, "h", 1)


def test_a_log_that_no_agent_keeps_is_read_on_its_node_each_time(tmp_path, monkeypatch):
    spec = LabSpec(runtime="kind", etcd=1, masters=1, workers=1)
    lab = Lab(LabRecord("lab", spec), Registry(Path(tmp_path)), runtime=None)
    asked = []

    def stream(argv):
        asked.append(argv)
        reader, writer = socket.socketpair()
        with writer:
            writer.sendall(f"line {len(asked)}\n".encode())
        return SimpleNamespace(channel=reader)

    monkeypatch.setattr(lab, "agent", lambda _node: SimpleNamespace(stream=stream))
    texts = [lab.log("master-1", name).read_text() for name in ("etcd", "etcd", "kubelet")]
    assert texts == ["line 1\n", "line 2\n", "line 3\n"]
    assert [argv[-1] for argv in asked[:2]] == ["cat /var/log/pods/*/etcd/*.log"] * 2
    assert "--unit=kubelet" in asked[2]
    assert not lab.log("worker-1", "etcd").exists()
    assert len(asked) == 3, "there is none"


@pytest.mark.parametrize(("runtime", "loopback"), [("kind", True), ("netns", False)])
def test_a_node_that_was_found_is_asked_at_its_loopback_by_the_name_that_it_keeps(
    tmp_path, runtime, loopback
):
    spec = LabSpec(runtime=runtime, stacked=True, etcd=1, masters=1, workers=1)
    lab = Lab(LabRecord("lab", spec), Registry(Path(tmp_path)), runtime=None)
    wanted = ("127.0.0.1", "master-1") if loopback else (lab.plan.node("master-1").address, "")
    for endpoint in (lab.etcd("master-1"), lab.apiserver("master-1")):
        assert (endpoint.host, endpoint.name) == wanted


class Removable:
    """A runtime that can only be removed."""

    def __init__(self):
        self.destroyed = 0

    def reserve(self):
        return "10.83.0.0/16"

    def close(self):
        pass

    def destroy(self):
        self.destroyed += 1


@pytest.mark.parametrize("remade", [True, False])
def test_a_lab_that_somebody_has_made_anew_is_not_taken_down_by_the_owner_of_the_first(
    tmp_path, monkeypatch, remade
):
    registry, runtime = Registry(tmp_path / "home"), Removable()

    def create(*_):
        registry.forget("lab")  # `halab down lab`, by hand
        if remade:
            registry.claim(LabRecord("lab", LabSpec())).close()
        raise LabError("the nodes are gone")

    runtime.create = create
    driver = SimpleNamespace(
        daemon=lambda: None,
        at=lambda _: runtime,
        prepare=lambda _: None,
        expected=lambda _: None,
    )
    monkeypatch.setitem(DRIVERS, "netns", driver)
    monkeypatch.setattr(lab_module, "resolve", lambda *_, **__: SimpleNamespace(paths={}))
    monkeypatch.setattr(lab_module, "check_memory", lambda *_: None)
    with pytest.raises(LabError, match="the nodes are gone"):
        Lab.up(LabSpec(), owned=True, progress=print, registry=registry)
    assert registry.names() == (["lab"] if remade else [])
    assert runtime.destroyed == (0 if remade else 1)


LEFT = CleanupError("process 7 is still there")


class Driver:
    """A runtime that notes what is done with it, and raises what `raising` says."""

    def __init__(self):
        self.done, self.raising = [], {}
        self.ports = {}

    def _do(self, what):
        self.done.append(what)
        if what in self.raising:
            raise self.raising[what]

    def at(self, _directory):
        return self

    def expected(self, _request):
        return None

    def daemon(self):
        return None

    def lacking(self):
        return {}

    def prepare(self, _progress):
        self._do("prepare")

    def reserve(self):
        self._do("reserve")
        return DEFAULT_NETWORK

    def create(self, *_):
        self._do("create")

    def destroy(self):
        self._do("destroy")

    def release(self):
        self._do("release")

    def found(self):
        return None

    def close(self):
        self._do("close")


@pytest.fixture
def driver(monkeypatch, tmp_path):
    made = Driver()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(DRIVERS, "netns", made)
    monkeypatch.setattr(lab_module, "check_memory", lambda _: None)

    def resolve(*_, **__):
        made._do("resolve")
        return Binaries({})

    monkeypatch.setattr(lab_module, "resolve", resolve)
    return made


def up(*, owned=True):
    spec = LabSpec(name="mine", runtime="netns", etcd=1, masters=0, workers=1)
    return Lab.up(spec, owned=owned, progress=lambda _: None)


@pytest.mark.usefixtures("driver")
def test_a_name_that_is_taken_is_refused_before_anything_is_prepared(driver):
    claim = Registry().claim(LabRecord("mine", LabSpec()))
    with pytest.raises(LabError, match="exists"):
        up()
    claim.close()
    assert driver.done == []


@pytest.mark.parametrize("error", [LabError("no"), OSError(28, "full"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", ["prepare", "resolve", "reserve", "create"])
def test_wherever_the_making_of_a_lab_ends_nothing_of_it_is_left(driver, at, error):
    driver.raising[at] = error
    with pytest.raises(type(error)):
        up()
    assert Registry().names() == []
    assert ("destroy" in driver.done) == (at in {"reserve", "create"})


@pytest.mark.parametrize("owned", [True, False])
def test_the_record_says_whether_a_lab_ends_with_its_command(driver, monkeypatch, owned):
    monkeypatch.setattr(lab_module, "start", lambda *_: driver.done.append(Registry().load("mine")))
    monkeypatch.setattr(lab_module, "check_clock", lambda _: None)
    monkeypatch.setattr(Lab, "boot", lambda *_: "boot")
    lab = up(owned=owned)
    assert [made.owned for made in driver.done if isinstance(made, LabRecord)] == [True]
    assert Registry().load("mine").owned is owned
    assert ("release" in driver.done) is not owned
    lab.down()


@pytest.mark.parametrize("at", ["reserve", "create"])
@pytest.mark.parametrize(
    ("error", "raised"), [(LabError("no"), CleanupError), (KeyboardInterrupt(), UncleanInterrupt)]
)
def test_what_is_left_of_a_lab_that_was_not_made_is_said(driver, at, error, raised):
    driver.raising |= {at: error, "destroy": LEFT}
    with pytest.raises(raised, match="process 7"):
        up()


@pytest.mark.parametrize("error", [OSError(9, "Bad file descriptor"), KeyboardInterrupt()])
def test_a_lab_whose_channels_cannot_be_closed_is_taken_down(driver, error):
    record, registry = LabRecord("mine", LabSpec(runtime="netns")), Registry()
    registry.claim(record).close()
    driver.raising["close"] = error
    with pytest.raises(type(error)):
        Lab(record, registry, driver).down()
    assert driver.done == ["close", "destroy"]
    assert registry.names() == []


@pytest.mark.parametrize(("runtime", "opened"), [("kind", 2), ("netns", 1)])
def test_a_channel_that_has_ended_is_opened_again_where_an_agent_ends_with_its_node(
    tmp_path, runtime, opened
):
    record = LabRecord("lab", LabSpec(runtime=runtime, etcd=3, masters=3))
    with Opening(1) as nodes:
        lab = Lab(record, Registry(tmp_path), nodes)
        first = lab.agent("master-1")
        assert lab.agent("master-1") is first
        nodes.agents[0].close()
        assert (lab.agent("master-1") is first) == (opened == 1)
        assert len(nodes.opened) == opened
