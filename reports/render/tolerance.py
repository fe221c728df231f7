"""The report of a measured tolerance table: a heat map that also reads without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.locale.catalogue import words_of
from reports.render.surveys import survey_head

if TYPE_CHECKING:
    from reports.analysis.tolerance import SizeRow, ToleranceAnalysis
    from reports.history.tolerance import CellRecord

SIGNS = {"served": "✓", "not-served": "·", "unknown": "?", "mixed": "±"}


def table_texts(analysis: ToleranceAnalysis) -> list[str]:
    """Return the table for a console: N against k, with measured, predicted and expected."""
    widest = max(analysis.record.sizes)
    lines = [f"size  failed: {' '.join(str(k) for k in range(widest + 1))}   majority tolerance"]
    expected = {row.size: row for row in analysis.record.expected}
    for row in analysis.rows:
        signs = " ".join(SIGNS[state] for state in row.states).ljust(2 * widest + 1)
        wanted = expected.get(row.size)
        shown = f"   (expected {wanted.majority}, {wanted.tolerance})" if wanted else ""
        majority = "?" if row.majority is None else row.majority
        tolerance = "?" if row.tolerance is None else row.tolerance
        lines.append(f"{row.size:4}          {signs}   {majority:>8} {tolerance:>9}{shown}")
    lines.append("✓ served  · not served  ? unknown  ± served in some cells only")
    return lines


def _cells(analysis: ToleranceAnalysis, row: SizeRow) -> list[dict[str, Any]]:
    shown = []
    for failed, state in enumerate(row.states):
        mine = [cell for cell in analysis.cells if (cell.size, cell.failed) == (row.size, failed)]
        shown.append({"state": state, "sign": SIGNS[state], "failed": failed, "of": mine})
    return shown


def _order(cell: CellRecord) -> tuple[int, str, int, bool]:
    return cell.size, cell.fault, cell.failed, cell.leader_failed


def tolerance_context(analysis: ToleranceAnalysis, lang: str) -> dict[str, Any]:
    """Return what the template needs."""
    verdicts = analysis.verdicts
    return {
        **survey_head(analysis.record, verdicts, words_of(lang), "title_tolerance"),
        "violated": [verdict for verdict in verdicts if verdict.verdict == "violated"],
        "unknown": [verdict for verdict in verdicts if verdict.verdict == "unknown"],
        "rows": [(row, _cells(analysis, row)) for row in analysis.rows],
        "majority": {row["size"]: row for row in analysis.tables["majority"].to_dict("records")},
        "expected": {row.size: row for row in analysis.record.expected},
        "columns": range(max(analysis.record.sizes) + 1),
        "cells": sorted(analysis.cells, key=_order),
        "first_fault": min(analysis.record.faults, default=""),
        "residual": analysis.residual,
        "safety": next(verdict for verdict in verdicts if verdict.experiment == "safety"),
    }
