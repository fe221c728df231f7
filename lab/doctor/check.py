"""A check of this machine: what it looks at, what that means, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

# remark: labs can be made, and something is to be known; lacking: what needs it cannot be had.
State = Literal["ok", "remark", "lacking"]

NETNS, DOCKER, KIND = ("netns",), ("docker", "kind"), ("kind",)
ALL = (*NETNS, *DOCKER)
NONE = ()


@dataclass(frozen=True)
class Finding:
    """What a check has found."""

    state: State
    found: str


def ok(found: str) -> Finding:
    """Return that nothing is missing."""
    return Finding("ok", found)


def remark(found: str) -> Finding:
    """Return what is to be known, and hinders no lab."""
    return Finding("remark", found)


def lacking(found: str) -> Finding:
    """Return what is missing."""
    return Finding("lacking", found)


@dataclass(frozen=True)
class Check:
    """A row. `needed_by`: the runtimes that make no lab without it.

    `look` raises nothing that an ordinary machine can cause.
    """

    name: str
    needed_by: tuple[str, ...]
    meaning: str
    mend: str
    look: Callable[[], Finding]


@dataclass(frozen=True)
class Line:
    """A check with what it has found on this machine."""

    check: Check
    finding: Finding

    def hinders(self, runtime: str) -> bool:
        """Whether this runtime makes no lab because of it."""
        return self.finding.state == "lacking" and runtime in self.check.needed_by
