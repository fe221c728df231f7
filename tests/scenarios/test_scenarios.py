"""Failure scenarios from bug reports, as suites: each is valid, and has the expected steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.experiment.dry_run import dry_run_lines
from chaos.experiment.loader import load_suite
from chaos.experiment.plan import plan_suite
from chaos.probes.series import DEFAULT_SERIES

SCENARIOS = sorted(Path(__file__).parent.glob("s*.yaml"))
STEPS = {
    "s01": ["kill: at 0 s: kill etcd:any, for 10 s"],
    "s02": ["power-off: at 0 s: power-off master:any[2], for 12 s"],
    "s04": [
        "power-off: at 0 s: power-off etcd:follower, for 45 s",
        "isolate: at 0 s: isolate etcd:follower, for 45 s",
    ],
    "s05": ["hang: at 0 s: hang etcd:follower, for 70 s"],
    "s06": ["cut: at 0 s: cut etcd:follower from etcd:all, for 30 s"],
    "s07": ["cut: at 0 s: cut etcd:follower from etcd:leader, for 30 s"],
    "s10": ["kill: at 0 s: kill etcd:majority, for 25 s"],
    "s11": ["kill: at 0 s: kill master:any, for 8 s", "kill: at 0 s: kill master:any, for 45 s"],
    "s13": [
        "power-off: at 0 s: power-off frontend:worker-1, for 20 s",
        "kill: at 0 s: kill frontend:worker-1, for 20 s",
        "hang: at 0 s: hang frontend:worker-1, for 30 s",
    ],
    "s14": ["cut: at 0 s: cut master:any from worker:all, for 90 s"],
    "s15": ["power-off: at 0 s: power-off master:any, for 30 s"],
}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_dry_runs(path):
    suite = load_suite(path)
    planned = plan_suite(suite, DEFAULT_SERIES, suite.lab.runtime, seed=0)
    lines = list(dry_run_lines(suite.name, planned, "en"))
    assert suite.name == path.stem
    steps = [line for line in lines if line.startswith("  ") and ": expected: " not in line]
    assert [line.strip() for line in steps] == STEPS[path.stem[:3]]


def test_every_scenario_is_here():
    assert {path.stem[:3] for path in SCENARIOS} == set(STEPS)
