"""All checks, in the order of their files, and the look at this machine."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from lab.doctor import checks
from lab.doctor.check import Line, lacking

if TYPE_CHECKING:
    from lab.doctor.check import Check

CHECKS: tuple[Check, ...] = tuple(
    check
    for module in pkgutil.iter_modules(checks.__path__)
    for check in importlib.import_module(f"{checks.__name__}.{module.name}").CHECKS
)


def examine() -> list[Line]:
    """Look at everything; a check that fails is a line too."""
    return [_line(check) for check in CHECKS]


def _line(check: Check) -> Line:
    try:
        return Line(check, check.look())
    except Exception as error:  # noqa: BLE001 (one check that fails must not hide the others)
        return Line(check, lacking(f"cannot be found out: {type(error).__name__}: {error}"))


def hindrances(lines: list[Line], runtime: str) -> list[Line]:
    """Return the lines because of which a runtime makes no lab."""
    return [line for line in lines if line.hinders(runtime)]
