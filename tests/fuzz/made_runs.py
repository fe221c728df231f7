"""Made runs that are mutated: suites and surveys with each kind of verdict."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.history.events import HealConfirmed
from reports.history.schema import Doubt
from reports.locale.message import verbatim
from tests.fuzz.demands import demand
from tests.net import made_records
from tests.net.made import (
    KILL,
    NOT_STEADY,
    READ,
    Made,
    events_of,
    final_of,
    operations,
    with_clients,
    without,
    write,
)
from tests.unit.reports import made_surveys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOST = "v70"
WELL = {READ: "." * 60, ("write", "worker-1", "reused"): "." * 60}
HIT = {READ: "." * 20 + "x" * 15 + "." * 25, ("write", "worker-1", "reused"): "." * 60}
NEVER_BACK = {READ: "." * 20 + "x" * 40}
WORK = operations()


def operated(work: list[object] = WORK, final: object = None, **about: object) -> Made:
    return Made(
        WELL,
        **{
            "events": with_clients(work),
            "operations": work,
            "final": final or final_of(WORK),
            **about,
        },
    )


def _one(trial: Made) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        write(path, {KILL: [trial]})
        demand(path)
        return path

    return make


def _many(path: Path) -> Path:
    """Two experiments of two trials each, one of which shows what another does not."""
    return write(path, {KILL: [Made(WELL), Made(HIT)], "again": [Made(HIT), Made(WELL)]})


def _interrupted(path: Path) -> Path:
    trials = [Made(WELL), Made(WELL, status="interrupted"), Made(WELL, status="planned")]
    write(path, {KILL: trials})
    shutil.rmtree(path / "trials" / "0002")
    return path


def _stale() -> list[object]:
    """A read in the end that shows what was there in the beginning."""
    read = next(operation for operation in WORK if operation.op == "read")
    return [*WORK, replace(read, invoke_s=5.0, complete_s=5.1)]


def _gap() -> list[object]:
    """A watch that passed over an event."""
    told = [operation for operation in WORK if operation.op == "watch"]
    return [operation for operation in WORK if operation is not told[60]]


def _differing() -> object:
    final = final_of(WORK)
    states = dict(final.members)
    states["etcd-2"] = states["etcd-2"].model_copy(update={"hash": 2})
    return final.model_copy(update={"members": states})


def _table(change: Callable[[list[object]], list[object]]) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        rows = change(made_surveys.table(sizes=range(1, 5)))
        return made_records.survey(path, rows)

    return make


def _splits(*rows: object) -> Callable[[Path], Path]:
    return lambda path: made_records.survey(path, rows)


def _first(**changes: object) -> Callable[[list[object]], list[object]]:
    return lambda rows: [rows[3].model_copy(update=changes), *rows[:3], *rows[4:]]


def kept_without(value: str) -> object:
    """Return the final state after everything but a value was kept."""
    return final_of([operation for operation in WORK if operation.value != value])


NEVER_BACK_TRIAL = Made(NEVER_BACK, without(events_of(), HealConfirmed), doubt=NOT_STEADY)
DIED = Doubt(kind="not-measured", reason=verbatim("the clients did not come to an end"))
MADE: dict[str, Callable[[Path], Path]] = {
    "well": _one(operated()),
    "hit": _one(Made(HIT)),
    "lost": _one(operated(final=kept_without(LOST))),
    "stale": _one(operated(_stale())),
    "gap": _one(operated(_gap())),
    "differing": _one(operated(final=_differing())),
    "clients-died": _one(operated(events=events_of(), doubt=DIED)),
    "never-back": _one(NEVER_BACK_TRIAL),
    "unconfirmed": _one(Made(WELL, doubt=DIED)),
    "many": _many,
    "interrupted": _interrupted,
    "table": _table(lambda rows: rows),
    "table-lost": _table(_first(lost=["a"])),
    "table-unknown": _table(_first(write="unknown", read="unknown", reason=verbatim("busy"))),
    "table-wrong": _table(_first(write="not-served", read="not-served", write_s=None)),
    "splits": _splits(
        made_records.split([2, 1], "served", "not-served"),
        made_records.split([3, 2], "served", "not-served"),
    ),
    "splits-disjoint": _splits(
        made_records.split([2, 1], "served", "served"),
        made_records.split([3, 2], "served", "not-served", lost=["a"]),
    ),
    "splits-unknown": _splits(
        made_records.split([2, 1], "served", "unknown"),
        made_records.split([3, 2], "served", "not-served"),
    ),
}
