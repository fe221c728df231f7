"""run.json of a document's claims: what decides each, and the experiments run for them.

Each experiment has a run directory of its own below `experiments/NAME`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from reports.history.run_header import RunHeader
from reports.history.run_json import read_record
from reports.history.text import Text
from reports.locale.message import Message

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(frozen=True, extra="forbid")
# experiment/figure, for example table/majority_3
FigureName = Field(pattern=r"^[a-z0-9][a-z0-9-]*/[\w.:-]+$")


class ClaimCheck(BaseModel):
    """A figure and its bound: a number, or another figure. `plus` is added to the bound."""

    model_config = _STRICT

    figure: str = FigureName
    op: Literal["equals", "at_most", "at_least"]
    value: float | str
    plus: float = 0.0

    @property
    def figures(self) -> list[str]:
        """The figures that it needs, EXPERIMENT/NAME each, the judged one first."""
        return [self.figure, *([self.value] if isinstance(self.value, str) else [])]

    @property
    def experiments(self) -> list[str]:
        """The experiments of its figures."""
        return [figure.partition("/")[0] for figure in self.figures]


class Column(BaseModel):
    """A column of a claim's table: a figure's name without its experiment."""

    model_config = _STRICT

    figure: str
    title: Text


class ClaimTable(BaseModel):
    """Figures of several experiments side by side: a row an experiment."""

    model_config = _STRICT

    rows: dict[str, Text]
    columns: list[Column] = Field(min_length=1)


class Claim(BaseModel):
    """A statement of a document, its place there (`source`), and the checks that decide it.

    `notes`: what its author adds to a verdict.
    """

    model_config = _STRICT

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")
    statement: Text
    source: Text
    expect: list[ClaimCheck] = Field(min_length=1)
    notes: dict[Literal["holds", "violated", "unknown"], Text] = {}
    table: ClaimTable | None = None


class ClaimsExperiment(BaseModel):
    """An experiment, recorded before it begins: `directory` is relative, "" without a run.

    `reason`: why it failed, None where it did not.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["tolerance", "splits", "suite"]
    status: Literal["planned", "complete", "interrupted", "failed"] = "planned"
    directory: str = ""
    reason: Message | None = None
    took_s: float = 0.0


class ClaimsRecord(RunHeader):
    """run.json of checked claims, with every experiment that they need."""

    kind: Literal["claims"] = "claims"
    title: Text
    claims: list[Claim]
    experiments: dict[str, ClaimsExperiment]


def read_claims(directory: Path) -> ClaimsRecord:
    """Read a claims run, also an interrupted run. Raises ReportError."""
    return read_record(directory, ClaimsRecord)
