"""A survey whose clusters do not come up or break, and a cluster with a fault."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest

from chaos.errors import ChaosError
from chaos.faults.injection import Injection
from chaos.faults.registry import fault_of
from chaos.provenance import RunOrder
from chaos.survey import cluster as cluster_module
from chaos.survey import run as survey_module
from chaos.survey.cluster import Cluster
from chaos.survey.record import create_survey
from chaos.targets import Target
from lab.afterwards import INTERRUPTS
from lab.clients.etcd import decode
from lab.errors import CleanupError, LabError, NotReadyError
from lab.lab import Lab
from reports.history.surveys import read_tolerance, unmeasured
from reports.locale.catalogue import text_of
from reports.locale.message import message, verbatim
from tests.fakes import FakeLab


@pytest.fixture
def survey(tmp_path, monkeypatch):
    monkeypatch.setattr(survey_module, "clusters_that_fit", lambda *_: 2)
    opened = create_survey(
        *("tolerance", [1, 2], ["kill"], []),
        order=RunOrder(1, 0, "netns", tmp_path, "halab tolerance"),
        progress=lambda _: None,
    )
    yield opened
    opened.writer.end(opened.writer.record.status)


def test_cells_whose_cluster_does_not_come_up_are_unknown_with_the_reason(survey, monkeypatch):
    def refuse(*_, **__):
        raise LabError("etcd ended")

    monkeypatch.setattr(Lab, "up", refuse)
    survey.run()
    found = read_tolerance(survey.writer.directory)
    assert found.record.status == "complete"
    assert [(cell.write, cell.reason) for cell in found.rows] == [
        ("unknown", verbatim("etcd ended"))
    ] * 6
    assert (found.damage, found.missing) == ([], [])


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError, "failed"), (KeyboardInterrupt, "interrupted")]
)
def test_a_survey_that_is_ended_says_so_and_what_it_did_not_come_to(
    survey, monkeypatch, error, status
):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(Lab, "up", fail)
    with pytest.raises(error):
        survey.run()
    found = read_tolerance(survey.writer.directory)
    assert found.record.status == status
    assert found.damage == []
    assert text_of(found.missing[0], "en").startswith("6 of 6 that were planned")


def test_a_cluster_that_an_interrupt_kept_from_coming_up_is_no_cell(survey, monkeypatch):
    def interrupted(*_, **__):
        monkeypatch.setattr(INTERRUPTS, "arrived", True)
        raise NotReadyError("interrupted while waiting for etcd on etcd-1")

    monkeypatch.setattr(Lab, "up", interrupted)
    with pytest.raises(KeyboardInterrupt):
        survey.run()
    found = read_tolerance(survey.writer.directory)
    assert found.rows == []
    assert text_of(found.missing[0], "en").startswith("6 of 6 that were planned")


LEFT = CleanupError("process 7 is still there")
FULL = OSError(28, "No space left on device")


@pytest.fixture
def clusters(monkeypatch, tmp_path):
    """Let clusters come up, whose cells end as `ends`; `downs` counts them, `left` is raised."""
    made = SimpleNamespace(downs=0, left=None, ends=iter(()))

    def up(spec, **_):
        lab = FakeLab(tmp_path, etcd=spec.etcd, masters=0, workers=1)

        def down():
            made.downs += 1
            if made.left:
                raise made.left

        lab.down = down
        return lab

    def measure(_cluster, plan, _seed):
        error = next(made.ends, None)
        if error:
            raise error
        return unmeasured(plan, verbatim("not today"))

    monkeypatch.setattr(Lab, "up", up)
    monkeypatch.setattr(cluster_module, "Members", Members)
    monkeypatch.setattr(survey_module, "Heartbeat", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(survey_module, "measure_planned", measure)
    return made


def test_what_is_left_of_a_cluster_that_did_not_come_up_ends_the_survey(survey, monkeypatch):
    def refuse(*_, **__):
        raise LEFT

    monkeypatch.setattr(Lab, "up", refuse)
    with pytest.raises(CleanupError, match="process 7"):
        survey.run()
    assert read_tolerance(survey.writer.directory).record.status == "failed"


@pytest.mark.parametrize("error", [None, FULL, ZeroDivisionError()], ids=repr)
def test_what_is_left_of_a_cluster_outweighs_all_other_errors(survey, clusters, error):
    clusters.ends, clusters.left = iter([error]), LEFT
    with pytest.raises(CleanupError, match="process 7"):
        survey.run()


def test_a_full_disk_ends_the_survey_and_takes_every_cluster_down(survey, clusters, monkeypatch):
    def full(*_):
        raise FULL

    monkeypatch.setattr(survey.writer, "row", full)
    monkeypatch.setattr(survey.writer, "end", full)
    with pytest.raises(OSError, match="No space left") as caught:
        survey.run()
    assert caught.value is FULL
    assert clusters.downs > 0
    monkeypatch.undo()


def test_a_cluster_whose_connections_cannot_be_closed_is_taken_down(survey, clusters, monkeypatch):
    def fail(_):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(survey_module.Cluster, "close", fail)
    with pytest.raises(OSError, match="Bad file"):
        survey.run()
    assert clusters.downs > 0


class Members:
    """Members that answer everything, unless the lab has a fault."""

    def __init__(self, lab):
        self.lab = lab
        self.names = lab.names("etcd")
        self.kept = {}

    def ask(self, member, path, body, _timeout_s):
        if self.lab.down(member, "etcd"):
            raise LabError("no answer")
        if "put" in path:
            self.kept[body["key"]] = body["value"]

    def leader(self):
        return self.names[0]

    def differing(self):
        return ""

    def read_back(self, _prefix):
        return {decode(key): decode(value) for key, value in self.kept.items()}


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "Members", Members)
    monkeypatch.setattr(cluster_module, "bound_s", lambda _lab: 0.3)
    return Cluster(FakeLab(tmp_path, etcd=3, masters=0, workers=1))


def killing(lab, *nodes):
    targets = tuple(Target(node, "etcd") for node in nodes)
    return Injection(lab, "kill", fault_of("kill", {}), targets)


def test_what_is_served_beside_a_fault_is_measured_and_nothing_is_lost(cluster):
    held = cluster.hold(killing(cluster.lab, "etcd-1"), {"remaining": ["etcd-2", "etcd-3"]}, "t")
    assert held.loads["remaining"].served("write", 0.3) == "served"
    assert text_of(held.measured.evidence, "en") == "worker-1 dials etcd-1:2379: refused"
    assert held.measured.acknowledged > 0
    assert (held.measured.lost, held.measured.differing, held.measured.reason) == ([], None, None)
    assert 0 <= held.measured.back_after_heal_s <= held.measured.whole_after_heal_s
    assert not cluster.lab.hit


def test_what_is_offered_to_those_who_failed_is_not_served(cluster):
    held = cluster.hold(killing(cluster.lab, "etcd-1"), {"remaining": ["etcd-1"]}, "t")
    assert held.loads["remaining"].served("write", 0.3) == "not-served"


def test_where_nothing_was_failed_there_is_no_repair(cluster):
    held = cluster.hold(None, {"remaining": cluster.members.names}, "t")
    assert held.measured.evidence == message("no-member-failed")
    assert held.measured.back_after_heal_s is held.measured.whole_after_heal_s is None


def test_a_write_that_is_missing_after_the_repair_is_lost(cluster):
    cluster.members.read_back = lambda _prefix: {}
    held = cluster.hold(None, {"remaining": cluster.members.names}, "t")
    assert len(held.measured.lost) == held.measured.acknowledged > 0


def test_the_fault_is_taken_back_however_the_offering_ends(cluster, monkeypatch):
    def run(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cluster_module.SurveyLoad, "run", run)
    with pytest.raises(KeyboardInterrupt):
        cluster.hold(killing(cluster.lab, "etcd-1"), {"remaining": ["etcd-2"]}, "t")
    assert not cluster.lab.hit


def test_after_an_interrupt_the_fault_is_taken_back_and_nothing_else_is_waited_for(
    cluster, monkeypatch
):
    run = cluster_module.SurveyLoad.run

    def interrupted(*arguments):
        monkeypatch.setattr(INTERRUPTS, "arrived", True)
        return run(*arguments)

    monkeypatch.setattr(cluster_module.SurveyLoad, "run", interrupted)
    monkeypatch.setattr(cluster, "settle", lambda: pytest.fail("it waits for the members"))
    with pytest.raises((KeyboardInterrupt, ChaosError)):
        cluster.hold(killing(cluster.lab, "etcd-1"), {"remaining": ["etcd-2"]}, "t")
    assert not cluster.lab.hit
