"""The states of a cluster as samples: which nodes are Ready, which node holds which lease. Pure.

A state is a series like a request's: good, bad, or not observed. Its `worker` is the node that it
is about, or CLUSTER; the `master` of a lease is its holder's node, that of a node is the master
that answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.clients.kubernetes import LEASED_COMPONENTS, leaders, ready_nodes, revision
from reports.history import events
from reports.history.samples import Sample
from reports.history.schema import (
    APISERVER_READY,
    CLUSTER,
    DIRECT,
    MEMBER_HEALTH,
    NODE_READY,
    SeriesRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.clients.kubernetes import LeaseState
    from lab.plan import LabPlan
    from reports.history.events import Event

RATE_HZ = 2.0
PERIOD_S = 1 / RATE_HZ
# Of what a node says of itself: each question takes a handshake.
HEALTH_RATE_HZ = 1.0
# Of one master, within a probe's deadline; the others answer meanwhile.
ASK_TIMEOUT_S = 0.9
# State that a node says of itself -> the role of such nodes.
HEALTH_PROBES = {MEMBER_HEALTH: "etcd", APISERVER_READY: "master"}
LEASE_PROBES = {name: f"lease-{name}" for name in LEASED_COMPONENTS}


@dataclass(frozen=True)
class Answer:
    """What a master answered; `asked_s` and `answered_s` are monotonic, `wall_s` is when it came.

    All of it was read at this revision or above.
    """

    master: str
    asked_s: float
    answered_s: float
    wall_s: float
    revision: int
    leases: dict[str, LeaseState]
    ready: dict[str, bool]


def answer_from(
    master: str,
    times_s: tuple[float, float, float],
    lists: dict[str, dict[str, Any]],
    names: Mapping[str, str],
) -> Answer:
    """Read a master's lists, `leases` and, with kubelets, `nodes`. Raises KeyError, ValueError.

    `names`: the names of nodes, by those that they have in the cluster.
    """
    return Answer(
        master,
        *times_s,
        min(revision(listed) for listed in lists.values()),
        leaders(lists["leases"], names),
        ready_nodes(lists["nodes"], names) if "nodes" in lists else {},
    )


def newest(answers: Iterable[Answer | None]) -> Answer | None:
    """Return the answer that was read at the highest revision, of whichever master."""
    whole = [answer for answer in answers if answer is not None]
    return max(whole, key=lambda answer: answer.revision, default=None)


def state_series(plan: LabPlan) -> list[SeriesRecord]:
    """Return the series that a lab has: leases with masters, nodes with kubelets.

    In a cluster that was found an apiserver knows only the member beside it: what both say, too.
    """
    if not plan.with_role("master"):
        return []
    about = {probe: [CLUSTER] for probe in LEASE_PROBES.values()}
    if plan.kubelet_nodes:
        about[NODE_READY] = list(plan.kubelet_nodes)
    rates_hz = dict.fromkeys(about, RATE_HZ)
    if plan.found is not None:
        for probe, role in HEALTH_PROBES.items():
            about[probe] = [node.name for node in plan.with_role(role)]
            rates_hz[probe] = HEALTH_RATE_HZ
    return [
        SeriesRecord(probe=probe, connection=DIRECT, rate_hz=rates_hz[probe], workers=workers)
        for probe, workers in about.items()
    ]


def samples_of(plan: LabPlan, scheduled_s: float, answer: Answer | None) -> list[Sample]:
    """Return one sample a state; without an answer each is unknown."""
    asked_s, answered_s = scheduled_s, scheduled_s + ASK_TIMEOUT_S
    if answer is not None:
        asked_s, answered_s = answer.asked_s, answer.answered_s

    def sample(probe: str, worker: str, error: str, master: str) -> Sample:
        answered = answer is not None
        return Sample(
            probe=probe,
            worker=worker,
            connection=DIRECT,
            scheduled_s=scheduled_s,
            started_s=asked_s,
            ended_s=answered_s,
            outcome=("fail" if error else "ok") if answered else "unknown",
            status=200 if answered else 0,
            error=error if answered else "unseen",
            master=master,
            client_port=0,
        )

    samples = []
    for name, probe in LEASE_PROBES.items():
        lease = answer.leases.get(name) if answer else None
        held = answer is not None and lease is not None and lease.held(answer.wall_s)
        error = "" if held else "expired" if lease else "missing"
        samples.append(sample(probe, CLUSTER, error, lease.holder if lease else ""))
    for node in plan.kubelet_nodes:
        ready = answer.ready.get(node) if answer else None
        error = "" if ready else "missing" if ready is None else "not-ready"
        samples.append(sample(NODE_READY, node, error, answer.master if answer else ""))
    return samples


def facts_of(answer: Answer) -> dict[tuple[str, str], Event]:
    """Return every state in an answer as an event, by what it is about."""
    at_s = answer.answered_s
    leases, ready = answer.leases.items(), answer.ready.items()
    return {
        **{("lease", name): events.Lease(at_s, name, lease.holder) for name, lease in leases},
        **{("node", name): events.NodeReady(at_s, name, is_ready) for name, is_ready in ready},
    }
