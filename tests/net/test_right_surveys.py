"""What was wrong in surveys, and in claims over runs that failed, with what is right.

From ../shared/cases/verdicts, and the siblings of what is there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from chaos.claims.loader import find_document, load_document
from chaos.survey.splits import splits_of
from reports.history.surveys import CELLS as CELLS_FILE
from reports.kinds.registry import judge
from reports.locale.message import verbatim
from tests.net.made import KILL, READ, Made, events_of, write
from tests.net.made_records import claims, split, survey
from tests.net.right import Right, kinds_of
from tests.unit.reports.made_surveys import as_predicted, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reports.history.surveys import CellRecord


# --- surveys


def surveyed(names: str, rows: Sequence[Any], *planned: Any) -> Callable[[Path], str]:
    return lambda path: kinds_of(survey(path, rows, planned or None), names)


def shares(name: str, rows: Sequence[Any], *planned: Any) -> Callable[[Path], Any]:
    """Return what finds the ends of a survey's figure."""

    def value(path: Path) -> Any:
        found = judge(survey(path, rows, planned or None)).figures[name]
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

READ_BY_MINORITY = changed(CELLS, place_of(CELLS, 2, "kill", leader=False), read="served")
STARVED_MINORITY = changed(
    CELLS, place_of(CELLS, 3, "kill", leader=True), write="served", read="unknown"
)
NEVER_HELD = changed(
    CELLS, place_of(CELLS, 3, "kill", leader=True), write="unknown", read="unknown", bound_s=0.0
)
WROTE = split([2, 1], "served", "not-served")
WROTE = WROTE.model_copy(
    update={"sides": [WROTE.sides[0], WROTE.sides[1].model_copy(update={"write": "served"})]}
)
ONE_SIDE = split([2, 1], "served")
BUSY = verbatim("the machine was too busy")
BOTH_AND_UNKNOWN = split([1, 1, 1], "served", "served", "unknown", reason=BUSY)
LOST_AND_UNKNOWN = split([2, 1], "served", "unknown", reason=BUSY, lost=["halab/2+1/0"])
ON_SIZE_5 = [split([3, 2], "served", "not-served"), split([4, 1], "served", "not-served")]

SURVEYED = [
    # r_surveys S1, t9 S1: a cell that is otherwise unknown still lost a write
    Right("S1 a lost write of an unknown cell", surveyed(KEPT, STARVED), "violated"),
    Right("S1 its figure", shares("lost_writes", STARVED), (1.0, 1.0)),
    Right("S1 how members differ there", shares("differing_members", STARVED), (1.0, 1.0)),
    Right("S1 of a split", surveyed(KEPT, [LOST_AND_UNKNOWN]), "violated"),
    Right("S1 a cell that was never held", surveyed(KEPT, NEVER_HELD), "unknown"),
    Right("S1 what it may have lost", shares("lost_writes", NEVER_HELD), (0.0, math.inf)),
    # S2: one of three members acknowledged a write
    Right("S2 a minority wrote", surveyed(SIZE_3, MINORITY), "violated violated"),
    Right("S2 its figure", shares("served_without_majority", MINORITY), (1 / 3, 1 / 3)),
    Right("S2 the majority that it makes", shares("majority_3", MINORITY), (1.0, 1.0)),
    Right("S2 a minority read", surveyed(SIZE_3, READ_BY_MINORITY), "violated violated"),
    Right(
        "S2 a minority wrote, the rest was starved",
        surveyed(SIZE_3, STARVED_MINORITY),
        "violated violated",
    ),
    Right(
        "S2 the smaller side wrote",
        surveyed(f"splits-of-3 {DISJOINT}", [WROTE]),
        "violated violated",
    ),
    # S3: what is not there is not missed: with the cell it is violated
    Right("S3a whole", surveyed(SIZE_3, NOT_SERVED), "violated violated"),
    Right(
        "S3b the line of the cell that violates was deleted",
        surveyed(SIZE_3, [*NOT_SERVED[:HANGING], *NOT_SERVED[HANGING + 1 :]], *NOT_SERVED),
        "unknown unknown",
    ),
    Right(
        "S3c one fault of three was measured",
        surveyed(SIZE_3, CELLS, *ALL_FAULTS),
        "unknown unknown",
    ),
    Right("S3 what was not there may have lost writes", surveyed(KEPT, CELLS, *HUNG), "unknown"),
    Right(
        "S3 the share of a table of which a half is there",
        shares("served_with_majority", CELLS, *HUNG),
        (0.5, 1.0),
    ),
    Right(
        "S3 the same cell twice stands for one",
        shares("lost_writes", [*STARVED, *STARVED]),
        (1.0, 1.0),
    ),
    # S5: a side that was not measured may have served
    Right("S5 a side was not measured", surveyed(DISJOINT, [UNMEASURED]), "unknown"),
    Right("S5 its figure", shares("two_served", [UNMEASURED]), (0.0, 1.0)),
    Right(
        "S5 a side is not there",
        surveyed(f"{DISJOINT} splits-of-3", [ONE_SIDE]),
        "unknown unknown",
    ),
    Right(
        "S5 two sides served, whatever the third did",
        surveyed(f"{DISJOINT} splits-of-3", [BOTH_AND_UNKNOWN]),
        "violated violated",
    ),
    Right("S5 the figure of that", shares("two_served", [BOTH_AND_UNKNOWN]), (1.0, 1.0)),
    # S6: of 7 members one of three planned splits is there
    Right(
        "S6 splits are missing",
        surveyed("splits-of-7", [split([4, 3], "served", "not-served")], *PLANNED_7),
        "unknown",
    ),
    Right(
        "S6 all that is said of both",
        surveyed(f"{DISJOINT} {KEPT}", ON_SIZE_5[:1], *ON_SIZE_5),
        "unknown unknown",
    ),
    Right("S6 its figure", shares("two_way_odd_unserved", ON_SIZE_5[:1], *ON_SIZE_5), (0.0, 1.0)),
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


def damaged(rows: Sequence[Any], value: float) -> Callable[[Path], str]:
    """Return what judges a claim over a whole table that has a broken line behind its last."""

    def judged(path: Path) -> str:
        place = "experiments/run/s1"
        survey(path / place, rows)
        with (path / place / CELLS_FILE).open("a") as file:
            file.write("{broken\n")
        experiments = {"run": {"kind": "tolerance", "status": "complete", "directory": place}}
        check = {"figure": "run/served_with_majority", "op": "equals", "value": value}
        return kinds_of(claims(path, {"C1": check}, experiments), "C1")

    return judged


def lacking(*parts: str) -> Callable[[Path], str]:
    """Return what judges a claim over a table, of whose run these files are gone."""

    def judged(path: Path) -> str:
        place = path / "experiments/run/s1"
        check = claimed("tolerance_3", 1, CELLS, "complete")
        assert check(path) == "holds"
        for part in parts:
            (place / part).unlink()
        return kinds_of(path, "C1")

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

INTERRUPTED = {"status": "interrupted"}
VIOLATED = [split([3, 1], "not-served", "not-served"), split([2, 2], "served", "not-served")]

CLAIMED = [
    # r_claims_failed, t10_claims: figures of runs that ended half way
    Right(
        "E1 of a table that failed", claimed("served_with_majority", 1, CELLS, **FAILED), "unknown"
    ),
    Right(
        "E6 of splits that failed",
        claimed("two_way_odd_unserved", 0, TWO_SPLITS, **FAILED),
        "unknown",
    ),
    Right(
        "E1 of a table that was interrupted",
        claimed("served_with_majority", 1, CELLS, **INTERRUPTED),
        "unknown",
    ),
    Right("of a survey that is damaged", damaged(CELLS, 1.0), "unknown"),
    Right("of a survey whose cells are gone", lacking(CELLS_FILE), "unknown"),
    Right("of a survey that is gone", lacking(CELLS_FILE, "run.json"), "unknown"),
    # what is there violates it, whatever is missing
    Right(
        "a violation of splits that failed",
        claimed("two_way_even_unserved", 0, VIOLATED, **FAILED),
        "violated",
    ),
    # t20_misc A3: unknown in the suite's own verdict, violated as a claim
    Right("A3 a state that no apiserver answered", claim_of_a_state, "unknown"),
    # issue 15: a figure that does not exist falls back to the part before its dot
    Right(
        "a figure that is not there",
        claimed("majority_3.of-masters", 2, CELLS, "complete"),
        "unknown",
    ),
]


# --- E5 and E6 of the page on Kuboard-Spray, over surveys of sizes 1 to 9


def shipped(
    name: str, table_rows: Sequence[Any], split_rows: Sequence[Any]
) -> Callable[[Path], str]:
    """Return what judges each check of a shipped claim for itself."""

    def judged(path: Path) -> str:
        document = load_document(find_document("kuboard-spray"))
        [claim] = [claim for claim in document.claims if claim.id == name]
        checks = {f"C{n}": check.model_dump() for n, check in enumerate(claim.expect)}
        runs = {"table": (table_rows, "tolerance"), "splits": (split_rows, "splits")}
        for run, (rows, _) in runs.items():
            survey(path / "experiments" / run, rows)
        experiments = {
            run: {"kind": kind, "status": "complete", "directory": f"experiments/{run}"}
            for run, (_, kind) in runs.items()
        }
        return kinds_of(claims(path, checks, experiments), " ".join(checks))

    return judged


EVERY_SIZE = table(range(1, 10))
HALF_IS_ENOUGH = table(range(1, 10), tolerates=lambda size: size // 2)
EVERY_SPLIT = [as_predicted(plan) for size in range(2, 10) for plan in splits_of(size)]
LOSING = [*EVERY_SPLIT[:-1], EVERY_SPLIT[-1].model_copy(update={"lost": ["halab/a/0"]})]
DIFFERING = [*EVERY_SPLIT[:-1], EVERY_SPLIT[-1].model_copy(update={"differing": verbatim("so")})]

STATED = [
    Right("E5", shipped("E5", EVERY_SIZE, EVERY_SPLIT), "holds holds holds holds"),
    Right(
        "E5 if half of the members were a majority",
        shipped("E5", HALF_IS_ENOUGH, EVERY_SPLIT),
        "violated violated violated violated",
    ),
    # three ways no side may have a majority
    Right("E6", shipped("E6", EVERY_SIZE, EVERY_SPLIT), "holds holds violated holds holds"),
    Right(
        "E6 if the data of the larger side were lost",
        shipped("E6", EVERY_SIZE, LOSING),
        "holds holds violated violated holds",
    ),
    Right(
        "E6 if members kept the data of the smaller side",
        shipped("E6", EVERY_SIZE, DIFFERING),
        "holds holds violated holds violated",
    ),
]


@pytest.mark.parametrize("case", [*SURVEYED, *CLAIMED, *STATED], ids=lambda case: case.name)
def test_what_is_right(case, tmp_path):
    assert case.value(tmp_path / "run") == case.right
