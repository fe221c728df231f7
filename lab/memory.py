"""Whether this machine has the memory that a lab needs, asked before anything is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from lab import cgroups
from lab.errors import RuntimeUnavailableError
from lab.sentence import sentence

if TYPE_CHECKING:
    from lab.plan import LabPlan

# Resident, like `memory_mib` of components: measured in an idle lab, Kubernetes 1.37, etcd 3.7.
AGENT_MIB = 20
PROBER_MIB = 40


def needed_mib(plan: LabPlan) -> int:
    """Return the memory a lab and its probers are expected to take."""
    components = sum(component.memory_mib for component in plan.components)
    workers = len(plan.with_role("worker"))
    return components + AGENT_MIB * len(plan.nodes) + PROBER_MIB * workers


def available_mib(runtime: str) -> int:
    """Return what the nodes of a lab may take of this machine's memory.

    Those of netns are in this process's control groups, those of docker in the daemon's.
    """
    available = psutil.virtual_memory().available
    limited = cgroups.available_bytes() if runtime == "netns" else None
    return int(available if limited is None else min(available, limited)) // 2**20


def clusters_that_fit(plan: LabPlan, per_core: int) -> int:
    """Return how many labs of this plan may run in parallel: 1 at least, `per_core` a core at most.

    A quarter of the available memory is left for other programs.
    """
    by_memory = available_mib(plan.spec.runtime) * 3 // 4 // needed_mib(plan)
    return max(1, min(by_memory, per_core * (psutil.cpu_count() or 1)))


def check_memory(plan: LabPlan) -> None:
    """Raise RuntimeUnavailableError when the lab would not fit."""
    available = available_mib(plan.spec.runtime)
    if needed_mib(plan) > available:
        raise RuntimeUnavailableError(
            sentence(
                "too-little-memory",
                "this lab needs about {needed_mib} MiB of memory, {available_mib} MiB are "
                "available; nothing was started. Ask for fewer masters, or take other labs down",
                needed_mib=needed_mib(plan),
                available_mib=available,
            )
        )
