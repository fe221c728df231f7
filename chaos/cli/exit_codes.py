"""Exit codes, and which error ends in which."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """What a command's end means to a script."""

    HOLDS = 0
    VIOLATED = 1
    BAD_INPUT = 2
    FAILED = 3
    LEFT_BEHIND = 4
    UNKNOWN = 5
    INTERRUPTED = 130


# Where several apply, the first of these is the command's.
PRECEDENCE = (
    ExitCode.LEFT_BEHIND,
    ExitCode.INTERRUPTED,
    ExitCode.FAILED,
    ExitCode.VIOLATED,
    ExitCode.UNKNOWN,
    ExitCode.HOLDS,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that stands for all; no codes at all prove nothing."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.UNKNOWN)


def code_of_verdicts(verdicts: Iterable[str]) -> ExitCode:
    """Return the code of a run's verdicts; a run without any is unknown."""
    meaning = {
        "holds": ExitCode.HOLDS,
        "violated": ExitCode.VIOLATED,
        "unknown": ExitCode.UNKNOWN,
    }
    return worst(meaning[verdict] for verdict in verdicts)


def code_of_error(error: Exception) -> ExitCode | None:
    """Return the code of an error that was foreseen; None for a defect of ours."""
    from chaos.errors import ChaosError, InputError
    from lab.errors import CleanupError, LabError, NotCapableError, SettingError
    from reports.errors import ReportError

    codes = (
        (InputError, ExitCode.BAD_INPUT),
        (ReportError, ExitCode.BAD_INPUT),
        (NotCapableError, ExitCode.BAD_INPUT),
        (SettingError, ExitCode.BAD_INPUT),
        (CleanupError, ExitCode.LEFT_BEHIND),
        (LabError, ExitCode.FAILED),
        (ChaosError, ExitCode.FAILED),
        (OSError, ExitCode.FAILED),  # a full disk, a folder that may not be written
    )
    return next((code for kind, code in codes if isinstance(error, kind)), None)
