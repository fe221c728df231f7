"""Run directories whose verdicts are known, and suites that could have made them."""

from __future__ import annotations

from made_histories import READ, events_of, run_record, samples_of, trial_record

from reports.history.writer import RunWriter

HOLDS = "." * 60
VIOLATED = "." * 21 + "x" * 15 + "." * 24
UNKNOWN = "." * 30

SUITE = """
name: {name}
lab: {{etcd: 3, masters: 2, workers: 1}}
experiments:
  - id: kill-leader
    title: The leader is killed
    hypothesis: Requests go on.
    fault: {{kind: kill, target: "etcd:leader"}}
    hold_s: 5
    expect:
      - {{id: writes, metric: outage_s, probe: write, connection: new, op: at_most, value: 1}}
  - id: hang-master
    title: A master hangs
    hypothesis: Requests go on.
    fault: {{kind: hang, target: "master:any"}}
    hold_s: 5
    expect:
      - {{id: reads, metric: outage_s, probe: read, connection: new, op: at_most, value: 1}}
"""


def add_trial(writer, text, **changes):
    """Write one trial whose only series is `text`, one character a probe."""
    record = trial_record(index=len(writer.record.trials), **changes)
    writer.record.trials.append(record)
    writer.save()
    trial = writer.trial(record.index)
    for event in events_of():
        trial.event(event["t_s"], event["kind"])
    for sample in samples_of({READ: text}).to_dict("records"):
        trial.sample(sample)
    trial.close()


def open_made(directory, **changes):
    writer = RunWriter(directory, run_record([], **changes))
    writer.save()
    return writer


def made_run(directory, *texts):
    """Write a run directory with a trial for each text; each is judged by an id of its own."""
    writer = open_made(directory)
    for number, text in enumerate(texts):
        add_trial(writer, text, experiment=f"fault-{number}")
    return directory


def suite_file(folder, name, old="", new=""):
    """Write a suite with two experiments and return its path; `old` becomes `new` in it."""
    text = SUITE.format(name=name)
    assert old in text
    path = folder / f"{name}.yaml"
    path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return path
