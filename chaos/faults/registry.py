"""All faults by name: what the modules of this folder list in FAULT_KINDS."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import chaos.faults
from chaos.registration import entries_in, make
from lab.errors import NotCapableError
from lab.runtime.drivers import DRIVERS
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaos.faults.base import Fault, FaultKind


@functools.cache
def fault_kinds() -> Mapping[str, FaultKind]:
    """Return every fault that can be asked for, by its name."""
    return entries_in(chaos.faults, "FAULT_KINDS")


def fault_of(kind: str, parameters: Mapping[str, object]) -> Fault:
    """Make a fault from its name and parameters. Raises InputError with every problem."""
    return make("fault", fault_kinds(), kind, parameters)


def check_faults_capable(names: Iterable[str], runtime: str) -> None:
    """Raise NotCapableError when a runtime cannot do one of these faults."""
    lacking = DRIVERS[runtime].lacking()
    for name in names:
        if reason := lacking.get(fault_kinds()[name].capability):
            raise NotCapableError(
                sentence(
                    "fault-not-capable",
                    "{fault} cannot be done with --runtime {runtime}: {reason}",
                    fault=name,
                    runtime=runtime,
                    reason=reason,
                )
            )
