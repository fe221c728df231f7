"""The real workload on a lab, and its judgement: with nothing planted, and with what is planted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.selftest.statements import verdict
from chaos.workload.operations import Operations
from lab.readiness import wait_until
from lab.sentence import sentence
from reports.analysis.consistency.check import MINIMUM, check
from reports.history.operations import frame_of
from reports.history.schema import OperationsRecord
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos.selftest.statements import Statement
    from lab.lab import Lab
    from lab.sentence import Words
    from reports.analysis.consistency.check import ConsistencyCheck
    from reports.analysis.consistency.violations import Rule
    from reports.history.final_state import FinalState
    from reports.history.operations import Operation
    from reports.verdict import Verdict

# Few keys, so that each is written often; enough for a proof within a second or two.
PLANNED = OperationsRecord(store="etcd", rate_hz=300, keys=6, timeout_s=2)
SERVE_TIMEOUT_S = 15


@dataclass(frozen=True)
class RecordedWork:
    """What clients have recorded, and what the store had in the end; `load` reads that again."""

    load: Operations
    operations: tuple[Operation, ...]
    final_state: FinalState

    def answered(self, kind: str) -> list[Operation]:
        """Return the answered operations of a kind, in the order in which they began."""
        answered = [op for op in self.operations if op.op == kind and op.outcome == "ok"]
        return sorted(answered, key=lambda operation: operation.invoke_s)


def work_on(lab: Lab) -> RecordedWork:
    """Let clients work until there is enough for a proof. Raises ChaosError, LabError."""
    operations: list[Operation] = []
    load = Operations(lab, PLANNED, random.Random(0), operations.append, lambda _: None)

    def lacking() -> Words | None:
        counts = [
            sum(op.op == kind and op.outcome == "ok" for op in list(operations))
            for kind in ("write", "read")
        ]
        return None if min(counts) >= MINIMUM else _work(*counts)

    with load:
        wait_until(_work(MINIMUM, MINIMUM), lacking, SERVE_TIMEOUT_S)
        load.finish()
    return RecordedWork(load, tuple(operations), load.final_state())


def _work(writes: int, reads: int) -> Words:
    return sentence(
        "writes-and-reads", "{writes} writes and {reads} reads", writes=writes, reads=reads
    )


def checked(operations: Iterable[Operation], state: FinalState) -> ConsistencyCheck:
    """Judge operations against a final state, as reports do."""
    return check(frame_of(operations), state.versions, state.compacted)


def judged(
    statement: Statement,
    honest: ConsistencyCheck,
    planted: ConsistencyCheck,
    rule: Rule,
    culprit: Operation,
) -> Verdict:
    """Return whether what was planted, and nothing else, makes a violation that names it. Pure.

    `honest`: the check of the same history with nothing planted. `rule`, `culprit`: what must be
    violated, and the operation that must be named.
    """
    if honest.violations:
        note = message("selftest-nothing-planted", evidence=honest.violations[0].note)
        return verdict(statement, "violated", note)
    if honest.unknown is not None:
        return verdict(statement, "unknown", honest.unknown)
    named = [
        violation.note
        for violation in planted.violations
        if violation.rule == rule and culprit in violation.operations
    ]
    if not named:
        note = message("selftest-planted-unnoticed", operation=culprit.text)
        return verdict(statement, "violated", note)
    note = message(
        "selftest-planted-noticed",
        writes=honest.acknowledged,
        reads=honest.reads,
        operation=culprit.text,
        evidence=named[0],
    )
    return verdict(statement, "holds", note)
