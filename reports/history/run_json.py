"""run.json, of any kind of run: read by its header, written atomically."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from reports.errors import ReportError
from reports.history.schema import SCHEMA_VERSION, RunHeader

if TYPE_CHECKING:
    from pathlib import Path

Record = TypeVar("Record", bound=RunHeader)
RUN = "run.json"
# schema version -> what to do with it
OLDER = {1: "was written by halab 0.1; read it with that version, or run it again"}


def read_header(directory: Path) -> RunHeader:
    """Read what every kind of run begins with. Raises ReportError."""
    content = _read(directory / RUN)
    known = {name: content[name] for name in RunHeader.model_fields if name in content}
    return _validated(directory / RUN, RunHeader, known)


def read_record(directory: Path, model: type[Record]) -> Record:
    """Read run.json as the record of one kind of run. Raises ReportError."""
    return _validated(directory / RUN, model, _read(directory / RUN))


def write_record(directory: Path, record: RunHeader) -> None:
    """Write run.json atomically."""
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f"{RUN}.tmp"
    draft.write_text(record.model_dump_json(indent=2), encoding="utf-8")
    draft.replace(directory / RUN)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path} is no run of halab: {error}") from error
    if not isinstance(content, dict):
        raise ReportError(f"{path} is no run of halab: it holds no JSON object")
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        other = f"is not {SCHEMA_VERSION}, which this halab reads"
        what = OLDER.get(version, other) if isinstance(version, int) else other
        raise ReportError(f"{path}: schema {version} {what}")
    return content


def _validated(path: Path, model: type[Record], content: dict[str, Any]) -> Record:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors()[:5]
        )
        raise ReportError(f"{path} is no run of halab: {places}") from error
