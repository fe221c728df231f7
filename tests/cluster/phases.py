"""A small run, and the moments of its phases at which tests kill or interrupt it."""

from __future__ import annotations

import time
from pathlib import Path

from lab.readiness import wait_until

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
