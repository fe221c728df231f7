"""The templates, and how they are read."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.render.figures import balancing, seconds, share


def environment() -> Environment:
    """Return the environment of all templates; pages escape what they are given."""
    made = Environment(
        loader=PackageLoader("reports.render"),
        autoescape=lambda name: bool(name and name.endswith(".html.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(balancing=balancing, seconds=seconds, share=share)
    return made
