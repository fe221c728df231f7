"""The object in a run.json, of any kind of run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reports.errors import ReportError
from reports.history.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel


def read_object(path: Path) -> dict[str, Any]:
    """Read a run.json of this schema's version. Raises ReportError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path} is no run of halab: {error}") from error
    if not isinstance(data, dict):
        raise ReportError(f"{path} is no run of halab: it holds no JSON object")
    version = data.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ReportError(f"{path}: schema {version}, this halab reads {SCHEMA_VERSION}")
    return data


def write_record(directory: Path, record: BaseModel) -> None:
    """Write run.json atomically."""
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / "run.json.tmp"
    draft.write_text(record.model_dump_json(indent=2), encoding="utf-8")
    draft.replace(directory / "run.json")
