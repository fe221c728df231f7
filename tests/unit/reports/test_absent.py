"""The first field that JSON lacks: a default never stands for what was deleted."""

from __future__ import annotations

import copy

import pytest
from made_histories import expectation, experiment_record, run_record, trial_record
from pydantic import BaseModel

from reports.errors import ReportError
from reports.history.absent import absent_field
from reports.history.run_json import read_record, write_record
from reports.history.schema import Doubt, SuiteRecord
from reports.history.text import Text
from reports.locale.message import Message, verbatim


class Inner(BaseModel):
    name: str = "inner"
    size: int = 1


class Outer(BaseModel):
    inner: Inner = Inner()
    listed: list[Inner] = []
    by_name: dict[str, Inner] = {}
    reason: Message | None = None
    title: Text = Text("a title")


WHOLE = Outer(
    listed=[Inner(), Inner(name="second")],
    by_name={"a": Inner()},
    reason=verbatim("busy"),
)


def without(*path):
    """Return the whole content without what is at a path."""
    content = copy.deepcopy(WHOLE.model_dump(mode="json"))
    *way, last = path
    holder = content
    for key in way:
        holder = holder[key]
    del holder[last]
    return content


@pytest.mark.parametrize(
    ("path", "absent"),
    [
        (("inner",), "inner"),
        (("inner", "size"), "inner.size"),
        (("listed", 1, "name"), "listed.1.name"),
        (("by_name", "a", "size"), "by_name.a.size"),
        (("reason",), "reason"),
        (("title",), "title"),
    ],
)
def test_a_field_that_is_not_there_is_named_by_its_path(path, absent):
    content = without(*path)
    assert absent_field(content, Outer.model_validate(content)) == absent


def test_what_has_every_field_lacks_none():
    content = WHOLE.model_dump(mode="json")
    assert absent_field(content, Outer.model_validate(content)) == ""


def test_the_first_of_several_is_named():
    content = without("inner", "size")
    del content["reason"]
    assert absent_field(content, Outer.model_validate(content)) == "inner.size"


def test_texts_and_messages_may_be_plain_strings():
    content = {**WHOLE.model_dump(mode="json"), "title": "plain", "reason": "busy"}
    assert absent_field(content, Outer.model_validate(content)) == ""


def fields_of(value, path=()):
    """Yield the path of every field at every depth of what was written."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*path, key)
            yield from fields_of(below, (*path, key))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from fields_of(below, (*path, place))


RECORD = run_record(
    [trial_record(doubt=Doubt(kind="not-measured", reason=verbatim("busy")))],
    [experiment_record(expect=[expectation(during="kill")])],
    trial_count=1,
)
# the model of a mapping's entries is its owner's: of these any may be there
FREE = {"settings", "lab", "versions", "host", "values", "parameters"}
# a list may be empty, and a text has the languages that it has
OPEN_ENDED = {"title", "hypothesis", "statement"}


def test_no_field_of_a_record_can_be_deleted_unnoticed():
    whole = RECORD.model_dump(mode="json")
    paths = [
        path
        for path in fields_of(whole)
        if not (FREE | OPEN_ENDED) & {key for key in path[:-1] if isinstance(key, str)}
    ]
    assert len(paths) > 60
    unnoticed = []
    for path in paths:
        content = copy.deepcopy(whole)
        holder = content
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]
        try:
            record = SuiteRecord.model_validate(content)
        except ValueError:
            continue
        if not absent_field(content, record):
            unnoticed.append(path)
    assert unnoticed == []


def test_a_record_that_lacks_a_field_is_refused_with_its_name(tmp_path):
    write_record(tmp_path, RECORD)
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace('"doubt"', '"was_doubt"', 1))
    with pytest.raises(ReportError, match="doubt"):
        read_record(tmp_path, SuiteRecord)
