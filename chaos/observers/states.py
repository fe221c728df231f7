"""What the cluster says of itself, as samples: which nodes are Ready, who holds which lease. Pure.

A state is a series like a request's: good, bad, or not seen. Its `worker` is the node it is about,
or CLUSTER; the `master` of a lease is its holder's node, that of a node's is who was asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.clients.kubernetes import LEADERS, leaders, ready_nodes, revision
from reports.history import events
from reports.history.samples import Sample
from reports.history.schema import CLUSTER, DIRECT, NODE_READY, SeriesRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.clients.kubernetes import LeaseState
    from lab.plan import LabPlan
    from reports.history.events import Event

RATE_HZ = 2.0
PERIOD_S = 1 / RATE_HZ
# Of one master, within a probe's deadline; the others answer meanwhile.
ASK_TIMEOUT_S = 0.9
LEASE_PROBES = {name: f"lease-{name}" for name in LEADERS}


@dataclass(frozen=True)
class Answer:
    """What one master said; `asked_s` and `answered_s` are monotonic, `wall_s` is when it came.

    Its revision is one at or above which all of it was read.
    """

    master: str
    asked_s: float
    answered_s: float
    wall_s: float
    revision: int
    leases: dict[str, LeaseState]
    ready: dict[str, bool]


def read(
    master: str, times_s: tuple[float, float, float], lists: dict[str, dict[str, Any]]
) -> Answer:
    """Read a master's lists, `leases` and, with kubelets, `nodes`. Raises KeyError, ValueError."""
    return Answer(
        master,
        *times_s,
        min(revision(one) for one in lists.values()),
        leaders(lists["leases"]),
        ready_nodes(lists["nodes"]) if "nodes" in lists else {},
    )


def newest(answers: Iterable[Answer | None]) -> Answer | None:
    """Return the answer that was read at the highest revision, whoever gave it."""
    given = [answer for answer in answers if answer is not None]
    return max(given, key=lambda answer: answer.revision, default=None)


def state_series(plan: LabPlan) -> list[SeriesRecord]:
    """Return the series that a lab has: leases with masters, nodes with kubelets."""
    if not plan.with_role("master"):
        return []
    about = {probe: [CLUSTER] for probe in LEASE_PROBES.values()}
    if plan.kubelet_nodes:
        about[NODE_READY] = list(plan.kubelet_nodes)
    return [
        SeriesRecord(probe=probe, connection=DIRECT, rate_hz=RATE_HZ, workers=workers)
        for probe, workers in about.items()
    ]


def samples_of(plan: LabPlan, scheduled_s: float, answer: Answer | None) -> list[Sample]:
    """Return one sample a state; without an answer, nobody knows."""
    asked_s, answered_s = scheduled_s, scheduled_s + ASK_TIMEOUT_S
    if answer is not None:
        asked_s, answered_s = answer.asked_s, answer.answered_s

    def sample(probe: str, worker: str, error: str, master: str) -> Sample:
        seen = answer is not None
        return Sample(
            probe=probe,
            worker=worker,
            connection=DIRECT,
            scheduled_s=scheduled_s,
            started_s=asked_s,
            ended_s=answered_s,
            outcome=("fail" if error else "ok") if seen else "unknown",
            status=200 if seen else 0,
            error=error if seen else "unseen",
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
    """Return what an answer tells of every state, as events, by what they are about."""
    at_s = answer.answered_s
    return {
        **{("lease", n): events.Lease(at_s, n, one.holder) for n, one in answer.leases.items()},
        **{("node", n): events.NodeReady(at_s, n, ready) for n, ready in answer.ready.items()},
    }
