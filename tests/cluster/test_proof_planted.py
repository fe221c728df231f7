"""That the proof can fail: older data is put back on purpose, and what is lost is named."""

from __future__ import annotations

import itertools
import shutil

import pytest

from chaos.workload import final_state
from chaos.workload.clients import Clients, ClientsConfig
from chaos.workload.final_state import final_state_of
from chaos.workload.operations import PROCESSES, members_from
from lab.binaries.resolve import resolve
from lab.bootstrap import launch
from lab.components.etcd import DATA_DIRECTORY
from lab.lab import Lab
from lab.nodes import ETCD_CLIENT_PORT
from lab.readiness import wait_until
from lab.registry import Registry
from lab.spec import LabSpec
from reports.analysis.consistency.check import check
from reports.history.operations import frame_of

MEMBERS = ("etcd-1", "etcd-2", "etcd-3")
RATE_HZ = 300.0
CLIENT = "worker-1"
PREFIX = "planted/"
SERVE_TIMEOUT_S = 30


class Cluster:
    """Three members whose data directories can be kept and put back."""

    def __init__(self, lab):
        self.lab = lab
        self.turns = itertools.count()
        self.endpoints = members_from(lab, CLIENT)

    def stop(self):
        for name in MEMBERS:
            self.lab.agent(name).signal("etcd", "KILL")

    def launch(self, name):
        binaries = resolve(["etcd"], progress=print)
        component = self.lab.plan.component("etcd", name)
        launch(self.lab, component, lambda program: str(binaries.path(program)))

    def start(self, names):
        for name in names:
            self.launch(name)
        wait_until("members to serve", lambda: self.unwell(names), SERVE_TIMEOUT_S)

    def unwell(self, names):
        answers = [self.endpoints[name].request("GET", "/health") for name in names]
        return "; ".join(str(answer) for answer in answers if answer[0] != 200)

    def data(self, name):
        folder = self.lab.directory / "nodes" / name
        return folder / DATA_DIRECTORY, folder / "older"

    def keep(self):
        for name in MEMBERS:
            shutil.copytree(*self.data(name))

    def put_back(self, names):
        for name in names:
            data, older = self.data(name)
            shutil.rmtree(data)
            older.rename(data)

    def work(self, writes):
        """Let clients work until so many writes were acknowledged; return all operations."""
        done, turn = [], next(self.turns)

        def lacking():
            count = len(acknowledged(done))
            return "" if count >= writes else f"{count} of {writes}"

        config = ClientsConfig(
            store="etcd",
            members={node.name: node.address for node in self.lab.plan.with_role("etcd")},
            port=ETCD_CLIENT_PORT,
            prefix=PREFIX,
            label=f"planted.{turn}.",
            rate_hz=RATE_HZ,
            seed=0,
            keys=6,
            timeout_s=2.0,
        )
        # clients that come later are others: what their watches open after was told to nobody
        with Clients(self.lab, CLIENT, config, done.append, PROCESSES * turn) as clients:
            wait_until("writes", lacking, SERVE_TIMEOUT_S)
            clients.finish()
        assert clients.unrecorded() == []
        return done


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    monkeypatch.setattr(final_state, "AGREE_TIMEOUT_S", 3.0)
    spec = LabSpec(name="proof-planted", etcd=3, masters=0, workers=1, profile="brisk")
    lab = Lab.up(spec, owned=True, progress=print, registry=Registry(tmp_path))
    yield Cluster(lab)
    lab.down()


def acknowledged(operations):
    return {one for one in operations if (one.op, one.outcome) == ("write", "ok")}


def test_a_majority_that_forgets_loses_what_was_acknowledged(cluster):
    cluster.stop()
    cluster.keep()
    cluster.start(MEMBERS)
    first = cluster.work(200)
    cluster.stop()
    cluster.put_back(MEMBERS[:2])
    # alone, and with more to say than what is to be lost: else the third may win
    cluster.start(MEMBERS[:2])
    second = cluster.work(2 * len(acknowledged(first)))
    cluster.launch(MEMBERS[2])
    found = check(frame_of([*first, *second]), final_state_of(cluster.endpoints, PREFIX).versions)
    assert found.verdict == "violated"
    assert {operation for one in found.lost for operation in one.operations} >= acknowledged(first)
    assert not {operation for one in found.lost for operation in one.operations} & set(second)


def test_a_minority_that_forgets_loses_nothing(cluster):
    cluster.stop()
    cluster.keep()
    cluster.start(MEMBERS)
    first = cluster.work(200)
    cluster.stop()
    cluster.put_back(MEMBERS[2:])
    cluster.start(MEMBERS)
    second = cluster.work(200)
    state = final_state_of(cluster.endpoints, PREFIX)
    found = check(frame_of([*first, *second]), state.versions)
    assert found.verdict == "holds", found.violations[:3]
    assert len({(one.revision, one.hash) for one in state.members.values()}) == 1
