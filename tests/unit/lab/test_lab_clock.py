"""Nodes with the clock of this machine, and with another clock."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from lab.clock import check_clock
from lab.components.lab_plan import plan_lab
from lab.errors import NotCapableError
from lab.spec import LabSpec


def lab_with_clock(offset_s):
    def hello():
        return SimpleNamespace(now_s=time.monotonic() + offset_s)

    agent = SimpleNamespace(hello=hello)
    return SimpleNamespace(plan=plan_lab(LabSpec(masters=0)), agent=lambda _: agent)


def test_nodes_with_this_machines_clock_can_be_measured():
    check_clock(lab_with_clock(0.0))


@pytest.mark.parametrize("offset_s", [-5.0, 3600.0])
def test_nodes_with_a_clock_of_their_own_cannot(offset_s):
    with pytest.raises(NotCapableError, match="another clock"):
        check_clock(lab_with_clock(offset_s))
