"""Real runs that are interrupted while a fault is in, and nothing else works as it should."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from home_of_labs import as_found_by, with_small_disk

from lab.readiness import wait_until
from lab.runtime.netns.keeper_identity import recorded
from reports.history.run_json import read_record
from reports.history.schema import SuiteRecord
from tests.torture.troubles import fill

pytestmark = pytest.mark.beside
SUITE = str(Path(__file__).with_name("interrupted.yaml"))
# The bounds of the undoing add up to less: a fault 10 s, observers 6 s each, one request 30 s.
END_TIMEOUT_S = 60

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")


def started(home, *argv, under=()):
    """Start a run whose output is a pipe, and return it when its fault has been confirmed."""
    process = home.popen(
        *("run", SUITE, "--runtime", "netns", *argv),
        under=under,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    seen = as_found_by(process, home.path)
    wait_until("the fault", lambda: "" if confirmed(seen) else "not yet", 90)
    return process


def confirmed(directory):
    # by levels: a search through all folders fails at one of the lab's that has gone meanwhile
    events = [
        path
        for runs in ("runs", "small")
        for path in directory.glob(f"{runs}/*/trials/0000/events.jsonl")
    ]
    return any("effect_confirmed" in path.read_text() for path in events)


def record(home):
    (directory,) = home.path.glob("**/run.json")
    return read_record(directory.parent, SuiteRecord)


def agents(home):
    """Return the agents of the only lab: the keeper's children."""
    (directory,) = home.path.glob("halab/labs/*")
    (keeper,) = psutil.Process(recorded(directory).pid).children()
    return keeper.children()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda signum: signum.name)
def test_an_interrupt_whose_output_nobody_reads_is_undone_and_ends_in_130(home, number):
    process = started(home)
    process.stdout.close()  # tee has got the Ctrl-C, too
    begun_s = time.monotonic()
    for again in (number, signal.SIGINT, signal.SIGTERM):
        process.send_signal(again)
    assert process.wait(END_TIMEOUT_S) == 130
    assert time.monotonic() - begun_s < END_TIMEOUT_S / 2
    home.wait_empty()
    assert home.labs() == []
    run = record(home)
    assert (run.status, run.trials[0].status) == ("interrupted", "interrupted")


def test_agents_that_hang_keep_no_interrupt_from_ending_the_run(home):
    with started(home) as process:
        for agent in agents(home):
            agent.suspend()
        process.send_signal(signal.SIGINT)
        try:
            printed, _ = process.communicate(timeout=2 * END_TIMEOUT_S)
        finally:
            process.kill()
    assert process.returncode == 130, printed
    assert "Traceback" not in printed
    home.wait_empty()
    assert home.labs() == []
    assert record(home).status == "interrupted"


@needs_root
def test_a_full_disk_ends_in_3_and_takes_the_lab_down(home):
    small = home.path / "small"
    small.mkdir()
    process = started(home, "--runs-dir", str(small), under=with_small_disk(small, "2m"))
    assert str(small) not in Path("/proc/self/mounts").read_text()
    fill(as_found_by(process, small))
    printed, _ = process.communicate(timeout=2 * END_TIMEOUT_S)
    assert process.returncode == 3, printed
    assert "No space left" in printed
    assert "Traceback" not in printed
    home.wait_empty()
    assert home.labs() == []
