"""The runs of the torture: seeded, every moment and signal among them, each alone again."""

from __future__ import annotations

import pytest

from tests.torture.moments import MARKERS
from tests.torture.one_run import command_line
from tests.torture.plan import MOMENTS, SHORT, SIGNALS, WHOLE, planned, run_of


def test_the_whole_has_the_numbers_that_were_asked_for():
    runs = planned(WHOLE, 1)
    root = [run for run in runs if (run.user, run.runtime) == ("root", "netns")]
    assert len(root) == 100
    assert sum(run.size == "etcd" for run in root) == 70
    assert len([run for run in runs if (run.user, run.runtime) == ("ordinary", "netns")]) == 30
    docker = [run for run in runs if run.runtime == "docker"]
    assert len(docker) == 30
    assert {run.user for run in docker} == {"root", "ordinary"}


def test_runs_follow_from_the_seed_and_their_name_alone():
    assert planned(WHOLE, 7) == planned(WHOLE, 7)
    assert planned(WHOLE, 7) != planned(WHOLE, 8)
    assert planned(WHOLE, 7)[42] == run_of(WHOLE[0], 42, 7)
    assert len({run.name for run in planned(WHOLE, 7)}) == 160


@pytest.mark.parametrize("seed", range(20))
def test_every_moment_signal_and_trouble_comes(seed):
    runs = [run for run in planned(WHOLE, seed) if (run.user, run.runtime) == ("root", "netns")]
    wanted = {(command, moment) for command, moments in MOMENTS.items() for moment in moments}
    assert {(run.command, run.moment) for run in runs} >= wanted - {("tolerance", "up")}
    assert {run.blow for run in runs} == {*SIGNALS, ""}
    assert {run.trouble for run in runs} == {"none", "pipe", "hung", "pair", "disk", "gc"}
    for run in planned(WHOLE, seed):
        assert (run.trouble == "disk") == (run.blow == "")
        assert (run.trouble, run.user) != ("disk", "ordinary")
        assert (run.command, run.moment) in MARKERS
        assert run.size == "etcd" or run.command != "tolerance"
        assert command_line(run)


def test_the_short_form_has_each_user_and_runtime():
    runs = planned(SHORT, 1)
    assert {(run.user, run.runtime) for run in runs} == {
        ("root", "netns"),
        ("ordinary", "netns"),
        ("root", "docker"),
    }
