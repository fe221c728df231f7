"""What this machine has and lacks, line by line, and which lines stand behind a failure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from chaos.cli.conclusion import JsonOption
from chaos.cli.exit_codes import ExitCode
from chaos.cli.panels import MACHINE
from chaos.cli.progress import print_result, report_progress
from chaos.cli.runtime_option import RuntimeOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.doctor.check import Line, State

WIDTH = 140
# What is missing stands first.
URGENCY: tuple[State, ...] = ("lacking", "remark", "ok")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=MACHINE)(doctor)


def doctor(runtime: RuntimeOption = "auto", as_json: JsonOption = False) -> None:
    """Say what this machine lacks. Example: halab doctor.

    Ends in 0 where the runtime can make labs here (with auto: netns or docker), else in 3.
    """
    from chaos.cli.tables import print_table
    from chaos.errors import InputError
    from lab.doctor.registry import examine, hindrances
    from lab.runtime.drivers import AUTO, AUTOMATIC, DRIVERS

    if runtime not in (AUTO, *DRIVERS):
        raise InputError(f"--runtime {runtime}: there are {AUTO}, {', '.join(DRIVERS)}")
    lines = examine()
    hindered = {name: hindrances(lines, name) for name in DRIVERS}
    if as_json:
        print_result(json.dumps(_document(lines, hindered)))
    else:
        print_table(_rows(lines), WIDTH)
        for name, reasons in hindered.items():
            lacking = ", ".join(line.check.name for line in reasons)
            print_result(f"{name}: {f'makes no lab here: {lacking}' if lacking else 'makes labs'}")
    wanted = AUTOMATIC if runtime == AUTO else (runtime,)
    if all(hindered[name] for name in wanted):
        raise typer.Exit(ExitCode.FAILED)


def _rows(lines: list[Line]) -> list[list[str]]:
    rows = [["line", "state", "here", "what it means, and how to mend it"]]
    for line in sorted(lines, key=lambda line: URGENCY.index(line.finding.state)):
        check, finding = line.check, line.finding
        mend = "" if finding.state == "ok" else f". {check.mend}"
        rows.append([check.name, finding.state, finding.found, f"{check.meaning}{mend}"])
    return rows


def _document(lines: list[Line], hindered: Mapping[str, list[Line]]) -> dict[str, object]:
    """Return what --json prints."""
    return {
        "runtimes": {
            name: [line.check.name for line in reasons] for name, reasons in hindered.items()
        },
        "checks": [
            {
                "name": line.check.name,
                "state": line.finding.state,
                "found": line.finding.found,
                "needed_by": list(line.check.needed_by),
                "meaning": line.check.meaning,
                "mend": line.check.mend,
            }
            for line in lines
        ],
    }


def name_lines_behind(error: Exception) -> None:
    """Name the lines of the doctor that may stand behind a failure of the machine.

    For errors that say that this machine lacks something; others are not about it.
    """
    from lab.errors import BinaryError, NotCapableError, RuntimeUnavailableError

    if not isinstance(error, (BinaryError, NotCapableError, RuntimeUnavailableError)):
        return
    from lab.doctor.registry import examine

    for line in examine():
        if line.finding.state == "lacking":
            report_progress(
                f"halab doctor: {line.check.name}: {line.finding.found} ({line.check.mend})"
            )
