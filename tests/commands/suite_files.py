"""Suites as files of a user's."""

from __future__ import annotations

SUITE = """
name: {name}
lab: {{etcd: 3, masters: 2, workers: 1}}
experiments:
  - id: kill-leader
    title: The leader is killed
    hypothesis: Requests go on.
    steps:
      - {{fault: kill, target: "etcd:leader", for_s: 5}}
    expect:
      - {{id: writes, metric: outage_s, probe: write, connection: new, op: at_most, value: 1}}
  - id: hang-master
    title: A master hangs
    hypothesis: Requests go on.
    lab: {{masters: 3}}
    steps:
      - {{fault: hang, target: "master:any", for_s: 5}}
    expect:
      - {{id: reads, metric: outage_s, probe: read, connection: new, op: at_most, value: 1}}
"""


def suite_file(folder, name, old="", new=""):
    """Write a suite with two experiments and return its path; `old` becomes `new` in it."""
    text = SUITE.format(name=name)
    assert old in text
    path = folder / f"{name}.yaml"
    path.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return path
