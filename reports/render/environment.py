"""The templates, and how they are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.render.figures import seconds, share

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def environment() -> Environment:
    """Return the environment of all templates; all but Markdown escape what they are given."""
    made = Environment(
        loader=PackageLoader("reports.render"),
        autoescape=lambda name: not (name or "").endswith(".md.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(seconds=seconds, share=share, anchor=anchor, md=cell)
    return made


def anchor(text: str) -> str:
    """Return what may stand as an element's id."""
    return re.sub(r"[^\w.-]+", "-", text)


def cell(text: object) -> str:
    """Return what may stand in a cell of a Markdown table."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def write_pages(report: Path, pages: Mapping[str, str], context: Mapping[str, Any]) -> None:
    """Write pages: file's name -> template."""
    templates = environment()
    for name, template in pages.items():
        text = templates.get_template(template).render(context)
        # a name that no encoding has is shown as such, and stops no report
        (report / name).write_text(text, encoding="utf-8", errors="replace")
