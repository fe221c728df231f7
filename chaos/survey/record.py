"""A survey before its first measurement: its plan, and its record on disk."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from chaos.faults.registry import check_faults_capable
from chaos.provenance import versions
from chaos.survey.cells import cells_of
from chaos.survey.run import PROFILE, SurveyRun, spec_of
from chaos.survey.splits import splits_of
from lab.components.lab_plan import plan_lab
from reports.history.surveys import ExpectedRow, SurveyKind, SurveyRecord, SurveyWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.provenance import RunOrder
    from reports.history.survey_plan import Planned


def create_survey(
    kind: SurveyKind,
    sizes: list[int],
    faults: list[str],
    expected: list[ExpectedRow],
    order: RunOrder,
    progress: Callable[[str], None],
    profile: str = PROFILE,
) -> SurveyRun:
    """Make the run directory.

    Raises NotCapableError for a fault that the runtime cannot do, OSError.
    """
    check_faults_capable(faults, order.runtime)
    planned: list[Planned] = []
    for trial, size in itertools.product(range(order.trials), sizes):
        if kind == "splits":
            planned += splits_of(size, trial)
        for fault in faults if kind == "tolerance" else ():
            planned += cells_of(size, fault, trial)
    spec = spec_of(max(sizes), kind, order.runtime, profile)
    record = SurveyRecord(
        **order.header(kind, versions(order.runtime)),
        kind=kind,
        sizes=sizes,
        faults=faults,
        trials=order.trials,
        planned=planned,
        timeouts=spec.timeouts.model_dump(exclude={"peer_tls", "etcd_environment"}),
        peer_tls=spec.timeouts.peer_tls,
        environments=plan_lab(spec).environments,
        expected=expected,
    )
    return SurveyRun(SurveyWriter(order.runs_dir / record.id, record), progress, profile)
