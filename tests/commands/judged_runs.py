"""Run directories whose verdicts are known."""

from __future__ import annotations

from made_histories import (
    READ,
    events_of,
    experiment_record,
    run_record,
    trial_record,
    write_trial,
)

from reports.history.writer import RunWriter

HOLDS = "." * 60
VIOLATED = "." * 21 + "x" * 15 + "." * 24
UNKNOWN = "." * 30


def add_trial(writer, text, experiment="kill-it"):
    """Write a trial whose only series is `text`, one character a probe."""
    record = writer.record
    if experiment not in {each.id for each in record.experiments}:
        record.experiments.append(experiment_record(id=experiment))
    number = sum(each.experiment == experiment for each in record.trials)
    trial = trial_record(index=len(record.trials), experiment=experiment, number=number)
    record.trials.append(trial)
    record.trial_count = len(record.trials)
    writer.save()
    write_trial(writer, trial.index, {READ: text}, events_of())


def open_made(directory, **changes):
    writer = RunWriter(directory, run_record(**changes))
    writer.save()
    return writer


def made_run(directory, *texts):
    """Write a run directory with a trial for each text; each is judged by an id of its own."""
    writer = open_made(directory)
    for number, text in enumerate(texts):
        add_trial(writer, text, f"fault-{number}")
    return directory
