"""The kinds of runs, and how a run directory of any kind is judged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reports.errors import ReportError
from reports.history.run_json import read_header
from reports.kinds import claims, suite, surveys
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reports.kinds.judged import Judge, Judged


def judge(directory: Path) -> Judged:
    """Judge a run directory, also of an interrupted or damaged run. Raises ReportError."""
    kind = read_header(directory).kind
    if kind not in RUN_KINDS:
        raise ReportError(message("run-of-unknown-kind", path=str(directory), kind=kind))
    return RUN_KINDS[kind](directory)


RUN_KINDS: Mapping[str, Judge] = {
    "suite": suite.judge,
    "tolerance": surveys.judge_tolerance,
    "splits": surveys.judge_splits,
    "claims": partial(claims.judge, judge),
}
