"""Runs that are killed at any moment leave nothing that `halab gc` does not remove."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from home_of_labs import Home
from phases import PHASES, SEED, run_until

from tests.contract.traces import host_traces

pytestmark = pytest.mark.beside
# every phase at least twice, twenty in all
MOMENTS = [*PHASES, *PHASES, "starting", "injecting"]


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
