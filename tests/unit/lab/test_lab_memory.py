"""The memory that a lab needs, checked before its start."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import memory
from lab.components.lab_plan import plan_lab
from lab.errors import RuntimeUnavailableError
from lab.memory import check_memory, clusters_that_fit, needed_mib
from lab.spec import LabSpec

SMALL = plan_lab(LabSpec(etcd=1, masters=1, workers=1))


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(0, 49),
    st.booleans(),
    st.sampled_from(["etcd", "masters", "workers"]),
)
def test_one_more_of_anything_needs_more_memory(etcd, masters, workers, stacked, more):
    size = {"etcd": etcd, "masters": masters, "workers": workers}
    less = needed_mib(plan_lab(LabSpec(**size, stacked=stacked)))
    size[more] += 1
    assert needed_mib(plan_lab(LabSpec(**size, stacked=stacked))) > less


def available(monkeypatch, mib, limited_mib=None):
    memory_state = SimpleNamespace(available=mib * 2**20)
    limited = None if limited_mib is None else limited_mib * 2**20
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: memory_state)
    monkeypatch.setattr(memory.cgroups, "available_bytes", lambda: limited)


def test_a_lab_that_does_not_fit_is_refused_with_both_numbers(monkeypatch):
    available(monkeypatch, 100)
    with pytest.raises(RuntimeUnavailableError) as caught:
        check_memory(SMALL)
    assert f"needs about {needed_mib(SMALL)} MiB" in str(caught.value)
    assert "100 MiB are available; nothing was started" in str(caught.value)


@pytest.mark.parametrize("spare", [0, 1, 10_000])
def test_a_lab_that_fits_is_let_through(monkeypatch, spare):
    available(monkeypatch, needed_mib(SMALL) + spare)
    check_memory(SMALL)


def test_a_control_group_limits_the_labs_of_netns_and_not_those_of_docker(monkeypatch):
    available(monkeypatch, 100_000, limited_mib=100)
    docker = plan_lab(LabSpec(etcd=1, masters=1, workers=1, runtime="docker"))
    check_memory(docker)
    with pytest.raises(RuntimeUnavailableError, match="100 MiB are available"):
        check_memory(SMALL)
    assert clusters_that_fit(SMALL, 3) == 1
