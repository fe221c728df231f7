"""The runs in a directory: a line each, and a page that links their reports."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.document import MACHINE_LANGUAGE, ReportDocument
from reports.errors import ReportError
from reports.history.files import read_regular, write_within
from reports.history.json_text import decoded
from reports.history.run_header import RunHeader
from reports.history.run_json import RUN, read_header
from reports.locale.catalogue import text_of, words_of
from reports.locale.printable import encodable
from reports.render.environment import pages_of
from reports.verdict import worst

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")


class RunLine(BaseModel):
    """A run. `judged`: whether it has a report; `verdicts`: how many of each kind are in it.

    `reason`: why the directory cannot be read, "" when it can.
    """

    model_config = _STRICT

    directory: str
    kind: str = ""
    name: str = ""
    status: str = ""
    started_at: str = ""
    seed: int | None = None
    versions: dict[str, str] = {}
    trials: int | None = None
    judged: bool = False
    verdict: Literal["holds", "violated", "unknown"] = "unknown"
    verdicts: dict[str, int] = {}
    page: str = ""
    reason: str = ""


class RunsDocument(BaseModel):
    """A directory of runs."""

    model_config = _STRICT

    document_version: int = 1
    directory: str
    runs: list[RunLine]


def runs_in(directory: Path, lang: str = MACHINE_LANGUAGE) -> RunsDocument:
    """Return the runs in a directory. A run that cannot be read is listed, with the reason."""
    places = sorted(path for path in directory.glob("*/") if not path.name.startswith("."))
    return RunsDocument(
        directory=encodable(str(directory)), runs=[_line(place, lang) for place in places]
    )


def _line(place: Path, lang: str) -> RunLine:
    try:
        header = read_header(place)
        trials = decoded(read_regular(place / RUN)).get("trials")
    except ReportError as error:
        return RunLine(directory=encodable(str(place)), reason=text_of(error.message, lang))
    except (OSError, ValueError) as error:
        return RunLine(directory=encodable(str(place)), reason=encodable(str(error)))
    shared = RunLine.model_fields.keys() & RunHeader.model_fields.keys()
    line = RunLine(
        directory=encodable(str(place)),
        trials=len(trials) if isinstance(trials, list) else None,
        **header.model_dump(include=set(shared)),
    )
    return line.model_copy(update=_judged(place))


def _judged(place: Path) -> dict[str, object]:
    """Return what the report of a run has, if there is a report."""
    path, page = place / "report/report.json", place / "report/index.html"
    try:
        document = ReportDocument.model_validate_json(read_regular(path))
    except (OSError, ValidationError):
        return {}
    kinds = Counter(verdict.verdict for verdict in document.verdicts)
    return {
        "judged": True,
        "verdict": worst(kinds),
        "verdicts": dict(kinds),
        "page": encodable(f"{place.name}/report/index.html") if page.exists() else "",
    }


def write_index(directory: Path, lang: str) -> Path:
    """Write index.html into a directory of runs; return its path."""
    context = {
        "lang": lang,
        "words": words_of(lang),
        "runs": sorted(runs_in(directory, lang).runs, key=lambda run: run.started_at, reverse=True),
        "directory": directory.name or str(directory),
    }
    for name, content in pages_of({"index.html": "list.html.j2"}, context).items():
        write_within(directory, name, content)
    return directory / "index.html"
