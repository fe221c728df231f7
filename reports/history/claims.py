"""The run directory of checked claims: run.json, and one run directory an experiment below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reports.errors import ReportError
from reports.history.object import read_object, write_record

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(frozen=True, extra="forbid")
Op = Literal["equals", "at_most", "at_least"]
# experiment/figure, for example table/majority_3
FigureName = Field(pattern=r"^[a-z0-9][a-z0-9-]*/[\w.:-]+$")


class Text(BaseModel):
    """A text in both languages."""

    model_config = _STRICT

    en: str
    zh: str


class Check(BaseModel):
    """A figure held against a number, or against another figure; `plus` is added to that."""

    model_config = _STRICT

    figure: str = FigureName
    op: Op
    value: float | str
    plus: float = 0.0


class Column(BaseModel):
    """A column of a claim's table: a figure's name without its experiment."""

    model_config = _STRICT

    figure: str
    title: Text


class ClaimTable(BaseModel):
    """Figures of several experiments side by side: one row an experiment."""

    model_config = _STRICT

    rows: dict[str, Text]
    columns: list[Column] = Field(min_length=1)


class Claim(BaseModel):
    """One statement of a document, where it stands there, and what decides it.

    `notes`: what is to be said beside a verdict.
    """

    model_config = _STRICT

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")
    statement: Text
    source: str
    expect: list[Check] = Field(min_length=1)
    notes: dict[Literal["holds", "violated", "unknown"], Text] = {}
    table: ClaimTable | None = None


class ExperimentRecord(BaseModel):
    """One experiment that was run: `directory` is relative, "" when nothing could be started."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["tolerance", "splits", "suite", "proof"]
    directory: str = ""
    reason: str = ""
    took_s: float = 0.0


class ClaimsRecord(BaseModel):
    """run.json of checked claims. `started_at` is the one wall-clock anchor."""

    model_config = ConfigDict(extra="forbid")

    schema_version: int
    kind: Literal["claims"]
    id: str
    name: str
    title: Text
    command: str
    started_at: str
    seed: int
    status: Literal["complete", "interrupted", "failed"]
    claims: list[Claim]
    experiments: dict[str, ExperimentRecord]
    versions: dict[str, str]
    host: dict[str, str]
    runtime: str


class ClaimsWriter:
    """Writes run.json as the experiments go."""

    def __init__(self, directory: Path, record: ClaimsRecord) -> None:
        self.directory = directory
        self.record = record
        self.save()

    def save(self) -> None:
        """Write run.json atomically."""
        write_record(self.directory, self.record)

    def folder(self, experiment: str) -> Path:
        """Return where the run directory of an experiment is made."""
        return self.directory / "experiments" / experiment


def read_claims(directory: Path) -> ClaimsRecord:
    """Read a claims run, an interrupted one too. Raises ReportError."""
    try:
        return ClaimsRecord.model_validate(read_object(directory / "run.json"))
    except ValidationError as error:
        raise ReportError(f"{directory} holds no claims of halab: {error}") from error
