"""The published JSON schemas: up to date, sound, and met by what halab writes."""

from __future__ import annotations

import json

import jsonschema
import made_operations
import pytest
from made_sides import ONE, side
from made_surveys import survey_record
from test_claims_analysis import check, record_of

from reports.compare.comparison import compare
from reports.compare.document import document_of
from reports.compare.limits import parse_limit
from reports.kinds.registry import judge
from reports.kinds.report import write_report
from reports.run_list import runs_in
from reports.schemas.published import MODELS, path_of, schema_text


def validator(name):
    schema = json.loads(path_of(name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", MODELS)
def test_the_published_schema_is_that_of_the_model(name):
    assert path_of(name).read_text(encoding="utf-8") == schema_text(name), (
        "run `python -m reports.schemas`"
    )


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """What halab writes, by the name of its schema."""
    runs = tmp_path_factory.mktemp("runs")
    suite = made_operations.write(runs / "suite", made_operations.good())
    write_report(suite, judge(suite))
    limits = [parse_limit("write.outage > 1.2x")]
    return {
        "run-suite": json.loads((suite / "run.json").read_text()),
        "run-survey": survey_record().model_dump(mode="json"),
        "run-claims": record_of([check("equals", 1)]).model_dump(mode="json"),
        "report": json.loads((suite / "report/report.json").read_text()),
        "compare": document_of(compare(side(ONE), side(ONE), limits)).model_dump(mode="json"),
        "list": runs_in(runs).model_dump(mode="json"),
    }


@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_is_valid_and_what_is_foreign_is_not(documents, name):
    validator(name).validate(documents[name])
    with pytest.raises(jsonschema.ValidationError):
        validator(name).validate(documents[name] | {"nonsense": 1})
