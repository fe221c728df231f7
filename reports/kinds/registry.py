"""Which kinds of runs there are, and the one way to judge a run directory of any."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reports.errors import ReportError
from reports.history.run_json import read_header
from reports.kinds import claims, splits, suite, tolerance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reports.kinds.judged import Judge, Judged


def judge(directory: Path, lang: str = "en") -> Judged:
    """Judge a run directory, an interrupted or damaged one too. Raises ReportError."""
    kind = read_header(directory).kind
    if kind not in RUN_KINDS:
        raise ReportError(f"{directory} holds a run of an unknown kind: {kind}")
    return RUN_KINDS[kind](directory, lang)


RUN_KINDS: Mapping[str, Judge] = {
    "suite": suite.judge,
    "tolerance": tolerance.judge,
    "splits": splits.judge,
    "claims": partial(claims.judge, judge),
}
