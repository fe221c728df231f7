"""Surveys and claims of record 3 made by hand and written to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.claims import ClaimsRecord
from reports.history.run_json import write_record
from reports.history.survey_plan import PlannedCell, PlannedSplit
from reports.history.surveys import CellRecord, SurveyWriter
from tests.unit.reports import made_surveys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reports.history.surveys import SplitRecord


def split(groups: Sequence[int], *states: str, **changes: Any) -> SplitRecord:
    """Return a split into groups whose first one leads, with what each side gave."""
    sides = [
        (name, " ".join(f"{name}{number + 1}" for number in range(count)), state)
        for name, count, state in zip("abc", groups, states, strict=False)
    ]
    made: SplitRecord = made_surveys.split(groups, 0, sides, **changes)
    return made


def survey(
    path: Path,
    rows: Sequence[CellRecord | SplitRecord],
    planned: Sequence[CellRecord | SplitRecord] | None = None,
    status: str = "complete",
) -> Path:
    """Write a survey; `planned`: what was to be measured, where it is not these rows."""
    plan = PlannedCell if isinstance(rows[0], CellRecord) else PlannedSplit
    wanted = rows if planned is None else planned
    record = made_surveys.survey_record(
        "tolerance" if plan is PlannedCell else "splits",
        sorted({row.size for row in wanted}),
        faults=sorted({row.fault for row in wanted if isinstance(row, CellRecord)}),
        planned=[plan(**row.model_dump(include=set(plan.model_fields))) for row in wanted],
        id=path.name,
    )
    writer = SurveyWriter(path, record)
    for row in rows:
        writer.row(row)
    writer.end(status)
    return path


def claims(
    path: Path, checks: Mapping[str, dict[str, Any]], experiments: Mapping[str, dict[str, Any]]
) -> Path:
    """Write a claims run whose runs are below it already; `checks`: claim -> what decides it."""
    about = {
        "id": "r1",
        "name": "made",
        "command": "halab claims",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seed": 0,
        "status": "complete",
        "versions": {},
        "host": {},
        "runtime": "netns",
        "title": "A page",
        "claims": [
            {"id": name, "statement": {"en": "so", "zh": "so"}, "source": "s", "expect": [check]}
            for name, check in checks.items()
        ],
        "experiments": experiments,
    }
    write_record(path, ClaimsRecord.model_validate(about))
    return path
