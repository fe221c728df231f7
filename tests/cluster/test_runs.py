"""Whole runs through the command: what they leave, whatever ends them."""

from __future__ import annotations

import json
import random
import signal

import psutil
import pytest
from phases import SEED, SMALL, run_until, seen_so_far

from lab.readiness import wait_until
from reports.history.events import HealEnd
from reports.history.reader import read_suite
from reports.history.run_json import read_record
from reports.history.schema import SuiteRecord


@pytest.mark.beside
@pytest.mark.parametrize("phase", ["lab", "baseline", "holding", "recovering"])
def test_an_interrupted_run_is_undone_and_kept(home, phase):
    process, log = run_until(home, phase, random.Random(f"{SEED}/{phase}"))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130, log.read_text()
    assert "Traceback" not in log.read_text()
    home.wait_empty()
    assert home.labs() == []
    (directory,) = home.path.glob("runs/*")
    run = read_record(directory, SuiteRecord)
    assert run.status == "interrupted"
    assert [one.status for one in run.trials] == ["planned" if phase == "lab" else "interrupted"]
    if phase in ("holding", "recovering"):
        _, (trial,), _ = read_suite(directory)
        assert len(trial.samples) > 50
        assert trial.first(HealEnd) is not None
        assert (directory / "report/index.html").exists()
        home.halab("analyze", str(directory), code=5)


def test_a_run_holds_leaves_its_report_and_nothing_else(home):
    done = home.halab("run", SMALL, "--json", "--trials", "2")
    answer = json.loads(done.stdout)
    assert [one["verdict"] for one in answer["verdicts"]] == ["holds"]
    directory = home.path / answer["run"]
    assert {path.name for path in directory.iterdir()} == {"run.json", "trials", "logs", "report"}
    report = {str(path.relative_to(directory / "report")) for path in directory.glob("report/**/*")}
    tables = {
        f"tables/{name}.{ending}"
        for name in (
            *("outages", "degraded", "trials", "worst", "recovery", "stages", "watches"),
            *("losses", "injections", "figures", "grades", "costs", "trial_costs"),
        )
        for ending in ("csv", "parquet")
    }
    pages = {"index.html", "report.md", "report.json", "junit.xml", "metrics.txt", "tables"}
    assert report == pages | tables
    assert (directory / "logs/master-1/kube-apiserver.log").stat().st_size > 1000
    run, _, missing = read_suite(directory)
    assert (run.status, [one.status for one in run.trials]) == ("complete", ["complete"] * 2)
    assert missing == []
    copied = home.path / "elsewhere"
    directory.rename(copied)
    assert "holds" in home.halab("analyze", str(copied)).stdout
    assert str(copied.name) in home.halab("list", "--runs-dir", str(home.path)).stdout


@pytest.mark.beside
def test_a_trial_in_which_an_agent_died_is_unknown_and_the_next_has_a_new_lab(home):
    log = home.path / "log"
    with log.open("w") as out:
        process = home.popen("run", SMALL, "--trials", "2", stdout=out, stderr=out)

    def holding():
        return "" if "effect_confirmed" in seen_so_far(home, log) else "not yet"

    wait_until("the fault to be in", holding, 90)
    for agent in _agents(home):
        agent.kill()
    assert process.wait(120) == 5, log.read_text()
    (directory,) = home.path.glob("runs/*")
    first, second = read_record(directory, SuiteRecord).trials
    assert first.doubt.kind == "not-measured"
    assert second.doubt is None
    assert log.read_text().count("is ready after") == 2


def _agents(home):
    """Every agent of the only lab: the forks of its keeper."""
    named = [
        process
        for process in psutil.process_iter(["cmdline", "ppid"])
        if (process.info["cmdline"] or [])[-3:-2] == ["lab.runtime.netns.keeper"]
        and str(home.path) in process.info["cmdline"][-2]
    ]
    pids = {process.pid for process in named if "unshare" not in process.info["cmdline"][0]}
    return [one for one in named if one.info["ppid"] in pids]
