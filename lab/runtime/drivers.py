"""The registry of runtimes, and the choice of one for a lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lab.errors import NotCapableError, RuntimeUnavailableError
from lab.runtime.capabilities import CAPABILITIES
from lab.runtime.docker.driver import DockerDriver
from lab.runtime.kind.driver import KindDriver
from lab.runtime.netns.driver import NetnsDriver
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.runtime.base import RuntimeDriver

DRIVERS: dict[str, RuntimeDriver] = {
    "netns": NetnsDriver(),
    "docker": DockerDriver(),
    "kind": KindDriver(),
}
# What `auto` tries, in this order; a cluster of kind takes minutes, and is made when asked for.
AUTO, AUTOMATIC = "auto", ("netns", "docker")


class RuntimeRequest(Protocol):
    """The settings of a LabSpec that concern its runtime."""

    @property
    def runtime(self) -> str:
        """Its name."""

    @property
    def disk(self) -> str:
        """What etcd's data is on: directory or ext4."""


def driver_of(name: str) -> RuntimeDriver:
    """Return a runtime's driver. Raises ValueError."""
    if name not in DRIVERS:
        raise ValueError(f"{name} is none of {', '.join(DRIVERS)}")
    return DRIVERS[name]


def choose(name: str, programs: Iterable[str]) -> str:
    """Return the name of a runtime that can make labs here; `auto` is the first such runtime.

    `programs`: the programs of the system that run in the lab. Raises RuntimeUnavailableError.
    """
    needed = list(programs)
    reasons = {}
    for candidate in AUTOMATIC if name == AUTO else (name,):
        reasons[candidate] = DRIVERS[candidate].unavailable(needed)
        if not reasons[candidate]:
            return candidate
    if name != AUTO:
        raise RuntimeUnavailableError(reasons[name])
    listed = "\n".join(f"  {candidate}: {reason}" for candidate, reason in reasons.items())
    raise RuntimeUnavailableError(
        sentence("no-runtime", "no runtime can make a lab here:\n{reasons}", reasons=listed)
    )


def check_capable(wanted: RuntimeRequest) -> None:
    """Raise NotCapableError when the runtime lacks a capability that the lab needs."""
    if wanted.disk != "ext4":
        return
    if reason := DRIVERS[wanted.runtime].lacking().get("disks"):
        raise NotCapableError(
            sentence(
                "no-disks",
                "disk: ext4 cannot be had with --runtime {runtime}: {reason}; nothing was started. "
                "With `disk: directory` everything else works, and a power-off is a crash of the "
                "processes only",
                runtime=wanted.runtime,
                reason=reason,
            )
        )


def capability_table() -> list[list[str]]:
    """Return the rows of capabilities x runtimes, heading first: the table of `halab runtimes`."""
    rows = [["capability", *DRIVERS, "what it is"]]
    for name, meaning in CAPABILITIES.items():
        rows.append([name, *(driver.capabilities[name] for driver in DRIVERS.values()), meaning])
    return rows
