"""What a directory of runs holds: a line a run, and a page that links their reports."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.document import ReportDocument
from reports.errors import ReportError
from reports.history.object import read_object
from reports.render.common_words import COMMON_WORDS
from reports.render.environment import write_pages
from reports.render.tables import worst_kind

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")


class RunLine(BaseModel):
    """One run. `verdicts`: how many of each kind its report has; `judged`: whether it has one.

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


def runs_in(directory: Path) -> RunsDocument:
    """Look at every directory in one. What cannot be read is there, with the reason."""
    places = sorted(path for path in directory.glob("*/") if not path.name.startswith("."))
    return RunsDocument(directory=str(directory), runs=[_line(place) for place in places])


def _line(place: Path) -> RunLine:
    try:
        record = read_object(place / "run.json")
        trials = record.get("trials")
        line = RunLine(
            directory=str(place),
            kind=record.get("kind", "suite"),
            name=record.get("name", record.get("kind", "")),
            status=record["status"],
            started_at=record["started_at"],
            seed=record["seed"],
            versions=record["versions"],
            trials=len(trials) if isinstance(trials, list) else trials,
        )
    except ReportError as error:
        return RunLine(directory=str(place), reason=str(error))
    except (KeyError, ValidationError) as error:
        first = error.errors()[0]["loc"][0] if isinstance(error, ValidationError) else error
        reason = f"{place / 'run.json'} is no run of halab: {first}"
        return RunLine(directory=str(place), reason=reason)
    return line.model_copy(update=_judged(place))


def _judged(place: Path) -> dict[str, object]:
    """Return what the report of a run says, if there is one."""
    path, page = place / "report/report.json", place / "report/index.html"
    try:
        document = ReportDocument.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
    kinds = Counter(one.verdict for one in document.verdicts)
    return {
        "judged": True,
        "verdict": worst_kind(kinds),
        "verdicts": dict(kinds),
        "page": f"{place.name}/report/index.html" if page.exists() else "",
    }


LIST_WORDS = {
    "en": {
        "title": "Runs in {directory}",
        "when": "started",
        "what": "run",
        "verdict": "verdict",
        "status": "status",
        "trials": "trials",
        "not_judged": "not judged: halab analyze {directory}",
        "none": "no run is here",
    },
    "zh": {
        "title": "{directory} 中的运行",
        "when": "开始时间",
        "what": "运行",
        "verdict": "结论",
        "status": "状态",
        "trials": "试验",
        "not_judged": "尚未判定：halab analyze {directory}",
        "none": "没有运行",
    },
}


def write_index(directory: Path, lang: str) -> Path:
    """Write index.html into a directory of runs; return its path."""
    context = {
        "lang": lang,
        "words": COMMON_WORDS[lang] | LIST_WORDS[lang],
        "runs": sorted(runs_in(directory).runs, key=lambda one: one.started_at, reverse=True),
        "directory": directory.name or str(directory),
    }
    write_pages(directory, {"index.html": "list.html.j2"}, context)
    return directory / "index.html"
