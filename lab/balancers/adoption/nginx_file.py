"""An nginx file as a tree, read by nginx's own parser (crossplane), and written again."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import crossplane

from lab.balancers.fitting import Line, Problem, UnfitFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_UNENDED = "is not terminated by"


@dataclass(frozen=True)
class Directive:
    """A directive; `block` is None for a simple one."""

    name: str
    args: tuple[str, ...]
    line: int
    block: tuple[Directive, ...] | None = None

    @property
    def inside(self) -> tuple[Directive, ...]:
        """The directives of its block."""
        return self.block or ()

    def named(self, name: str) -> list[Directive]:
        """Return the directives of its block that have a name."""
        return named(self.inside, name)

    @property
    def title(self) -> str:
        """Its name, and for a block in which a name follows, that too."""
        return " ".join([self.name, *self.args[:1]]) if self.name == "upstream" else self.name


def parse(text: str) -> tuple[Directive, ...]:
    """Return the directives of a file, without comments. Raises UnfitFileError."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
        file.write(text.encode("utf-8", errors="replace").decode())
        file.flush()
        # which settings nginx knows, and where, is for nginx to say
        payload = crossplane.parse(file.name, single=True, check_ctx=False, check_args=False)
        checked = crossplane.parse(file.name, single=True, check_ctx=False)
        unended = [each for each in checked["errors"] if _UNENDED in each["error"]]
        errors = [*payload["errors"], *unended]
        problems = [_problem(error, file.name, text) for error in errors]
    if problems:
        raise UnfitFileError(problems)
    return tuple(_directives(payload["config"][0]["parsed"]))


def _problem(error: dict[str, Any], name: str, text: str) -> Problem:
    if error["line"] is None:
        return Problem(
            len(text.splitlines()), "the file ends inside a directive, or a quote has no end"
        )
    return Problem(error["line"], error["error"].replace(f" in {name}", "").rpartition(":")[0])


def _directives(parsed: list[dict[str, Any]]) -> Iterator[Directive]:
    for entry in parsed:
        block = tuple(_directives(entry["block"])) if "block" in entry else None
        yield Directive(entry["directive"], tuple(entry["args"]), entry["line"], block)


def named(block: Iterable[Directive], name: str) -> list[Directive]:
    """Return the directives of a block that have a name."""
    return [directive for directive in block if directive.name == name]


def lines_of(block: Sequence[Directive], depth: int = 0) -> Iterator[Line]:
    """Return the lines of a file; words need no quotes."""
    for directive in block:
        words = "  " * depth + " ".join([directive.name, *directive.args])
        if directive.block is None:
            yield Line(directive.line, f"{words};")
        else:
            yield Line(directive.line, f"{words} {{")
            yield from lines_of(directive.block, depth + 1)
            yield Line(directive.line, "  " * depth + "}")
