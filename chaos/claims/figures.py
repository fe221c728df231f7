"""Which figures the experiments of a document will have, as far as their plans show it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from chaos.experiment.plan import plan_suite
from chaos.probes.series import DEFAULT_SERIES
from reports.analysis.figure_names import OF_SPLITS, suite_names, tolerance_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.experiment.schema import Suite
    from reports.history.claims import Claim


@dataclass(frozen=True)
class PlannedFigures:
    """The figures of an experiment; those that begin with one of `drawn` depend on the seed."""

    names: Sequence[str]
    drawn: tuple[str, ...] = ()


def of_table(sizes: Sequence[int]) -> PlannedFigures:
    """Return the figures of a tolerance table."""
    return PlannedFigures(tolerance_names(sizes))


def of_splits() -> PlannedFigures:
    """Return the figures of splits."""
    return PlannedFigures(OF_SPLITS)


def of_suite(suite: Suite) -> PlannedFigures:
    """Return the figures of a suite. Raises InputError for a demand that cannot be computed."""
    planned = plan_suite(suite, DEFAULT_SERIES, suite.labs[0].runtime, seed=0)
    drawn = tuple(f"{one.id}." for one in suite.experiments if one.random)
    return PlannedFigures(suite_names([experiment.record for experiment in planned]), drawn)


def figure_problems(claim: Claim, planned: Mapping[str, PlannedFigures]) -> list[str]:
    """Return what a claim wants and no experiment measures, with the nearest names.

    `planned`: of every experiment whose plan is sound.
    """
    wanted = [figure for check in claim.expect for figure in check.figures]
    if claim.table:
        columns = claim.table.columns
        wanted += [f"{row}/{column.figure}" for row in claim.table.rows for column in columns]
    problems = []
    for figure in dict.fromkeys(wanted):
        experiment, _, name = figure.partition("/")
        figures = planned.get(experiment)
        if figures is None or name in figures.names or name.startswith(figures.drawn):
            continue
        nearest = get_close_matches(name, figures.names, cutoff=0.0)
        problems.append(
            f"claims.{claim.id}: experiment {experiment} has no figure {name}; "
            f"the nearest are {', '.join(nearest)}"
        )
    return problems
