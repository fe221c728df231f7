"""In what the settings of two sides differ: what makes their figures hard to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compare.sides import Side
    from reports.history.schema import ExperimentRecord, StepRecord

OF_RUNS = ("versions", "host", "deadline_s", "client_timeout_s")
OF_EXPERIMENTS = ("lab", "settings", "series", "steps")


def differences(a: Side, b: Side) -> list[str]:
    """Say in what the two differ: versions, machine, deadlines; labs, rates and timelines.

    The latter of the experiments that both have, each with its own on the other side.
    """
    found: list[str] = []
    for name in OF_RUNS:
        found += _changes(name, *([getattr(run, name) for run in side.runs] for side in (a, b)))
    ours, theirs = _by_id(a), _by_id(b)
    common = [name for name in ours if name in theirs]
    where: dict[str, list[str]] = {}
    for name in OF_EXPERIMENTS:
        for experiment in common:
            sides = ([_setting(one, name) for one in side[experiment]] for side in (ours, theirs))
            for text in _changes(name, *sides):
                where.setdefault(text, []).append(experiment)
    for text, names in where.items():
        found.append(text if names == common else f"{text} (in {', '.join(names)})")
    return found


def _by_id(side: Side) -> dict[str, list[ExperimentRecord]]:
    found: dict[str, list[ExperimentRecord]] = {}
    for run in side.runs:
        for experiment in run.experiments:
            found.setdefault(experiment.id, []).append(experiment)
    return found


def _setting(experiment: ExperimentRecord, name: str) -> object:
    if name == "steps":
        return {step.id: _planned(step) for step in experiment.steps}
    return getattr(experiment, name)


def _planned(step: StepRecord) -> str:
    """Say what a step does, and when and for how long."""
    held = "" if step.for_s is None else f" for {step.for_s:g} s"
    after = f" after {step.after}" if step.after else ""
    return f"{step.full_text}{held}, at {step.at_s:g} s{after}{', settled' * step.settle}"


def _changes(name: str, ours: Sequence[object], theirs: Sequence[object]) -> list[str]:
    """Say how a setting differs between two sides, each the values of its runs."""
    values = [*ours, *theirs]
    if all(value == values[0] for value in values):
        return []
    tables = [value for value in values if isinstance(value, dict)]
    if len(tables) == len(values):
        keys = sorted({key for table in tables for key in table})
        a, b = tables[: len(ours)], tables[len(ours) :]
        parts = [([one.get(key) for one in a], [one.get(key) for one in b]) for key in keys]
        changes = zip(keys, parts, strict=True)
        return [text for key, ends in changes for text in _changes(f"{name}.{key}", *ends)]
    if any(value != side[0] for side in (ours, theirs) for value in side):
        return [f"{name}: the runs of one side differ among themselves"]
    if name == "series":
        return ["series: rates or kinds of requests differ"]
    a_text, b_text = ("not there" if one is None else one for one in (ours[0], theirs[0]))
    return [f"{name}: {a_text} → {b_text}"]
