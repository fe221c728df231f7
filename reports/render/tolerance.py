"""The report of a measured tolerance table: a heat map that also reads without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import words_of
from reports.render.surveys import survey_head

if TYPE_CHECKING:
    from reports.analysis.tolerance import ToleranceAnalysis
    from reports.history.surveys import CellRecord

SIGNS = {"served": "✓", "not-served": "·", "unknown": "?", "mixed": "±"}


def table_texts(analysis: ToleranceAnalysis, lang: str) -> list[str]:
    """Return the table for a console: a line a size, a sign a number of failed members."""
    words, widest = words_of(lang), max(analysis.record.sizes)
    failed = " ".join(str(count) for count in range(widest + 1))
    lines = [words["table-head"].format(failed=failed)]
    expected = {row.size: row for row in analysis.record.expected}
    for row in analysis.rows:
        signs = " ".join(SIGNS[state] for state in row.states).ljust(2 * widest + 1)
        majority = "?" if row.majority is None else row.majority
        tolerance = "?" if row.tolerance is None else row.tolerance
        line = f"{row.size:4}          {signs}   {majority:>8} {tolerance:>9}"
        if stated := expected.get(row.size):
            stated_text = words["table-expected"].format(
                majority=stated.majority, tolerance=stated.tolerance
            )
            line += f"   {stated_text}"
        lines.append(line)
    return [*lines, words["table-legend"]]


def _order(cell: CellRecord) -> tuple[int, str, int, bool]:
    return cell.size, cell.fault, cell.failed, cell.leader_failed


def tolerance_context(analysis: ToleranceAnalysis, lang: str) -> dict[str, Any]:
    """Return what the template needs."""
    verdicts = analysis.verdicts
    return {
        **survey_head(analysis.record, verdicts, words_of(lang), "title_tolerance"),
        "violated": [verdict for verdict in verdicts if verdict.verdict == "violated"],
        "unknown": [verdict for verdict in verdicts if verdict.verdict == "unknown"],
        "rows": analysis.rows,
        "signs": SIGNS,
        "majority": {row["size"]: row for row in analysis.tables["majority"].to_dict("records")},
        "expected": {row.size: row for row in analysis.record.expected},
        "columns": range(max(analysis.record.sizes) + 1),
        "cells": sorted(analysis.cells, key=_order),
        "first_fault": min(analysis.record.faults, default=""),
        "residual": analysis.residual,
        "safety": next(verdict for verdict in verdicts if verdict.experiment == "safety"),
    }
