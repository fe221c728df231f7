"""Writes report/ of a run directory of any kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reports.document import MACHINE_LANGUAGE, ReportDocument, verdict_documents
from reports.history.files import write_within
from reports.history.run_header import RunHeader
from reports.locale.catalogue import text_of, words_of
from reports.locale.printable import encodable
from reports.render.environment import pages_of
from reports.render.headline import counted
from reports.render.machine_formats import junit_of, table_files

if TYPE_CHECKING:
    from pathlib import Path

    from reports.kinds.judged import Judged


def write_report(directory: Path, judged: Judged, lang: str = "en") -> Path:
    """Write the pages, the tables and what other programs read; return the path of the page.

    The runs below a run are written, too.
    """
    for place, run in judged.below.items():
        write_report(place, run, lang)
    files = {
        **{f"tables/{name}": content for name, content in table_files(judged.tables).items()},
        "junit.xml": junit_of(judged.record.name, judged.verdicts),
        **judged.files,
    }
    context = {
        "lang": lang,
        "words": words_of(lang),
        "record": judged.record,
        "verdicts": judged.verdicts,
        "counts": counted(verdict.verdict for verdict in judged.verdicts),
        "overall": judged.overall,
    }
    of_kind = judged.context(lang)
    missing = [*judged.missing, *of_kind.get("missing", ())]
    files |= pages_of(judged.pages, context | of_kind | {"missing": missing})
    files["report.json"] = document_of(directory, judged).model_dump_json(indent=1).encode()
    for name, content in files.items():
        write_within(directory, f"report/{name}", content)
    return directory / "report/index.html"


def document_of(directory: Path, judged: Judged) -> ReportDocument:
    """Return what other programs read."""
    shared = ReportDocument.model_fields.keys() & RunHeader.model_fields.keys()
    return ReportDocument(
        run=encodable(str(directory)),
        missing=[text_of(loss, MACHINE_LANGUAGE) for loss in judged.missing],
        verdicts=verdict_documents(judged.verdicts),
        figures=json.loads(judged.tables[judged.principal].to_json(orient="records")),
        **judged.record.model_dump(include=set(shared)),
    )
