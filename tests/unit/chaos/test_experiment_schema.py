"""The texts of shipped experiments and claims: each is there in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from chaos.claims.loader import load_document
from chaos.experiment.loader import SHIPPED, load_suite
from reports.history.text import Text
from reports.locale.catalogue import LANGUAGES

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CHINESE = re.compile("[\u4e00-\u9fff]")


def texts_of(value):
    """Return all texts in a model, by place; defaults that nobody wrote are left out."""
    if isinstance(value, Text):
        return {"": value}
    if isinstance(value, BaseModel):
        parts = {name: getattr(value, name) for name in value.model_fields_set}
    elif isinstance(value, dict):
        parts = value
    elif isinstance(value, list):
        parts = dict(enumerate(value))
    else:
        return {}
    return {
        f"{name}.{place}".strip("."): text
        for name, part in parts.items()
        for place, text in texts_of(part).items()
    }


SHIPPED_FILES = [*sorted(SHIPPED.rglob("*.yaml")), *sorted(SCENARIOS.glob("*.yaml"))]


@pytest.mark.parametrize("path", SHIPPED_FILES, ids=lambda path: path.stem)
def test_every_shipped_text_is_there_in_every_language(path):
    load = load_document if path.parent.name == "claims" else load_suite
    texts = texts_of(load(path))
    assert len(texts) >= 2
    incomplete = [place for place, text in texts.items() if set(text.root) != set(LANGUAGES)]
    assert incomplete == []
    english = [text.in_language("en") for text in texts.values()]
    assert [text for text in english if CHINESE.search(text)] == []
    names_only = [
        place
        for place, text in texts.items()
        if not CHINESE.search(text.in_language("zh")) and " " in text.in_language("zh")
    ]
    assert names_only == []
