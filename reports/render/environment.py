"""The templates, and how they are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context

from reports.history.text import Text
from reports.locale.catalogue import text_of
from reports.render.figures import seconds, share

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jinja2.runtime import Context

    from reports.locale.message import Message


def environment() -> Environment:
    """Return the environment of all templates; all but Markdown escape their values."""
    templates = Environment(
        loader=PackageLoader("reports.render"),
        autoescape=lambda name: not (name or "").endswith(".md.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        seconds=seconds, share=share, anchor=anchor, md=cell, in_language=in_language
    )
    return templates


@pass_context
def in_language(context: Context, sentence: Message | Text | None) -> str:
    """Return a sentence in the language of the page, `lang`; nothing for None."""
    if sentence is None:
        return ""
    if isinstance(sentence, Text):
        return sentence.in_language(context["lang"])
    return text_of(sentence, context["lang"])


def anchor(text: str) -> str:
    """Return a text as an element's id."""
    return re.sub(r"[^\w.-]+", "-", text)


def cell(text: object) -> str:
    """Return a text as a cell of a Markdown table."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def write_pages(report: Path, pages: Mapping[str, str], context: Mapping[str, Any]) -> None:
    """Write pages: file's name -> template."""
    templates = environment()
    for name, template in pages.items():
        text = templates.get_template(template).render(context)
        # a lone surrogate in a file name must not stop the report
        (report / name).write_text(text, encoding="utf-8", errors="replace")
