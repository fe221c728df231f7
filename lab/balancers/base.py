"""A mode of balancing: a program on every worker's loopback, or on nodes of its own."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lab.nodes import APISERVER_PORT, BALANCER_BLOCK, LOOPBACK, Component, address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.balancers.fitting import Fitted
    from lab.nodes import Node

# The network that stands for masters without addresses (RFC 5737).
_DOCUMENTATION = "192.0.2"


@dataclass(frozen=True)
class Frontend:
    """The address at which a balancer listens, and its masters, host:port each."""

    listen: str
    masters: Sequence[str]


@dataclass(frozen=True)
class Placement:
    """The nodes by their roles; `port` is the frontend's, `config` a user's own file or ""."""

    masters: tuple[Node, ...]
    workers: tuple[Node, ...]
    balancers: tuple[Node, ...]
    port: int
    config: str
    network: str


def _nothing(_: Placement) -> list[Component]:
    return []


@dataclass(frozen=True)
class Reaction:
    """How late a balancer's treatment of a master can change, in seconds; 0 where it never does.

    `returns_s`: one that answers again is used again. `detects_s`: one that answers nothing is
    taken out; `detects_refusal_s`: one whose host refuses connections. `takes_over_s`: another
    balancer takes over from one that is gone. `closes_idle_s`: a connection on which nothing was
    sent for so long is closed, 0 where none is.
    """

    returns_s: float = 0.0
    detects_s: float = 0.0
    detects_refusal_s: float = 0.0
    takes_over_s: float = 0.0
    closes_idle_s: float = 0.0


@dataclass(frozen=True)
class BalancerProgram:
    """A balancing program: its component, and its file, which the lab writes or adapts.

    `configure` returns a file for an address to listen at and masters. `adopt` fits a user's own
    file to a lab; its last argument is what --lb-server names, or "". It raises UnfitFileError.
    `preamble` is written before what it returns. `check_argv` is how the program checks `file`.
    `reaction` reads such a file, and takes the program's defaults for what it does not set.
    `packages` are Debian's.
    """

    name: str
    argv: tuple[str, ...]
    file: str
    memory_mib: int
    configure: Callable[[str, Sequence[Node]], str]
    adopt: Callable[[str, Frontend, str], Fitted]
    reaction: Callable[[str], Reaction]
    packages: tuple[str, ...]
    check_argv: tuple[str, ...]
    preamble: str = ""

    def text(self, placement: Placement, *, loopback: bool) -> str:
        """Return its file. Raises UnfitFileError for a user's own."""
        listen = f"{LOOPBACK if loopback else '*'}:{placement.port}"
        if placement.config:
            masters = [f"{master.address}:{APISERVER_PORT}" for master in placement.masters]
            return self.preamble + self.adopt(placement.config, Frontend(listen, masters), "").text
        return self.configure(listen, placement.masters)

    def component_on(self, node: Node, placement: Placement, *, loopback: bool) -> Component:
        """Return the component of a node."""
        return Component(
            self.name,
            node.name,
            self.argv,
            placement.port,
            self.memory_mib,
            late=True,
            system=True,
            loopback=loopback,
            files={self.file: self.text(placement, loopback=loopback)},
        )


@functools.lru_cache(maxsize=32)
def _read_once(reaction_of: Callable[[str], Reaction], text: str) -> Reaction:
    """Return what a file makes of a balancer: every formula of a plan asks for it."""
    return reaction_of(text)


@dataclass(frozen=True)
class Balancer:
    """A mode of balancing; without a program clients use the first master.

    `description`: how workers reach the masters, language -> text; {set} stands for who configured
    the balancer. `nodes`: how many nodes of its own it has, 0 where it runs on every worker.
    `virtual_host`: the host in the balancers' block whose address moves between them, 0 for none;
    `takes_over_s`: seconds after which it has moved, at most.
    `beside` returns its further components. `more_programs`: programs of the system that choose
    the balancer, besides `program`; `tools`: further programs that are needed; `more_packages`:
    Debian's packages of these.
    """

    description: Mapping[str, str]
    program: BalancerProgram | None = None
    nodes: int = 0
    virtual_host: int = 0
    takes_over_s: float = 0.0
    beside: Callable[[Placement], list[Component]] = _nothing
    more_programs: tuple[str, ...] = ()
    more_packages: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    @property
    def component(self) -> str:
        """The name of the balancing component, "" where there is none."""
        return self.program.name if self.program else ""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs of the system that balance, and that choose the balancer."""
        return (self.program.argv[0], *self.more_programs) if self.program else ()

    @property
    def packages(self) -> tuple[str, ...]:
        """The Debian packages of all its programs."""
        return (*self.program.packages, *self.more_packages) if self.program else ()

    def components(self, placement: Placement) -> list[Component]:
        """Return all components of this mode."""
        if not self.program:
            return []
        nodes = placement.balancers if self.nodes else placement.workers
        balancing = [
            self.program.component_on(node, placement, loopback=not self.nodes) for node in nodes
        ]
        return balancing + self.beside(placement)

    def frontend(self, placement: Placement) -> tuple[str, int]:
        """Return host and port at which clients on a worker reach the apiservers."""
        if not self.program:
            return placement.masters[0].address, APISERVER_PORT
        if not self.nodes:
            return LOOPBACK, placement.port
        return self.virtual_address(placement) or placement.balancers[0].address, placement.port

    def components_behind(self, placement: Placement, worker: str) -> list[tuple[str, str]]:
        """Return component and node of everything that may serve a worker's frontend.

        In an undisturbed lab the first of them serves it.
        """
        if not self.program:
            return [("kube-apiserver", placement.masters[0].name)]
        nodes = [node.name for node in placement.balancers] if self.nodes else [worker]
        return [(self.component, node) for node in nodes]

    def reaction(self, placement: Placement) -> Reaction:
        """Return how late it reacts, by its own file. Clients of one master react to nothing."""
        if not self.program:
            return Reaction()
        alone = _read_once(
            self.program.reaction, self.program.text(placement, loopback=not self.nodes)
        )
        # an address that moves back leads to a balancer that has to see the master for itself
        returns_s = alone.returns_s + self.takes_over_s
        return replace(alone, returns_s=returns_s, takes_over_s=self.takes_over_s)

    def virtual_address(self, placement: Placement) -> str:
        """Return the address that moves between its nodes, "" where there is none."""
        host = self.virtual_host
        return address_of(placement.network, BALANCER_BLOCK, host) if host else ""

    def adopt(self, text: str, masters: int, server: str) -> Fitted:
        """Return a user's file as labs with so many masters run it, before these have addresses.

        `server`: what --lb-server names, or "". Raises ValueError, of which UnfitFileError is one.
        """
        if not self.program:
            raise ValueError("there is no balancer to configure")
        hosts = [f"{_DOCUMENTATION}.{number}:{APISERVER_PORT}" for number in range(1, masters + 1)]
        return self.program.adopt(text, Frontend(f"*:{APISERVER_PORT}", hosts), server)
