"""The help of all: commands in panels, a line each."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

LABS = "Labs"
FAULTS = "Faults"
EXPERIMENTS = "Experiments"
RESULTS = "Results"
MACHINE = "Machine"
PANELS = (LABS, FAULTS, EXPERIMENTS, RESULTS, MACHINE)


class PanelGroup(TyperGroup):
    """A group that lists its commands by panel. Typer's own panels want rich, which is slow."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # Typer's types are private
        """Write the names and first sentences of all commands."""
        limit = formatter.width - 6 - max(map(len, self.commands))
        for panel in PANELS:
            rows = [
                (name, self.commands[name].get_short_help_str(limit))
                for name in self.list_commands(ctx)
                if getattr(self.commands[name], "rich_help_panel", None) == panel
            ]
            with formatter.section(panel):
                formatter.write_dl(rows)
