"""What judging a run directory gives: verdicts, figures by name, and the pages to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reports.document import ReportDocument, VerdictDocument

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.analysis import Analysis
    from reports.analysis.figures import Figure
    from reports.analysis.verdict import Verdict
    from reports.document import Kind
    from reports.history.claims import ClaimsRecord
    from reports.history.proof import ProofRecord
    from reports.history.schema import RunRecord
    from reports.history.tolerance import SurveyRecord


@dataclass(frozen=True)
class Judged:
    """A run, judged: its verdicts, its figures by name, and how its report is written.

    `table`: the principal table, one mapping a row. `texts`: what a console shows of it.
    `pages`: writes report/, language -> path of the page. `missing`: what of the directory could
    not be read. `suite`: the analysis, where the run is a suite's.
    """

    kind: Kind
    record: RunRecord | SurveyRecord | ProofRecord | ClaimsRecord
    verdicts: list[Verdict]
    figures: dict[str, Figure]
    table: list[dict[str, Any]]
    texts: list[str]
    pages: Callable[[str], Path]
    missing: list[str] = field(default_factory=list)
    suite: Analysis | None = None

    @property
    def status(self) -> str:
        """How the run ended."""
        return self.record.status

    def document(self, directory: Path) -> ReportDocument:
        """Return what other programs read."""
        record = self.record
        return ReportDocument(
            run=str(directory),
            id=record.id,
            kind=self.kind,
            status=record.status,
            started_at=record.started_at,
            seed=record.seed,
            versions=record.versions,
            command=record.command,
            missing=self.missing,
            verdicts=[
                VerdictDocument(
                    id=one.id, experiment=one.experiment, verdict=one.verdict, note=one.note
                )
                for one in self.verdicts
            ],
            figures=self.table,
        )

    def write(self, lang: str) -> Path:
        """Write report/; return the path of its page."""
        page = self.pages(lang)
        document = self.document(page.parent.parent)
        (page.parent / "report.json").write_bytes(document.model_dump_json(indent=1).encode())
        return page
