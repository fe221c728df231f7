"""What is planted into a recorded history must be named; nothing planted must hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.errors import ChaosError
from chaos.selftest.recorded_work import RecordedWork, checked, judged
from chaos.selftest.stale_read import check_stale_read, superseded
from reports.history.final_state import FinalState, MemberState, Version
from reports.history.operations import Operation
from tests.unit.chaos.fake_store import FakeStore

COUNT = 120


def history(count=COUNT):
    """Return writes and reads of one key by turns, one after the other, all right."""
    operations = []
    for number in range(1, count + 1):
        at_s = float(number)
        done = {"outcome": "ok", "revision": number, "mod_revision": number, "via": "etcd-1"}
        value = f"v{number}"
        operations += [
            Operation(1, "write", "k", value, at_s, at_s + 0.1, **done),
            Operation(2, "read", "k", value, at_s + 0.2, at_s + 0.3, **done),
        ]
    return operations


def final(operations):
    versions = [Version(op.key, op.value, op.revision) for op in operations if op.op == "write"]
    member = MemberState(revision=len(versions), hash=1, last_write="")
    return FinalState(members={"etcd-1": member}, compacted=0, versions=versions)


def work(operations):
    return RecordedWork(load=None, operations=tuple(operations), final_state=final(operations))


def verdict_on(honest, planted, rule, culprit):
    return judged("planted-loss", honest, planted, rule, culprit)


def test_a_loss_that_is_named_holds():
    operations = history()
    lost = operations[20]
    left = final(op for op in operations if op is not lost)
    honest = checked(operations, final(operations))
    assert honest.verdict == "holds"
    assert verdict_on(honest, checked(operations, left), "lost", lost).verdict == "holds"
    # another operation, another rule
    assert verdict_on(honest, checked(operations, left), "lost", operations[22]).verdict != "holds"
    assert verdict_on(honest, checked(operations, left), "order", lost).verdict == "violated"


def test_a_loss_that_nobody_notices_violates():
    operations = history()
    honest = checked(operations, final(operations))
    assert verdict_on(honest, honest, "lost", operations[20]).verdict == "violated"


def test_a_history_that_is_violated_with_nothing_planted_violates():
    operations = history()
    honest = checked(operations, final(operations[:-2]))
    verdict = verdict_on(honest, honest, "lost", operations[-2])
    assert verdict.verdict == "violated"
    assert verdict.note.key == "selftest-nothing-planted"


def test_too_few_operations_are_unknown():
    operations = history(10)
    lost = operations[0]
    honest = checked(operations, final(operations))
    planted = checked(operations, final(operations[2:]))
    assert verdict_on(honest, planted, "lost", lost).verdict == "unknown"


def test_a_read_that_is_served_an_old_revision_is_noticed():
    operations = history()
    store = FakeStore([(op.key, op.value) for op in operations if op.op == "write"])
    verdict = check_stale_read(work(operations), store)
    assert verdict.verdict == "holds", verdict.note
    assert verdict.id == "planted-stale-read"


def test_a_read_is_planted_only_where_two_writes_had_ended_before():
    operations = history()
    read, old = superseded(work(operations))
    assert (read, old) == (operations[-1], operations[0])
    with pytest.raises(ChaosError):
        superseded(work(operations[:2]))
    late = [replace(op, invoke_s=0.0) if op.op == "read" else op for op in operations]
    with pytest.raises(ChaosError):
        superseded(work(late))
