"""The YAML of a suite. Unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from lab.runtime.drivers import driver_of
from lab.spec import LabSpec
from reports.history.schema import Connection
from reports.history.text import Text, WrittenText


def _known_runtime(name: str) -> str:
    driver_of(name)
    return name


_STRICT = ConfigDict(frozen=True, extra="forbid")
_NAME = r"^[a-z0-9][a-z0-9-]*$"
Name = Annotated[str, Field(pattern=_NAME)]
RuntimeName = Annotated[str, AfterValidator(_known_runtime)]
HoldSeconds = Annotated[float, Field(gt=0, le=600)]
# of one experiment; every two of them are compared
MOST_STEPS = 50
MOST_EXPERIMENTS = 200
Keep = Literal["quorum", "one-master", "nothing"]


class _Parametrised(BaseModel):
    """Keys that are not its own fields are parameters of its fault or action."""

    model_config = _STRICT

    parameters: dict[str, str | float | bool] = {}

    @model_validator(mode="before")
    @classmethod
    def _rest_are_parameters(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        own = cls.model_fields.keys() - {"parameters"}
        kept = {key: value for key, value in data.items() if key in own}
        return {**kept, "parameters": {k: v for k, v in data.items() if k not in own}}


class StepSpec(_Parametrised):
    """A fault that is held for `for_s`, or an action without an undo.

    It begins `at_s` after the first injection; with `after`, `at_s` after that step's confirmed
    heal. Without both, the first step begins at 0 s, and any other after the step before it. With
    `settle` it waits until the steady state is observed again, so no fault may be in effect then.
    Without an id its name is its fault or action (timeline.py).
    """

    id: str = Field(default="", pattern=_NAME)
    fault: str | None = None
    action: str | None = None
    target: str = Field(min_length=1)
    at_s: float | None = Field(default=None, ge=0, le=3600)
    after: str | None = None
    for_s: HoldSeconds | None = None
    settle: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.fault is None) == (self.action is None):
            raise ValueError("a step has either `fault` or `action`")
        if (self.fault is None) != (self.for_s is None):
            raise ValueError("a fault needs `for_s`, and no action takes it")
        return self


class Range(BaseModel):
    """The range of a uniform draw, in seconds; written as [least, most]."""

    model_config = _STRICT

    least: HoldSeconds
    most: HoldSeconds

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, data: Any) -> Any:
        if not isinstance(data, list) or len(data) != 2:
            raise ValueError("a range is [least, most], in seconds")
        return {"least": data[0], "most": data[1]}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least > self.most:
            raise ValueError("a range is [least, most], in seconds")
        return self


class RandomFault(_Parametrised):
    """A fault that may be drawn, `weight` times as often as a fault of weight 1.

    `recovery_s`: how long its targets are assumed to need until they are healthy again.
    """

    fault: str
    target: str = Field(min_length=1)
    weight: float = Field(default=1, gt=0)
    for_s: Range
    recovery_s: HoldSeconds = 10


class RandomSpec(BaseModel):
    """A timeline that is drawn from the run's seed: `length_s` long, `pause_s` between two begins.

    `keep`: what the faults always leave, whichever nodes are chosen: a majority of the etcd members
    and one master (`quorum`), one master, or nothing. A cut counts for its targets only.
    """

    model_config = _STRICT

    length_s: float = Field(gt=0, le=3600)
    keep: Keep
    pause_s: Range
    faults: list[RandomFault] = Field(min_length=1, max_length=MOST_STEPS)


class DemandedValue(BaseModel):
    """What is demanded, and what is to be said of it; the value may be a formula (formulas.py)."""

    model_config = _STRICT

    value: FiniteFloat | str
    note: WrittenText = Text(en="")


class ExpectationSpec(DemandedValue):
    """A demand, as reports.history.schema.Expectation.

    `on_runtime`: what it is on a runtime whose clusters are other ones. (`on` is true in YAML.)
    """

    id: str = Field(min_length=1)
    metric: str
    op: Literal["at_most", "at_least"]
    on_runtime: dict[RuntimeName, DemandedValue] = {}
    probe: str | None = None
    connection: Connection | None = None
    during: str | None = None
    after_heal_of: str | None = None


class OperationsSpec(BaseModel):
    """Operations that clients do during the trial: write, read, list and watch, `rate_hz` together.

    Their consistency is judged, and whether an acknowledged write is missing. `store`: by default
    ConfigMaps through every worker in a lab with masters, else etcd's own keys.
    """

    model_config = _STRICT

    rate_hz: float = Field(gt=0, le=500)
    store: Literal["etcd", "kubernetes"] | None = None

    def store_on(self, lab: LabSpec) -> Literal["etcd", "kubernetes"]:
        """Return the store on a lab."""
        return self.store or ("kubernetes" if lab.masters else "etcd")


class ExperimentSpec(BaseModel):
    """A hypothesis: the lab, the measurements, the steps, and the demands.

    `lab`: its own lab, where it differs from the suite's.
    """

    model_config = _STRICT

    id: Name
    title: WrittenText
    hypothesis: WrittenText
    lab: LabSpec | None = None
    baseline_s: float = Field(default=4.0, gt=1, le=60)
    operations: OperationsSpec | None = None
    steps: list[StepSpec] = Field(default=[], max_length=MOST_STEPS)
    random: RandomSpec | None = None
    expect: list[ExpectationSpec] = []

    @model_validator(mode="after")
    def _something_happens(self) -> Self:
        if bool(self.steps) == (self.random is not None):
            raise ValueError("an experiment has either `steps` or `random`")
        if not self.expect and self.operations is None:
            raise ValueError("an experiment has `expect`, or `operations`, which imply demands")
        return self


class Suite(BaseModel):
    """A list of experiments and their common lab."""

    model_config = _STRICT

    name: Name
    lab: LabSpec = LabSpec()
    experiments: list[ExperimentSpec] = Field(min_length=1, max_length=MOST_EXPERIMENTS)

    @property
    def labs(self) -> list[LabSpec]:
        """The lab of each experiment, in order: its own, or the suite's."""
        return [experiment.lab or self.lab for experiment in self.experiments]
