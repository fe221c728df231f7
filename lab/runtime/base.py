"""What a runtime does: it makes nodes, destroys them, and gives a byte channel to each agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from lab.found import FoundCluster
    from lab.leftover import Leftover
    from lab.nodes import Component, Node
    from lab.progress import Progress
    from lab.runtime.request import ClusterRequest
    from lab.sentence import Words


# Worker -> host and port of its proxy, as the worker sees them; without workers that have none.
Frontends = Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class Daemon:
    """What holds the nodes of labs: its identity, which no other daemon has, and its address."""

    identity: str
    address: str


class Runtime(Protocol):
    """The nodes of one lab, the same interface for all of them."""

    @property
    def ports(self) -> dict[str, int]:
        """Worker -> port on the host's loopback that leads to the worker's proxy."""

    @property
    def python(self) -> str:
        """The Python interpreter of the nodes, 3.9 or newer."""

    def reserve(self) -> str:
        """Reserve the range of addresses of the nodes and return it. Raises LabError."""

    def create(
        self,
        request: ClusterRequest,
        nodes: Sequence[Node],
        frontends: Frontends,
        programs: Mapping[str, Path],
        progress: Progress,
    ) -> None:
        """Make the nodes and their network. They end with this process until `release`.

        `nodes`, `frontends`: as they are planned or expected.
        `programs`: name -> path on this machine, of the programs that run on the nodes and are not
        part of their system. Raises LabError, after everything is removed.
        """

    def found(self) -> FoundCluster | None:
        """Return the cluster that `create` has found, None for nodes as they were planned."""

    def release(self) -> None:
        """From here on the nodes outlive this process. Raises LabError."""

    def channel(self, node: str) -> socket.socket:
        """Open a new byte channel to a node's agent. Raises AgentError."""

    def command(self, component: Component, find: Callable[[str], str]) -> list[str]:
        """Return how an agent starts a component; `find`: name -> path on this machine."""

    def close(self) -> None:
        """Close the channels of this process; nodes that were released go on."""

    def alive(self) -> bool:
        """Whether the nodes exist. Raises LabError when that cannot be known."""

    def destroy(self) -> None:
        """Remove all that `create` and `reserve` made; idempotent. Raises CleanupError."""


class RuntimeDriver(Protocol):
    """A runtime on this machine: what it can do, and how it makes nodes."""

    @property
    def capabilities(self) -> Mapping[str, str]:
        """Capability -> whether it has it: yes, no, as root, untested."""

    def expected(self, request: ClusterRequest) -> FoundCluster | None:
        """Return what a lab will be found to be, None for a runtime whose labs are planned. Pure.

        Raises ValueError for a lab that it cannot make.
        """

    def describe(self, cluster: str) -> Mapping[str, str | int | bool]:
        """Return the settings of a LabSpec that describe a cluster which exists already.

        Raises LabError where there is none, or none can be attached.
        """

    def at(self, directory: Path) -> Runtime:
        """Return the nodes of the lab in a directory, whether they exist or not."""

    def unavailable(self, programs: Iterable[str]) -> Words:
        """Return why no lab can be made, else "". `programs`: those of the system that it runs."""

    def lacking(self) -> Mapping[str, Words]:
        """Return capability -> why it is missing on this machine."""

    def prepare(self, progress: Progress) -> None:
        """Make what all labs share, an image for example. Raises LabError."""

    def versions(self, programs: Iterable[str]) -> dict[str, str]:
        """Return the versions of the system's programs that labs run. Raises LabError."""

    def daemon(self) -> Daemon | None:
        """Return the daemon that holds the nodes of new labs, None without one. Raises LabError."""

    def collect(self, home: Path, *, dry_run: bool) -> list[Leftover]:
        """Remove what killed commands have left besides labs. Raises LabError."""

    def labs_with_leftovers(self, home: Path) -> set[str]:
        """Return the names of the labs below a home of which containers or networks exist."""
