"""Whole runs through the command: what they leave, whatever ends them."""

from __future__ import annotations

import json
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from home_of_labs import Home, host_traces

from lab.readiness import wait_until
from reports.history.events import HealEnd
from reports.history.reader import read_suite
from reports.history.run_json import read_record
from reports.history.schema import SuiteRecord

SMALL = str(Path(__file__).with_name("small.yaml"))
SEED = 20261124
PHASES = {
    "starting": ("spawn", 1.5),
    "lab": ("waiting for", 3.0),
    "steadying": ("is ready", 3.0),
    "baseline": ("baseline_begin", 3.9),
    "injecting": ("inject_begin", 0.1),
    "holding": ("effect_confirmed", 2.9),
    "healing": ("heal_begin", 1.5),
    "recovering": ("heal_confirmed", 3.0),
    "ending": ("probing_end", 1.5),
}
# every phase at least twice, twenty in all
MOMENTS = [*PHASES, *PHASES, "starting", "injecting"]


def seen_so_far(home, log):
    events = home.path.glob("runs/*/trials/0000/events.jsonl")
    return "spawn" + log.read_text() + "".join(path.read_text() for path in events)


def start(home):
    log = home.path / "log"
    with log.open("w") as out:
        return home.popen("run", SMALL, stdout=out, stderr=out, start_new_session=True), log


def run_until(home, phase, chance):
    """Start a run and return it at a random moment of a phase."""
    process, log = start(home)
    marker, length_s = PHASES[phase]

    def reached():
        assert process.poll() is None, log.read_text()
        return "" if marker in seen_so_far(home, log) else "not yet"

    wait_until(phase, reached, 90)
    time.sleep(chance.uniform(0, length_s))
    return process, log


def kill_at(directory, number):
    """SIGKILL a run at the numbered moment; return what is wrong afterwards."""
    home = Home(directory)
    process, _ = run_until(home, MOMENTS[number], random.Random(f"{SEED}/{number}"))
    # on a fast machine the run may have ended by itself in its last phase
    ended = process.poll()
    process.kill()
    process.wait()
    home.wait_empty()
    left = home.labs()
    said = home.halab("gc").stdout
    wrong = []
    if ended not in (None, 0):
        wrong.append(f"it ended with {ended} before it was killed")
    if any(name not in said for name in left):
        wrong.append(f"gc does not say that it removed {left}: {said}")
    if home.labs():
        wrong.append(f"left after gc: {home.labs()}")
    return [f"{MOMENTS[number]}: {one}" for one in wrong]


def test_nothing_is_left_by_a_command_that_is_killed_at_any_moment(tmp_path):
    before = host_traces()
    homes = [tmp_path / f"{number:02d}" for number in range(len(MOMENTS))]
    for home in homes:
        home.mkdir()
    with ThreadPoolExecutor(3) as pool:
        wrong = list(pool.map(kill_at, homes, range(len(MOMENTS))))
    assert len(MOMENTS) == 20
    assert [one for found in wrong for one in found] == []
    assert host_traces() == before


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
