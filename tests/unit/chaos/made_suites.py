"""Suites in YAML, made by changing a valid one."""

from __future__ import annotations

import yaml

from chaos.experiment.loader import load_suite

DEMAND = {"id": "reads", "metric": "outage_s", "probe": "read", "connection": "new"}
DEMAND |= {"op": "at_most", "value": 1}


def experiment(*steps, **changes):
    """Return an experiment with these steps."""
    about = {"id": "made", "title": "It is broken", "hypothesis": "It goes on."}
    return {**about, "steps": list(steps), "operations": {"rate_hz": 40}, **changes}


def suite(*experiments, **lab):
    """Return a suite with these experiments on one lab."""
    made = {"etcd": 3, "masters": 3, "workers": 1, **lab}
    return {"name": "mine", "lab": made, "experiments": list(experiments)}


def load(folder, data, lab=None):
    """Write a suite and load it."""
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return load_suite(path, lab)
