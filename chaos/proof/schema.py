"""The YAML of a proof. Unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chaos.experiment.schema import FaultSpec
from lab.spec import LabSpec
from reports.history.claims import Text

_STRICT = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class FaultStep(BaseModel):
    """A fault that is held and healed; then every member must have caught up again."""

    model_config = _STRICT

    do: Literal["kill", "hang", "power-off", "cut"]
    id: StepId
    target: str
    others: str | None = Field(default=None, alias="from")
    hold_s: float = Field(gt=0, le=300)

    @property
    def fault(self) -> FaultSpec:
        """The fault itself."""
        return FaultSpec.model_validate(
            {"kind": self.do, "target": self.target, "from": self.others}
        )


class ReplaceStep(BaseModel):
    """A member is lost with its data, removed, and added anew with nothing."""

    model_config = _STRICT

    do: Literal["replace"]
    id: StepId
    target: str
    how: Literal["learner", "direct"]


class AddFirstStep(BaseModel):
    """A member dies, and another one is added before it is removed; the new one never starts."""

    model_config = _STRICT

    do: Literal["add-first"]
    id: StepId
    target: str
    hold_s: float = Field(gt=0, le=300)


Step = Annotated[FaultStep | ReplaceStep | AddFirstStep, Field(discriminator="do")]


class Proof(BaseModel):
    """Steps on an etcd cluster under a workload of `rate_hz` writes and reads a member."""

    model_config = _STRICT

    kind: Literal["proof"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: Text
    lab: LabSpec = LabSpec(masters=0, workers=1)
    rate_hz: float = Field(default=15.0, gt=0, le=200)
    keys: int = Field(default=5, ge=1, le=1000)
    steps: list[Step] = Field(min_length=1)

    def timeline(self) -> list[str]:
        """Return in a line a step what will be done to what."""
        return [
            f"{step.id}: {step.do} {step.target}"
            + ("" if isinstance(step, ReplaceStep) else f", held for {step.hold_s:g} s")
            for step in self.steps
        ]

    @model_validator(mode="after")
    def _is_of_etcd_alone(self) -> Self:
        if self.lab.masters or self.lab.workers != 1:
            raise ValueError("a proof needs a lab with masters: 0 and workers: 1, its client")
        return self
