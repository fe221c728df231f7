"""What nodes say of their own member and apiserver, asked on a schedule while a trial runs."""

from __future__ import annotations

import contextlib
import itertools
import time
from types import SimpleNamespace

import pytest

from chaos.observers.health import TURNS, health_watches
from chaos.observers.states import ASK_TIMEOUT_S
from lab.errors import LabError
from lab.readiness import wait_until
from reports.history.schema import APISERVER_READY, DIRECT, MEMBER_HEALTH, SeriesRecord

NODES = ["master-1", "master-2"]
PERIOD_S = 0.05


class Cluster:
    """Nodes that answer with a status or raise; each answer takes so long."""

    def __init__(self):
        self.answers = dict.fromkeys(NODES, 200)
        self.takes_s = dict.fromkeys(NODES, 0.0)
        self.asked = set()
        self.samples = []

    def _endpoint(self, kind, node):
        def request(method, path, *, timeout_s):
            assert timeout_s == ASK_TIMEOUT_S
            self.asked.add((kind, node, method, path))
            time.sleep(self.takes_s[node])
            answer = self.answers[node]
            if isinstance(answer, Exception):
                raise answer
            return answer, {}

        return SimpleNamespace(request=request)

    def etcd(self, node):
        return self._endpoint("etcd", node)

    def apiserver(self, node):
        return self._endpoint("apiserver", node)

    def watch(self, probe=MEMBER_HEALTH):
        record = SeriesRecord(
            probe=probe, connection=DIRECT, rate_hz=1 / PERIOD_S, workers=list(NODES)
        )
        watches = contextlib.ExitStack()
        for watch in health_watches(self, [record], self.samples.append):
            watches.enter_context(watch)
        return watches

    def of(self, node):
        return [sample for sample in list(self.samples) if sample.worker == node]

    def answers_of(self, node):
        """Its samples but those of moments for which a busy machine was too late."""
        return [sample for sample in self.of(node) if sample.error != "unseen"]

    def wait_for_answers(self):
        def check():
            return "" if all(len(self.answers_of(node)) >= 3 for node in NODES) else "too few"

        wait_until("answers of each node", check, 5)


@pytest.fixture
def cluster():
    return Cluster()


@pytest.mark.parametrize(
    ("probe", "kind", "path"),
    [(MEMBER_HEALTH, "etcd", "/health"), (APISERVER_READY, "apiserver", "/readyz")],
)
def test_each_node_is_asked_for_its_own(cluster, probe, kind, path):
    with cluster.watch(probe):
        cluster.wait_for_answers()
    assert cluster.asked == {(kind, node, "GET", path) for node in NODES}
    assert {(sample.probe, sample.connection) for sample in cluster.samples} == {(probe, DIRECT)}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (200, ("ok", 200, "")),
        (503, ("fail", 503, "http")),
        (LabError("refused"), ("fail", 0, "unanswered")),
    ],
)
def test_only_200_is_good(cluster, answer, wanted):
    cluster.answers["master-2"] = answer
    with cluster.watch():
        cluster.wait_for_answers()
    answers = cluster.answers_of("master-2")
    assert {(sample.outcome, sample.status, sample.error) for sample in answers} == {wanted}
    assert {sample.outcome for sample in cluster.answers_of("master-1")} == {"ok"}


def moments_s(samples):
    """Return the moments that have a sample, from where all turns had begun.

    The last are left out where one turn is behind the others.
    """
    times_s = sorted(sample.scheduled_s for sample in samples)
    turns = [[] for _ in range(TURNS)]
    for time_s in times_s:
        turns[round((time_s - times_s[0]) / PERIOD_S) % TURNS].append(time_s)
    if not all(turns):
        return []
    begin_s, end_s = max(map(min, turns)), min(map(max, turns))
    return [time_s for time_s in times_s if begin_s <= time_s <= end_s]


REGULAR = pytest.approx(PERIOD_S)


def slow_samples(cluster):
    """Return what was sampled of a slow master, until seven moments in a row have a sample."""

    def check():
        return "" if len(moments_s(cluster.of("master-1"))) >= 7 else "too few"

    with cluster.watch():
        wait_until("moments", check, 10)
    slow = cluster.of("master-1")
    times_s = moments_s(slow)
    assert all(after - before == REGULAR for before, after in itertools.pairwise(times_s))
    return slow


def test_an_answer_that_takes_long_delays_no_other_question(cluster):
    cluster.takes_s["master-1"] = 1.5 * PERIOD_S
    outcomes = [sample.outcome for sample in slow_samples(cluster)]
    # a busy machine may be late for some of them
    assert outcomes.count("ok") > len(outcomes) / 2


def test_every_moment_has_a_sample_though_nothing_is_answered_in_time(cluster):
    cluster.takes_s["master-1"] = (TURNS + 1.5) * PERIOD_S
    assert "unknown" in {sample.outcome for sample in slow_samples(cluster)}
