"""The YAML of a document's claims. Unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reports.history.claims import Claim
from reports.history.text import Text, WrittenText, in_known_languages

_STRICT = ConfigDict(frozen=True, extra="forbid")


class ToleranceExperiment(BaseModel):
    """The tolerance table of the given sizes and faults, as `halab tolerance` measures it."""

    model_config = _STRICT

    kind: Literal["tolerance"]
    sizes: str = "1-9"
    faults: str = "kill,hang,isolate"


class SplitsExperiment(BaseModel):
    """Network splits of the given sizes, as `halab tolerance --splits` measures them."""

    model_config = _STRICT

    kind: Literal["splits"]
    sizes: str = "2-9"


class SuiteExperiment(BaseModel):
    """A suite in a file of its own, as `halab run` runs it; `lab` overrides its lab.

    `file` is relative to the claims' own file, or a shipped name. `trials`: experiment of the suite
    -> how many trials its claims need, where one is too few.
    """

    model_config = _STRICT

    kind: Literal["suite"]
    file: str
    only: list[str] = []
    trials: dict[str, Annotated[int, Field(ge=1, le=100)]] = {}
    lab: dict[str, Any] = {}


Experiment = Annotated[
    ToleranceExperiment | SplitsExperiment | SuiteExperiment, Field(discriminator="kind")
]
ExperimentName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


def _texts_of(claim: Claim) -> list[Text]:
    table = claim.table
    of_table = [*table.rows.values(), *(column.title for column in table.columns)] if table else []
    return [claim.statement, claim.source, *claim.notes.values(), *of_table]


def _of_known_languages(claim: Claim) -> Claim:
    for text in _texts_of(claim):
        in_known_languages(text)
    return claim


class ClaimsDocument(BaseModel):
    """A document: its claims, and the experiments whose figures decide them."""

    model_config = _STRICT

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: WrittenText
    experiments: dict[ExperimentName, Experiment]
    claims: list[Annotated[Claim, AfterValidator(_of_known_languages)]] = Field(min_length=1)

    def needed(self) -> list[str]:
        """Return the experiments that the claims need, in the order of the document."""
        wanted = {name for claim in self.claims for name in experiments_of(claim)}
        return [name for name in self.experiments if name in wanted]


def experiments_of(claim: Claim) -> set[str]:
    """Return the names of the experiments whose figures a claim uses."""
    rows = claim.table.rows if claim.table else {}
    return {name for check in claim.expect for name in check.experiments} | set(rows)
