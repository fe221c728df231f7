"""In what the settings of two sides differ: what makes their figures hard to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.locale.message import Message, message, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.compare.sides import Side
    from reports.history.schema import ExperimentRecord, StepRecord

DEADLINE = "deadline_s"
OF_RUNS = ("versions", "host", DEADLINE, "client_timeout_s")
OF_EXPERIMENTS = ("lab", "settings", "series", "steps")


def differences(a: Side, b: Side) -> list[Message]:
    """Return in what the two differ: versions, machine, deadlines; labs, rates and timelines.

    Experiments that both sides have are compared by their id.
    """
    differing = [change for name in OF_RUNS for change in run_differences(name, a, b)]
    of_a, of_b = _by_id(a), _by_id(b)
    common = [name for name in of_a if name in of_b]
    of_experiments: list[tuple[Message, list[str]]] = []
    for name in OF_EXPERIMENTS:
        for experiment in common:
            settings = (
                [_setting(record, name) for record in side[experiment]] for side in (of_a, of_b)
            )
            for change in _changes(name, *settings):
                _add(of_experiments, change, experiment)
    for change, names in of_experiments:
        where = ", ".join(names)
        differing.append(
            change
            if names == common
            else message("differs-in-experiments", difference=change, experiments=where)
        )
    return differing


def run_differences(name: str, a: Side, b: Side) -> list[Message]:
    """Return how a setting of whole runs differs."""
    return _changes(name, *([getattr(run, name) for run in side.runs] for side in (a, b)))


def _add(changes: list[tuple[Message, list[str]]], change: Message, experiment: str) -> None:
    """Add an experiment to those that have a change."""
    for known, experiments in changes:
        if known == change:
            experiments.append(experiment)
            return
    changes.append((change, [experiment]))


def _by_id(side: Side) -> dict[str, list[ExperimentRecord]]:
    experiments: dict[str, list[ExperimentRecord]] = {}
    for run in side.runs:
        for experiment in run.experiments:
            experiments.setdefault(experiment.id, []).append(experiment)
    return experiments


def _setting(experiment: ExperimentRecord, name: str) -> object:
    if name == "steps":
        return {step.id: _planned(step) for step in experiment.steps}
    return getattr(experiment, name)


def _planned(step: StepRecord) -> Message:
    """Return what a step does, and when and for how long."""
    length = verbatim("") if step.for_s is None else message("step-length", for_s=step.for_s)
    after = message("step-after", step=step.after) if step.after else verbatim("")
    settled = message("step-settled") if step.settle else verbatim("")
    return message(
        "planned-step",
        step=step.full_text,
        length=length,
        at_s=step.at_s,
        after=after,
        settled=settled,
    )


def _changes(name: str, of_a: Sequence[object], of_b: Sequence[object]) -> list[Message]:
    """Return how a setting differs between two sides, each the values of its runs."""
    values = [*of_a, *of_b]
    if all(value == values[0] for value in values):
        return []
    tables = [value for value in values if isinstance(value, dict)]
    if len(tables) == len(values):
        keys = sorted({key for table in tables for key in table})
        return [
            change
            for key in keys
            for change in _changes(
                f"{name}.{key}",
                [table.get(key) for table in tables[: len(of_a)]],
                [table.get(key) for table in tables[len(of_a) :]],
            )
        ]
    if any(value != side[0] for side in (of_a, of_b) for value in side):
        return [message("differs-within-side", setting=name)]
    if name == "series":
        return [message("differs-in-series")]
    return [message("differs-in-setting", setting=name, a=_text(of_a[0]), b=_text(of_b[0]))]


def _text(value: object) -> Message:
    if value is None:
        return message("not-there")
    return value if isinstance(value, Message) else verbatim(str(value))
