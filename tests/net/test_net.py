"""Nothing that 86b0290 said of a real run of any kind has changed, but what was wrong.

Every saved run is written again as record 3 (convert.py) and judged by this tree: the same
verdicts, and figures and tables that agree to 1e-9 with what they were, or should have been
(changed.py).
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from reports.kinds.registry import judge
from tests.net.changed import Shares, changed_figures, changed_row, during_shares
from tests.net.convert import PROOF_FIGURES, convert
from tests.net.saved import NAMES, expected_of, run_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.bracket import Figure
    from reports.kinds.judged import Judged

WITHIN = 1e-9
CHANGED_TABLES = ("trials", "recovery")
# table -> what tells its rows apart; a table without is compared row by row
KEYS = {
    "outages": ["trial", "probe", "worker", "connection", "start_s"],
    "degraded": ["trial", "probe", "worker", "connection"],
    "trials": ["trial", "probe", "worker", "connection"],
    "recovery": ["experiment", "probe", "connection"],
    "stages": ["trial", "stage"],
    "watches": ["trial", "worker"],
    "losses": ["trial", "probe", "worker", "connection", "from_s"],
    "tolerance": ["size", "fault", "failed", "leader_failed", "trial"],
    "majority": ["size"],
}


@pytest.fixture(scope="module")
def converted(tmp_path_factory) -> Callable[[str], Path]:
    """Convert the saved run of a name, once."""
    folder: Path = tmp_path_factory.mktemp("converted")
    return cache(lambda name: convert(run_of(name), folder / name))


@pytest.fixture(scope="module")
def judged(converted) -> Callable[[str], Judged]:
    """Judge the saved run of a name, once."""
    return cache(lambda name: judge(converted(name)))


def names_of(expected: dict[str, Any]) -> dict[str, str]:
    """Return name of a figure now -> name then."""
    if expected["kind"] in ("tolerance", "splits"):
        return {PROOF_FIGURES.get(name, name): name for name in expected["figures"]}
    if expected["kind"] != "proof":
        return {name: name for name in expected["figures"]}
    ((experiment, *_), *_) = expected["verdicts"]
    return {f"{experiment}.{PROOF_FIGURES.get(name, name)}": name for name in expected["figures"]}


def verdicts_of(run: Judged) -> list[list[str]]:
    return sorted([verdict.experiment, verdict.id, verdict.verdict] for verdict in run.verdicts)


def alike(now: float | None, then: float | None) -> bool:
    """Whether two numbers are the same; one that was not measured is the same as another."""
    missing = [value is None or pd.isna(value) for value in (now, then)]
    if any(missing):
        return all(missing)
    assert now is not None
    assert then is not None
    return math.isclose(now, then, rel_tol=WITHIN, abs_tol=WITHIN)


def figure_differences(run: Judged, expected: dict[str, Any], shares: Shares) -> list[str]:
    wrong = []
    named = {now: expected["figures"][then] for now, then in names_of(expected).items()}
    for now, (lower, upper, unknown) in changed_figures(named, shares).items():
        figure: Figure | None = run.figures.get(now)
        if figure is None and unknown and expected["kind"] == "proof":
            continue  # it is measured only where it is demanded
        if figure is None:
            wrong.append(f"{now} is gone; it was [{lower}, {upper}]")
            continue
        bracket = figure.bracket
        if bool(figure.unknown) != unknown:
            wrong.append(f"{now} is unknown: {figure.unknown!r}, then: {unknown}")
        elif not (alike(bracket.lower, lower) and alike(bracket.upper, upper)):
            wrong.append(f"{now} is [{bracket.lower}, {bracket.upper}], was [{lower}, {upper}]")
    return wrong


def key_of(row: dict[str, Any], keys: list[str]) -> tuple[Any, ...]:
    return tuple(round(row[key], 6) if isinstance(row[key], float) else row[key] for key in keys)


def keyed(rows: list[dict[str, Any]], table: str) -> dict[Any, dict[str, Any]]:
    keys = KEYS.get(table)
    if keys is None:
        return dict(enumerate(rows))
    found = {key_of(row, keys): row for row in rows}
    assert len(found) == len(rows), f"{table}: {keys} do not tell its rows apart"
    return found


def is_number(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float)


def table_differences(run: Judged, expected: dict[str, Any], shares: Shares) -> list[str]:
    wrong = []
    for table, then_rows in expected["tables"].items():
        if expected["kind"] == "proof" and table == "figures":
            continue  # they are figures of a suite now, compared by name
        if table not in run.tables:
            wrong.append(f"table {table} is gone, of {len(then_rows)} rows")
            continue
        if table in CHANGED_TABLES:
            then = keyed([changed_row(row, shares) for row in then_rows], table)
        else:
            then = keyed(then_rows, table)
        now = keyed(run.tables[table].to_dict("records"), table)
        wrong += [f"{table}: no row {key}" for key in then.keys() - now.keys()]
        wrong += [f"{table}: a row more: {key}" for key in now.keys() - then.keys()]
        for key in then.keys() & now.keys():
            wrong += row_differences(f"{table} {key}", now[key], then[key])
            if table in CHANGED_TABLES:
                wrong += [f"{table}: no {name}" for name in then[key].keys() - now[key].keys()]
    return wrong


def row_differences(where: str, now: dict[str, Any], then: dict[str, Any]) -> list[str]:
    return [
        f"{where} {column}: is {now[column]}, was {value}"
        for column, value in then.items()
        if column in now and is_number(value) and not alike(now[column], value)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_verdict_is_the_same(judged, name):
    assert judged(name).missing == []
    assert verdicts_of(judged(name)) == sorted(expected_of(name)["verdicts"])


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_the_same(judged, converted, name):
    shares = during_shares(converted(name))
    assert figure_differences(judged(name), expected_of(name), shares) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_every_table_is_the_same(judged, converted, name):
    shares = during_shares(converted(name))
    assert table_differences(judged(name), expected_of(name), shares) == []


def test_the_runs_below_a_claims_run_are_the_same(judged):
    expected = expected_of("claims")["experiments"]
    below = {path.parent.name: (path, run) for path, run in judged("claims").below.items()}
    assert below.keys() == expected.keys()
    for name, (path, run) in below.items():
        shares = during_shares(path)
        assert verdicts_of(run) == sorted(expected[name]["verdicts"])
        assert figure_differences(run, expected[name], shares) == []
        assert table_differences(run, expected[name], shares) == []
