"""What is wrong today in surveys, and in claims over runs that failed: issue 15 flips it.

From ../shared/cases/verdicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reports.kinds.registry import judge
from reports.locale.message import verbatim
from tests.net.made import KILL, READ, Made, events_of, write
from tests.net.made_records import claims, split, survey
from tests.net.wrong import Wrong, kinds_of
from tests.unit.reports.made_surveys import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reports.history.surveys import CellRecord


# --- surveys


def surveyed(names: str, rows: Sequence[Any], *planned: Any) -> Callable[[Path], str]:
    return lambda path: kinds_of(survey(path, rows, planned or None), names)


def shares(name: str, rows: Sequence[Any]) -> Callable[[Path], Any]:
    """Return what finds the ends of a survey's figure."""

    def value(path: Path) -> Any:
        found = judge(survey(path, rows)).figures[name]
        return "unknown" if found.unknown else (found.bracket.lower, found.bracket.upper)

    return value


def changed(rows: Sequence[CellRecord], place: int, **changes: Any) -> list[CellRecord]:
    return [*rows[:place], rows[place].model_copy(update=changes), *rows[place + 1 :]]


def place_of(rows: Sequence[CellRecord], failed: int, fault: str, *, leader: bool) -> int:
    wanted = (failed, fault, leader)
    return next(
        n for n, row in enumerate(rows) if (row.failed, row.fault, row.leader_failed) == wanted
    )


KEPT, DISJOINT = "every-acknowledged-write-is-kept", "never-two-disjoint-sides"
SIZE_3 = "size-3-majority size-3-tolerance"
CELLS = table([3])
STARVED = changed(
    CELLS,
    place_of(CELLS, 1, "kill", leader=False),
    write="unknown",
    read="unknown",
    lost=["halab/kill/1/4"],
    differing=verbatim("etcd-2 differs"),
    reason=verbatim("the machine was too busy"),
)
MINORITY = changed(CELLS, place_of(CELLS, 2, "kill", leader=False), write="served", write_s=0.2)
HUNG = table([3], faults=("kill", "hang"))
HANGING = place_of(HUNG, 1, "hang", leader=True)
NOT_SERVED = changed(HUNG, HANGING, write="not-served", read="not-served")
ALL_FAULTS = table([3], faults=("kill", "hang", "cut"))
UNMEASURED = split([2, 1], "served", "unknown", reason=verbatim("the machine was too busy"))
PLANNED_7 = [split([4, 3]), split([3, 2, 2]), split([5, 2])]

SURVEYED = [
    # r_surveys S1, t9 S1: a cell that is otherwise unknown still lost a write
    Wrong("S1 a lost write of an unknown cell", surveyed(KEPT, STARVED), "holds", "violated"),
    Wrong("S1 its figure", shares("lost_writes", STARVED), (0.0, 0.0), (1.0, 1.0)),
    # S2: one of three members acknowledged a write
    Wrong("S2 a minority wrote", surveyed(SIZE_3, MINORITY), "holds holds", "violated violated"),
    Wrong(
        "S2 its figure",
        shares("served_without_majority", MINORITY),
        (0.0, 0.0),
        (1 / 3, 1 / 3),
    ),
    # S3: what is not there is not missed: with the cell it is violated
    Wrong("S3a whole", surveyed(SIZE_3, NOT_SERVED), "violated violated", "violated violated"),
    Wrong(
        "S3b the line of the cell that violates was deleted",
        surveyed(SIZE_3, [*NOT_SERVED[:HANGING], *NOT_SERVED[HANGING + 1 :]], *NOT_SERVED),
        "holds holds",
        "unknown unknown",
    ),
    Wrong(
        "S3c one fault of three was measured",
        surveyed(SIZE_3, CELLS, *ALL_FAULTS),
        "holds holds",
        "unknown unknown",
    ),
    # S5: a side that was not measured may have served
    Wrong("S5 a side was not measured", surveyed(DISJOINT, [UNMEASURED]), "holds", "unknown"),
    # S6: of 7 members one of three planned splits is there
    Wrong(
        "S6 splits are missing",
        surveyed("splits-of-7", [split([4, 3], "served", "not-served")], *PLANNED_7),
        "holds",
        "unknown",
    ),
]


# --- claims


def claimed(
    figure: str, value: float, rows: Sequence[Any], status: str, **about: Any
) -> Callable[[Path], str]:
    """Return what judges one claim over a survey that ended so."""

    def judged(path: Path) -> str:
        place = "experiments/run/s1"
        below = judge_kind(survey(path / place, rows, status=status))
        experiments = {"run": {"kind": below, "status": status, "directory": place, **about}}
        check = {"figure": f"run/{figure}", "op": "equals", "value": value}
        return kinds_of(claims(path, {"C1": check}, experiments), "C1")

    return judged


def judge_kind(directory: Path) -> str:
    return str(judge(directory).record.kind)


def claim_of_a_state(path: Path) -> str:
    """Judge "all nodes stayed Ready" where one observation of 36 was answered by no apiserver."""
    ready = ("node-ready", "worker-1", "direct")
    trial = Made(
        {READ: "." * 200, ready: "." * 15 + "?" + "." * 24},
        events_of(heal_s=10.0, end_s=20.0),
        rates_hz={"node-ready": 2.0},
    )
    place = "experiments/run/s1"
    write(path / place, {KILL: [trial]})
    check = {"figure": f"run/{KILL}.node-ready.direct.availability", "op": "equals", "value": 1}
    ran = {"kind": "suite", "status": "complete", "directory": place}
    return kinds_of(claims(path, {"A3": check}, {"run": ran}), "A3")


FAILED = {"status": "failed", "reason": "[Errno 28] No space left on device"}
TWO_SPLITS = [
    split([3, 1, 1], "served", "not-served", "not-served"),
    split([3, 2], "served", "not-served"),
]

CLAIMED = [
    # r_claims_failed, t10_claims: figures of runs that ended half way
    Wrong(
        "E1 of a table that failed",
        claimed("served_with_majority", 1, CELLS, **FAILED),
        "holds",
        "unknown",
    ),
    Wrong(
        "E6 of splits that failed",
        claimed("two_way_odd_unserved", 0, TWO_SPLITS, **FAILED),
        "holds",
        "unknown",
    ),
    # t20_misc A3: unknown in the suite's own verdict, violated as a claim
    Wrong("A3 a state that no apiserver answered", claim_of_a_state, "violated", "unknown"),
    # issue 15: a figure that does not exist falls back to the part before its dot
    Wrong(
        "a figure that is not there",
        claimed("majority_3.of-masters", 2, CELLS, "complete"),
        "holds",
        "unknown",
    ),
]


@pytest.mark.parametrize("wrong", [*SURVEYED, *CLAIMED], ids=lambda case: case.name)
def test_what_is_wrong_today(wrong, tmp_path):
    assert wrong.value(tmp_path / "run") == wrong.now
