"""In what the settings of two sides differ: what makes their figures hard to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.locale.message import Message, message, verbatim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.compare.metrics import ComparedMetric
    from reports.compare.sides import Side
    from reports.history.schema import ExperimentRecord, StepRecord

DEADLINE = "deadline_s"
OF_RUNS = ("versions", "host", DEADLINE, "client_timeout_s")
OF_EXPERIMENTS = ("lab", "settings", "series", "steps")


def differences(a: Side, b: Side) -> list[Message]:
    """Return in what the two differ: experiments, versions, machine, deadlines; labs, rates, steps.

    Experiments that both sides have are compared by their id.
    """
    differing = list(_on_one_side(a, b))
    differing += [change for name in OF_RUNS for change in run_differences(name, a, b)]
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


def incomparable(metric: ComparedMetric, subject: str, a: Side, b: Side) -> Message | None:
    """Return why a metric of a subject is not the same thing on both sides; None where it is.

    It was measured on one side only, what is a good request differs, the requests do, or what was
    done to the lab: another fault, target, moment or hold.
    """
    for name, other in (("A", b), ("B", a)):
        if subject not in other.subjects_of(metric):
            return message("on-one-side", experiment=subject, side=name)
    of_a, of_b = a.experiments_of(subject), b.experiments_of(subject)
    changes = [
        *run_differences(DEADLINE, a, b),
        *_changes("series", *([_requests(each, metric) for each in side] for side in (of_a, of_b))),
        *_changes("steps", *([_setting(each, "steps") for each in side] for side in (of_a, of_b))),
    ]
    if not changes:
        return None
    return message("not-the-same", experiment=subject, difference=changes[0])


def _requests(experiment: ExperimentRecord, metric: ComparedMetric) -> list[object]:
    """Return how a metric's requests were to be sent."""
    return [
        series.model_dump()
        for series in experiment.series
        if metric.measures(series.probe, series.connection)
    ]


def _on_one_side(a: Side, b: Side) -> Iterator[Message]:
    of_a, of_b = _by_id(a), _by_id(b)
    for side, there, other in (("A", of_a, of_b), ("B", of_b, of_a)):
        for name in there:
            if name not in other:
                yield message("on-one-side", experiment=name, side=side)


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
