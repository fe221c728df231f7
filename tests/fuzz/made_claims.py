"""Made claims runs that are mutated: a table, splits and suites, each decided by its figures.

Every claim is met just so, or just missed, by what the runs below it give.
"""

from __future__ import annotations

import json
import math
import random
from functools import partial
from typing import TYPE_CHECKING, Any

from reports.kinds.registry import judge
from reports.locale.message import verbatim
from tests.fuzz.made_runs import HIT, LOST, NEVER_BACK_TRIAL, kept_without, operated
from tests.net import made_records
from tests.net.made import KILL, Made, write
from tests.unit.reports import made_surveys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from reports.bracket import Figure

# more would only take time
MOST_CLAIMS = 40
TABLE = made_surveys.table(sizes=range(1, 4))
SPLITS = (
    made_records.split([2, 1], "served", "not-served"),
    made_records.split([3, 2], "served", "not-served"),
)


def _claims(path: Path, suites: Mapping[str, Made], **changes: dict[str, Any]) -> Path:
    """Write surveys, a suite of one trial for each of `suites`, and claims over all of them.

    `changes`: of the record of an experiment, by its name.
    """
    kinds = {"table": "tolerance", "splits": "splits", **dict.fromkeys(suites, "suite")}
    experiments = {
        name: {"kind": kind, "status": "complete", "directory": f"experiments/{name}/of-{name}"}
        for name, kind in kinds.items()
    }
    places = {name: path / about["directory"] for name, about in experiments.items()}
    made_records.survey(places["table"], TABLE)
    made_records.survey(places["splits"], SPLITS)
    for name, trial in suites.items():
        write(places[name], {KILL: [trial]})
    for place in places.values():
        _name_after(place)
    checks = {name: [*_tight(name, judge(place).figures)] for name, place in places.items()}
    chance = random.Random(path.name)
    few = MOST_CLAIMS // len(checks)
    chosen = [it for every in checks.values() for it in chance.sample(every, min(few, len(every)))]
    return made_records.claims(
        path,
        {f"C{number}": check for number, check in enumerate([*chosen, *_between(checks)])},
        {name: {**about, **changes.get(name, {})} for name, about in experiments.items()},
    )


def _name_after(place: Path) -> None:
    """Give a run the name of its directory, as runs have it."""
    record = json.loads((place / "run.json").read_text())
    (place / "run.json").write_text(json.dumps(record | {"id": place.name}))


def _tight(experiment: str, figures: Mapping[str, Figure]) -> Iterator[dict[str, Any]]:
    """Yield checks that each figure just meets, and just does not."""
    for name, figure in figures.items():
        lower, upper = figure.bracket.lower, figure.bracket.upper
        if figure.unknown or not (math.isfinite(lower) and math.isfinite(upper)):
            lower, upper = 0.5, 0.5
        bounds = [("at_most", upper), ("at_most", lower - 1e-6)]
        bounds += [("at_least", lower), ("at_least", upper + 1e-6)]
        for op, value in [*bounds, ("equals", lower), ("equals", upper + 1)]:
            yield {"figure": f"{experiment}/{name}", "op": op, "value": value}


def _between(checks: Mapping[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield checks whose bound is a figure of another experiment."""
    names = [next(iter(of_it))["figure"] for of_it in checks.values()]
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        for op in ("at_most", "at_least"):
            yield {"figure": name, "op": op, "value": other}


FAILED = {"status": "failed", "reason": verbatim("the lab did not start")}
CLAIMS: dict[str, Callable[[Path], Path]] = {
    "claims": partial(_claims, suites={"suite": operated()}),
    "claims-hit": partial(_claims, suites={"suite": Made(HIT), "never": NEVER_BACK_TRIAL}),
    "claims-lost": partial(_claims, suites={"suite": operated(final=kept_without(LOST))}),
    "claims-failed": partial(_claims, suites={"suite": operated()}, suite=FAILED, splits=FAILED),
}
