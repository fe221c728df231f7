"""The YAML of a proof. Unknown keys are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from chaos.experiment.schema import FaultSpec
from lab.spec import LabSpec
from reports.history.claims import Text

if TYPE_CHECKING:
    from typing import Self

_STRICT = ConfigDict(frozen=True, extra="forbid")
# A member that no earlier step has replaced: the new one is needed when this one is gone.
ANOTHER = "another"


class ReplaceSpec(BaseModel):
    """A member that is lost for good, and how the new one joins.

    `learner`: as one without a vote, promoted when it has caught up; `direct`: with its vote;
    `add-first`: added before the lost one is removed, which is the unsafe order.
    """

    model_config = _STRICT

    target: str
    how: Literal["learner", "direct", "add-first"]


class Step(BaseModel):
    """A fault that is held and healed, or a member that is replaced `hold_s` after its loss.

    In the unsafe order `hold_s` is how long the added member is kept waiting.
    """

    model_config = _STRICT

    fault: FaultSpec | None = None
    replace: ReplaceSpec | None = None
    hold_s: float = Field(gt=0, le=600)

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.fault is None) == (self.replace is None):
            raise ValueError("a step is either a fault or a replace")
        return self

    def __str__(self) -> str:
        if self.replace is not None:
            return f"replace {self.replace.target} ({self.replace.how}) after {self.hold_s:g} s"
        assert self.fault is not None
        side = f" from {self.fault.others}" if self.fault.others else ""
        return f"{self.fault.kind} {self.fault.target}{side}, held for {self.hold_s:g} s, healed"


class ProofSpec(BaseModel):
    """What is done to an etcd cluster under a workload; the end is always the same proof."""

    model_config = _STRICT

    kind: Literal["proof"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: Text
    hypothesis: Text
    lab: LabSpec = LabSpec(masters=0, workers=1)
    baseline_s: float = Field(default=2.0, gt=0, le=60)
    steps: list[Step] = Field(min_length=1)

    @field_validator("lab", mode="before")
    @classmethod
    def _etcd_alone(cls, lab: Any) -> Any:
        """Fill in that a proof is about etcd alone, with one worker for its clients."""
        return {"masters": 0, "workers": 1, **lab} if isinstance(lab, dict) else lab

    @model_validator(mode="after")
    def _no_masters(self) -> Self:
        if self.lab.masters != 0 or self.lab.workers != 1:
            raise ValueError("lab: a proof has masters: 0, and workers: 1 for its clients")
        return self

    def timeline(self) -> list[str]:
        """Return a line a step: what will be done to what, and for how long."""
        return [f"{self.name}: {step}" for step in self.steps]
