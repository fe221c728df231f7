"""The JSON schemas beside this file; made from the models that read and write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from reports.compare.document import CompareDocument
from reports.document import ReportDocument
from reports.history.claims import ClaimsRecord
from reports.history.schema import SuiteRecord
from reports.history.surveys import SurveyRecord
from reports.run_list import RunsDocument

if TYPE_CHECKING:
    from pydantic import BaseModel

FOLDER = Path(__file__).parent
MODELS: dict[str, type[BaseModel]] = {
    "run-suite": SuiteRecord,
    "run-survey": SurveyRecord,
    "run-claims": ClaimsRecord,
    "report": ReportDocument,
    "compare": CompareDocument,
    "list": RunsDocument,
}


def path_of(name: str) -> Path:
    """Return the file of a schema."""
    return FOLDER / f"{name}.schema.json"


def schema_text(name: str) -> str:
    """Return the JSON text of a schema, of the draft 2020-12."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **MODELS[name].model_json_schema(),
    }
    return json.dumps(schema, indent=2) + "\n"
