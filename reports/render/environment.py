"""The templates, and how they are read."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context

from reports.history.text import Text
from reports.locale.catalogue import text_of
from reports.locale.printable import printable, printable_line
from reports.render.figures import seconds, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2.runtime import Context

    from reports.locale.message import Message


@cache
def environment() -> Environment:
    """Return the one environment of all templates; all but Markdown escape their values."""
    templates = Environment(
        loader=PackageLoader("reports.render"),
        autoescape=lambda name: not (name or "").endswith(".md.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        seconds=seconds, share=share, anchor=anchor, md=cell, in_language=in_language, url=url
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
    return printable_line(str(text)).replace("\\", "\\\\").replace("|", "\\|")


def url(path: str) -> str:
    """Return the address of a file by its path, relative to the page: never with a scheme."""
    return quote(os.fsencode(path))


def pages_of(pages: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, bytes]:
    """Return pages, by their files' names; `pages`: name -> template."""
    templates = environment()
    return {
        name: printable(templates.get_template(template).render(context)).encode()
        for name, template in pages.items()
    }
