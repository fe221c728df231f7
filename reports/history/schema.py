"""run.json of a suite: what was planned, so that what is missing is noticed.

Times are monotonic seconds since a trial's start. docs/record.md describes all files of a run.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from reports.history.lab_nodes import NodeRecord
from reports.history.run_header import RunHeader
from reports.history.text import Text
from reports.locale.message import Message

TIMES = ("scheduled_s", "started_s", "ended_s")
SERIES = ["probe", "worker", "connection"]
COLUMNS = (*SERIES, *TIMES, "outcome", "status", "error", "master", "client_port")
# States of the cluster, which masters were asked for directly: `worker` is the node of the state,
# or CLUSTER; `master` is the holder of a lease. Good: Ready; renewed within its duration; and what
# each says that was asked on its own node: a member is healthy, an apiserver is ready.
State = Literal[
    "node-ready",
    "lease-kube-controller-manager",
    "lease-kube-scheduler",
    "member-health",
    "apiserver-ready",
]
STATES: tuple[str, ...] = get_args(State)
NODE_READY, MEMBER_HEALTH, APISERVER_READY = "node-ready", "member-health", "apiserver-ready"
DIRECT = "direct"
CLUSTER = "cluster"
Connection = Literal["new", "reused", "direct"]
TrialStatus = Literal["planned", "complete", "interrupted", "failed"]

_STRICT = ConfigDict(extra="forbid")


class Expectation(BaseModel):
    """What every trial of an experiment should show.

    `metric`: a name of reports.analysis.metrics. Those of requests and states name a `probe` and a
    `connection`, and are judged over all workers. Their window: `during` a step (its confirmed
    effect to the beginning of its heal), `after_heal_of` a step (to the next injection or the end),
    or, with neither, from the first injection to the end.
    """

    model_config = _STRICT

    id: str
    metric: str
    op: Literal["at_most", "at_least"]
    value: float
    probe: str | None = None
    connection: Connection | None = None
    during: str | None = None
    after_heal_of: str | None = None
    note: Text = Text(en="")


class SeriesRecord(BaseModel):
    """A kind of request or state, and how often. `workers`: those that have it."""

    model_config = _STRICT

    probe: str
    connection: str
    rate_hz: Annotated[float, Field(gt=0, lt=1e6)]
    workers: list[str]


class OperationsRecord(BaseModel):
    """The operations whose consistency is judged: `rate_hz` of all clients together."""

    model_config = _STRICT

    store: Literal["etcd", "kubernetes"]
    rate_hz: float
    keys: int
    timeout_s: float


def _as_written(value: str | float | bool) -> str:
    """Return a parameter as a suite's file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:g}"


class StepRecord(BaseModel):
    """One step of a timeline, as planned: a fault with a duration, or an action without an undo.

    It begins `at_s` seconds after the first injection, or, with `after`, after that step's heal is
    confirmed (an action: after its end). `for_s` counts from the confirmation of the effect.
    """

    model_config = _STRICT

    id: str
    fault: str | None = None
    action: str | None = None
    target: str = ""
    parameters: dict[str, str | float | bool] = {}
    at_s: float = 0.0
    after: str | None = None
    for_s: float | None = None
    settle: bool = False

    @property
    def text(self) -> str:
        """What is done, with its parameters; what it is done to is the target."""
        return self._text("")

    @property
    def full_text(self) -> str:
        """What is done to what, for example `cut etcd:follower from etcd:all`."""
        return self._text(self.target)

    def _text(self, target: str) -> str:
        more = [
            f"{name} {_as_written(value)}" for name, value in self.parameters.items() if value != ""
        ]
        return " ".join(filter(None, [self.fault or self.action, target, *more]))


class ExperimentRecord(BaseModel):
    """One experiment, as resolved: the lab, what is measured, the timeline, the demands.

    Without steps an endpoint is observed, and nothing is broken. `members`: the etcd members.
    `nodes`: of the lab, all; `virtual_addresses`: those that move between its balancers.
    `keep`: what the steps together must never take away; a step that would is not injected.
    `bound_s`: how long nothing must succeed until it has stopped. `environments`: component ->
    what it is started with, NAME=value each. `balancer_file_remarks`: what differs from the
    user's own balancer file.
    """

    model_config = _STRICT

    id: str
    title: Text
    hypothesis: Text
    lab: dict[str, Any]
    workers: list[str]
    members: list[str]
    nodes: list[NodeRecord] = []
    virtual_addresses: list[str] = []
    series: list[SeriesRecord]
    operations: OperationsRecord | None = None
    steps: list[StepRecord]
    keep: Literal["quorum", "one-master", "nothing"] = "nothing"
    expect: list[Expectation]
    settings: dict[str, float]
    supervision: Text
    bound_s: float
    baseline_s: float = 4.0
    environments: dict[str, list[str]] = {}
    balancer_file_remarks: list[Message] = []

    def step(self, name: str) -> StepRecord:
        """Return the step with this id; KeyError when there is none."""
        for step in self.steps:
            if step.id == name:
                return step
        raise KeyError(name)

    @property
    def faults(self) -> list[StepRecord]:
        """The steps that break something."""
        return [step for step in self.steps if step.fault is not None]


class Doubt(BaseModel):
    """Why a trial does not prove what it was to prove: two different things.

    not-measured: the measuring failed, its figures mean nothing. not-recovered: the cluster did not
    come back in time; what was measured until then is true, and its recovery has no end.
    """

    model_config = _STRICT

    kind: Literal["not-measured", "not-recovered"]
    reason: Message


class TrialRecord(BaseModel):
    """One execution of an experiment, recorded before it begins. `number`: of that experiment."""

    model_config = _STRICT

    index: int
    experiment: str
    number: int
    status: TrialStatus = "planned"
    doubt: Doubt | None = None

    @property
    def name(self) -> str:
        """How its files name it."""
        return f"{self.experiment}/{self.index}"


class SuiteRecord(RunHeader):
    """run.json of a suite: every experiment, and every trial that was planned.

    `trial_count`: how many these are, -1 for a record that is just made.
    """

    kind: Literal["suite"] = "suite"
    deadline_s: float
    client_timeout_s: float
    experiments: list[ExperimentRecord]
    trials: list[TrialRecord]
    trial_count: int = -1

    @model_validator(mode="after")
    def _trials_of_experiments(self) -> Self:
        names = {experiment.id for experiment in self.experiments}
        if unknown := [trial.experiment for trial in self.trials if trial.experiment not in names]:
            raise ValueError(f"there is no experiment {unknown[0]}")
        return self

    @model_validator(mode="after")
    def _trials_numbered(self) -> Self:
        """Refuse a plan that is not whole, in which a trial that is missing is not missed."""
        numbers: Counter[str] = Counter()
        for place, trial in enumerate(self.trials):
            if (trial.index, trial.number) != (place, numbers[trial.experiment]):
                raise ValueError(f"trial {place} has the numbers {trial.index}, {trial.number}")
            numbers[trial.experiment] += 1
        if self.trial_count not in (-1, len(self.trials)):
            raise ValueError(
                f"{self.trial_count} trials were planned, {len(self.trials)} are there"
            )
        if idle := [it.id for it in self.experiments if self.trials and not numbers[it.id]]:
            raise ValueError(f"no trial of {idle[0]} is there")
        self.trial_count = len(self.trials)
        return self

    def experiment(self, name: str) -> ExperimentRecord:
        """Return the experiment with this id; KeyError when there is none."""
        for experiment in self.experiments:
            if experiment.id == name:
                return experiment
        raise KeyError(name)
