"""Experiments on a cluster of kind, and what runs leave that are killed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from lab.readiness import wait_until
from reports.history.events import ComponentStart, EffectConfirmed, HealConfirmed
from reports.history.reader import read_suite
from tests.contract.traces import docker_traces

SUITE = Path(__file__).with_name("three-faults.yaml")


@pytest.mark.timeout(600)
def test_a_kill_a_power_off_and_a_cut_hold_as_predicted(home):
    done = home.halab("run", str(SUITE), "--runtime", "kind", "--json")
    answer = json.loads(done.stdout)
    verdicts = {verdict["id"]: verdict["verdict"] for verdict in answer["verdicts"]}
    assert verdicts == dict.fromkeys(("killed-reads", "silent-reads", "cut-reads"), "holds")
    record, trials, missing = read_suite(home.path / answer["run"])
    assert (record.runtime, missing) == ("kind", [])
    for trial in trials:
        kinds = [type(event) for event in trial.events]
        assert kinds.count(EffectConfirmed) == kinds.count(HealConfirmed) == 1
    started = [event for event in trials[0].events if isinstance(event, ComponentStart)]
    assert "kube-apiserver" in {event.component for event in started}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("moment", ["while the cluster is made", "while a fault is in"])
def test_a_killed_run_leaves_nothing_that_gc_does_not_remove(home, moment):
    before = docker_traces()
    log = home.path / "log"
    with log.open("w") as out:
        process = home.popen("run", str(SUITE), "--runtime", "kind", stdout=out, stderr=out)

    def reached():
        assert process.poll() is None, log.read_text()
        if moment == "while the cluster is made":
            return "" if docker_traces() != before else "no container"
        events = [path.read_text() for path in home.path.glob("runs/*/trials/*/events.jsonl")]
        return "" if "effect_confirmed" in "".join(events) else "no fault"

    wait_until(moment, reached, 200)
    time.sleep(2)
    process.kill()
    process.wait()

    def left():
        return "" if docker_traces()[0] == before[0] else "containers"

    wait_until("the cluster to end with its maker", left, 60)
    home.halab("gc")
