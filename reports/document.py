"""report.json, and what `--json` prints: a run's verdicts and figures for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from reports.locale.catalogue import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.verdict import Verdict

_STRICT = ConfigDict(extra="forbid")
DOCUMENT_VERSION = 1
# of every sentence that other programs read, whatever the language of the pages
MACHINE_LANGUAGE = "en"
# A cell of a table. null: it was not observed; an upper end beside a lower one: it has no end.
Cell = str | int | float | bool | None


class VerdictDocument(BaseModel):
    """An expectation, or a statement of a document, judged."""

    model_config = _STRICT

    id: str
    experiment: str
    verdict: Literal["holds", "violated", "unknown"]
    note: str = Field(description="The figure that decided, or why it is unknown.")
    remark: str = Field(description="What the author of the expectation or statement adds.")


class ReportDocument(BaseModel):
    """A run, judged."""

    model_config = _STRICT

    document_version: int = DOCUMENT_VERSION
    run: str = Field(description="The run directory.")
    id: str
    kind: str = Field(description="suite, tolerance, splits or claims.")
    status: Literal["complete", "interrupted", "failed"]
    started_at: str = Field(description="ISO 8601.")
    seed: int
    versions: dict[str, str]
    command: str = Field(description="The command that does the same again.")
    missing: list[str] = Field(description="What of the run directory could not be read.")
    verdicts: list[VerdictDocument]
    figures: list[dict[str, Cell]] = Field(description="The principal table, an object a row.")


def verdict_documents(verdicts: Sequence[Verdict]) -> list[VerdictDocument]:
    """Return verdicts for other programs."""
    return [
        VerdictDocument(
            id=verdict.id,
            experiment=verdict.experiment,
            verdict=verdict.verdict,
            note=text_of(verdict.note, MACHINE_LANGUAGE),
            remark=verdict.remark.in_language(MACHINE_LANGUAGE) if verdict.remark else "",
        )
        for verdict in verdicts
    ]
