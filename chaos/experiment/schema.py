"""The YAML of an experiment suite. Unknown keys are refused."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator
from simpleeval import InvalidExpression, simple_eval

from chaos.errors import InputError
from lab.spec import LabSpec
from reports.history.schema import DIRECT, STATES, Connection, Expectation, Probe

if TYPE_CHECKING:
    from typing import Self

_STRICT = ConfigDict(frozen=True, extra="forbid")


class FaultSpec(BaseModel):
    """Which fault hits what. `from` is the other side of a cut."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    kind: Literal["kill", "hang", "power-off", "cut", "isolate"]
    target: str
    others: str | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _cut_has_two_sides(self) -> Self:
        if (self.kind == "cut") != (self.others is not None):
            raise ValueError("a cut needs `from`, and no other fault takes it")
        return self


class DialSpec(BaseModel):
    """A connection that is tried once in the steady state, from a node of the lab.

    `node` is a selector; every node that it chooses dials.
    """

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    node: str
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    tls: bool


FORMULA_ERRORS = (
    *(ValueError, TypeError, SyntaxError, ArithmeticError, LookupError),
    *(RecursionError, MemoryError),
    Warning,  # how simpleeval speaks of several formulas in one
)


def _evaluate(formula: str, settings: dict[str, float]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = float(simple_eval(formula, names=settings, functions={}))
    if not math.isfinite(value):
        raise ValueError("is not finite")
    return value


class ExpectationSpec(BaseModel):
    """An expectation whose value may be a formula over the lab's settings."""

    model_config = _STRICT

    id: str
    metric: Literal["outage_s", "hold_outage_s", "degraded_s", "hold_good_share", "availability"]
    probe: Probe
    connection: Connection
    op: Literal["at_most", "at_least"]
    value: FiniteFloat | str
    note: str = ""

    @model_validator(mode="after")
    def _states_are_seen_directly(self) -> Self:
        if (self.probe in STATES) != (self.connection == DIRECT):
            raise ValueError(
                f"{', '.join(STATES)} go with connection: {DIRECT}, no other probe does"
            )
        return self

    def resolved(self, settings: dict[str, float]) -> Expectation:
        """Compute the value. Raises InputError with the formula and the names it may use."""
        value = self.value
        if isinstance(value, str):
            try:
                value = _evaluate(value, settings)
            except (*FORMULA_ERRORS, InvalidExpression) as error:
                raise InputError(
                    f"expectation {self.id}: formula {self.value!r}: {error}; "
                    f"names: {', '.join(sorted(settings))}"
                ) from error
        return Expectation(**{**self.model_dump(), "value": value})


class OperationsSpec(BaseModel):
    """ConfigMaps that clients write, read, list and watch during the trial, through all workers.

    `rate_hz`: operations a second of all workers together. Whether they were consistent, and
    whether any acknowledged write is missing, is judged beside what is expected.
    """

    model_config = _STRICT

    rate_hz: float = Field(gt=0, le=500)


class ExperimentSpec(BaseModel):
    """A hypothesis with one fault, how long it is held, and what is expected."""

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    hypothesis: str
    fault: FaultSpec
    hold_s: float = Field(gt=0, le=600)
    dials: list[DialSpec] = []
    operations: OperationsSpec | None = None
    expect: list[ExpectationSpec] = Field(min_length=1)

    def timeline(self) -> str:
        """Return in one line what will be done to what, and for how long."""
        side = f" from {self.fault.others}" if self.fault.others else ""
        done = f"{self.fault.kind} {self.fault.target}{side}, held for {self.hold_s:g} s, healed"
        if self.operations is not None:
            done += f", under {self.operations.rate_hz:g} operations a second"
        return done


class Suite(BaseModel):
    """A list of experiments on one lab spec."""

    model_config = _STRICT

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    lab: LabSpec = LabSpec()
    experiments: list[ExperimentSpec] = Field(min_length=1)

    def timeline(self) -> list[str]:
        """Return the balancer, and in a line an experiment what will be done to what."""
        own = " with a file of your own" if self.lab.lb_config else ""
        steps = [f"{one.id}: {one.timeline()}" for one in self.experiments]
        return [f"{self.name}: balancer {self.lab.lb}{own}", *steps]


def settings_of(spec: LabSpec) -> dict[str, float]:
    """Return the names that formulas may use, in seconds and counts.

    nginx's fail_timeout is its default, proxy_connect_timeout is kubespray's. Of the leases:
    Kubernetes' defaults, which kubespray keeps (component-base/config/v1alpha1, leader election);
    two tries to take one are at most retry_period * (1 + 1.2) apart (client-go, JitterFactor).
    """
    return {
        "heartbeat_s": spec.timeouts.heartbeat_ms / 1000,
        "election_s": spec.timeouts.election_ms / 1000,
        "proxy_connect_timeout_s": 1.0,
        "proxy_fail_timeout_s": 10.0,
        "lease_duration_s": 15.0,
        "renew_deadline_s": 10.0,
        "retry_period_s": 2.0,
        "node_status_s": 10.0,
        "node_monitor_grace_s": float(spec.timeouts.node_monitor_grace_s),
        "etcd": float(spec.etcd),
        "masters": float(spec.masters),
    }
