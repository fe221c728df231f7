"""What judging a run directory gives, whatever its kind: all that a report is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reports.verdict import worst

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from reports.bracket import Figure
    from reports.history.run_header import RunHeader
    from reports.locale.message import Message
    from reports.render.console_table import ConsoleTable
    from reports.verdict import Verdict, VerdictValue

    Judge = Callable[[Path], "Judged"]


@dataclass(frozen=True)
class Judged:
    """A run, judged. What is a function here takes a language.

    `figures`: by name, for claims. `tables`: by name; `principal` is the table that report.json
    has. `console`, `texts`: what a console prints of it, the table before the verdicts and the
    lines after them. `pages`: file in report/ -> template; `context`: what the templates need
    beside the verdicts. `files`: further files of report/. `missing`: what of the directory could
    not be read. `below`: the runs that this run consists of, by their directories.
    """

    record: RunHeader
    verdicts: list[Verdict]
    figures: Mapping[str, Figure]
    tables: Mapping[str, pd.DataFrame]
    principal: str
    texts: Callable[[str], list[str]]
    pages: Mapping[str, str]
    context: Callable[[str], dict[str, Any]]
    missing: list[Message] = field(default_factory=list)
    console: Callable[[str], ConsoleTable] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    below: Mapping[Path, Judged] = field(default_factory=dict)

    @property
    def overall(self) -> VerdictValue:
        """The verdict that stands for all."""
        return worst(verdict.verdict for verdict in self.verdicts)
