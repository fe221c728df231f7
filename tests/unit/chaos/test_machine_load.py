"""The share of the machine's processors that is in use."""

from __future__ import annotations

from typing import NamedTuple

import psutil
import pytest

from chaos.run.machine_load import processors_in_use


class Times(NamedTuple):
    user: float
    idle: float
    iowait: float
    guest: float = 0.0


SHARES = {
    "half of the time": (Times(10, 5, 0), Times(15, 10, 0), 0.5),
    "waiting for a disk is no work": (Times(10, 5, 0), Times(11, 5, 3), 0.25),
    "all of the time": (Times(10, 5, 1), Times(20, 5, 1), 1.0),
    "guests are in the user's time": (Times(0, 0, 0, 0), Times(10, 10, 0, 10), 0.5),
    "no time at all": (Times(10, 5, 1), Times(10, 5, 1), 0.0),
}


@pytest.mark.parametrize(("before", "after", "share"), SHARES.values(), ids=SHARES.keys())
def test_the_share_is_that_since_the_measuring_began(monkeypatch, before, after, share):
    times = iter([before, after])
    monkeypatch.setattr(psutil, "cpu_times", lambda: next(times))
    assert processors_in_use()() == pytest.approx(share)


def test_a_real_machine_is_measured():
    assert 0 <= processors_in_use()() <= 1
