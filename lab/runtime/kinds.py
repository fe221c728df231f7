"""Which runtimes there are, and which one a lab gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import NotCapableError, RuntimeUnavailableError
from lab.runtime.docker.kind import DockerKind
from lab.runtime.netns.kind import NetnsKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.runtime.base import Kind
    from lab.spec import LabSpec

# In the order in which `auto` tries them.
KINDS: dict[str, Kind] = {"netns": NetnsKind(), "docker": DockerKind()}
AUTO = "auto"


def choose(name: str, programs: Iterable[str]) -> str:
    """Return the runtime that is meant; `auto` is the first that can make labs here.

    `programs`: the system's programs that run in the lab. Raises RuntimeUnavailableError.
    """
    wanted = list(programs)
    reasons = {}
    for one in KINDS if name == AUTO else (name,):
        reasons[one] = KINDS[one].unavailable(wanted)
        if not reasons[one]:
            return one
    if name != AUTO:
        raise RuntimeUnavailableError(reasons[name])
    listed = "\n".join(f"  {one}: {reason}" for one, reason in reasons.items())
    raise RuntimeUnavailableError(f"no runtime can make a lab here:\n{listed}")


def check_capable(spec: LabSpec) -> None:
    """Raise NotCapableError when the runtime cannot do what the lab was asked to be able to."""
    if spec.disk != "ext4":
        return
    if reason := KINDS[spec.runtime].lacking().get("disks"):
        raise NotCapableError(
            f"disk: ext4 cannot be had with --runtime {spec.runtime}: {reason}; nothing was "
            "started. With `disk: directory` everything else works, and a power-off is a crash of "
            "the processes only"
        )
