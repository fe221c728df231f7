"""run.json, of any kind of run: read by its header, written atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from reports.errors import ReportError
from reports.history.absent import absent_field
from reports.history.files import read_regular, write_within
from reports.history.json_text import decoded
from reports.history.run_header import SCHEMA_VERSION, RunHeader
from reports.locale.message import message, verbatim

if TYPE_CHECKING:
    from pathlib import Path

    from reports.locale.message import Message

Record = TypeVar("Record", bound=RunHeader)
RUN = "run.json"
# schema version -> the message of what to do with it
OLDER = {1: "schema-of-first-version"} | dict.fromkeys((2, 3), "schema-of-earlier-version")


def read_header(directory: Path) -> RunHeader:
    """Read the header, which every kind of run has. Raises ReportError."""
    content = _read(directory / RUN)
    header = {name: content[name] for name in RunHeader.model_fields if name in content}
    return _validated(directory / RUN, RunHeader, header)


def read_record(directory: Path, model: type[Record]) -> Record:
    """Read run.json as the record of one kind of run. Raises ReportError."""
    return _validated(directory / RUN, model, _read(directory / RUN))


def write_record(directory: Path, record: RunHeader) -> None:
    """Write run.json atomically."""
    write_within(directory, RUN, record.model_dump_json(indent=2).encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        content = decoded(read_regular(path))
    except FileNotFoundError as error:
        raise _no_run(path, message("no-such-file")) from error
    except OSError as error:
        raise _no_run(path, verbatim(error.strerror or str(error))) from error
    except ValueError as error:
        raise _no_run(path, verbatim(str(error))) from error
    if not isinstance(content, dict):
        raise _no_run(path, message("no-json-object"))
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        key = OLDER.get(version) if isinstance(version, int) else None
        key = key or "schema-of-another-version"
        raise ReportError(
            message(key, path=str(path), version=str(version), readable=SCHEMA_VERSION)
        )
    return content


def _no_run(path: Path, reason: Message) -> ReportError:
    return ReportError(message("no-run-of-halab", path=str(path), reason=reason))


def _validated(path: Path, model: type[Record], content: dict[str, Any]) -> Record:
    try:
        record = model.model_validate(content)
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors()[:5]
        )
        raise _no_run(path, verbatim(places)) from error
    if field := absent_field(content, record):
        raise _no_run(path, message("field-missing", field=field))
    return record
