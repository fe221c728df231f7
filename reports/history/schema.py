"""The run directory's own schema, versioned. Times are monotonic seconds since a trial's start."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1
TIMES = ("scheduled_s", "started_s", "ended_s")
SERIES = ["probe", "worker", "connection"]
COLUMNS = (*SERIES, *TIMES, "outcome", "status", "error", "master", "client_port")
Request = Literal["read", "write", "livez", "readyz", "watch"]
State = Literal["node-ready", "lease-kube-controller-manager", "lease-kube-scheduler"]
Probe = Literal[Request, State]
# States of the cluster, which masters were asked for directly: `worker` is the node that they are
# about, or CLUSTER; `master` is the holder of a lease. Good: Ready; renewed within its duration.
STATES: tuple[str, ...] = get_args(State)
NODE_READY = "node-ready"
DIRECT = "direct"
CLUSTER = "cluster"
# The fault of a trial in which nothing is broken: an endpoint is observed.
OBSERVED = "none"
Connection = Literal["new", "reused", "direct"]

_STRICT = ConfigDict(extra="forbid")


class Expectation(BaseModel):
    """What a trial should show of one probe and connection mode, over all workers.

    outage_s: the longest outage from the injection on, judged on its bracket; hold_outage_s: of
    those that began before the heal, so that the return of what had failed is not counted.
    degraded_s: first to last bad request. hold_good_share: good requests among those begun
    while the fault was in. availability: the same from the injection to the end. answers: how
    many requests were good.
    """

    model_config = _STRICT

    id: str
    metric: Literal[
        "outage_s", "hold_outage_s", "degraded_s", "hold_good_share", "availability", "answers"
    ]
    probe: Probe
    connection: Connection
    op: Literal["at_most", "at_least"]
    value: float
    note: str = ""


class SeriesRecord(BaseModel):
    """One kind of request or state, and how often. `workers`: those that have it, None for all."""

    model_config = _STRICT

    probe: str
    connection: str
    rate_hz: Annotated[float, Field(gt=0, lt=1e6)]
    workers: list[str] | None = None


class TrialRecord(BaseModel):
    """One execution of an experiment.

    `target` is the selector, `hit` what it resolved to. `unknown_reason`: why its figures prove
    nothing. `operations_hz`: the rate of the operations whose consistency is judged, None where
    there are none.
    """

    model_config = _STRICT

    index: int
    experiment: str
    title: str
    hypothesis: str
    fault: str
    target: str
    hit: str
    hold_s: float
    supervision: str
    expect: list[Expectation]
    status: Literal["complete", "interrupted", "failed"]
    unknown_reason: str | None
    operations_hz: float | None = None


class RunRecord(BaseModel):
    """run.json: what was run, where, with what. `started_at` is the one wall-clock anchor."""

    model_config = _STRICT

    schema_version: int
    id: str
    name: str
    command: str
    started_at: str
    seed: int
    status: Literal["complete", "interrupted", "failed"]
    deadline_s: float
    client_timeout_s: float
    lab: dict[str, Any]
    workers: list[str]
    series: list[SeriesRecord]
    settings: dict[str, float]
    versions: dict[str, str]
    host: dict[str, str]
    runtime: str
    trials: list[TrialRecord]
