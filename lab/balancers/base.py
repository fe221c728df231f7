"""What a mode of balancing is: a program on every worker's loopback, or on nodes of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.nodes import APISERVER_PORT, BALANCER_BLOCK, LOOPBACK, Component, address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.nodes import Node


@dataclass(frozen=True)
class Frontend:
    """Where a balancer listens, and what it balances; `listen` and `masters` are host:port."""

    listen: str
    masters: Sequence[str]

    def master(self, index: int, line: int) -> str:
        """Return the master that stands for a user's server on `line`. Raises ValueError."""
        if index >= len(self.masters):
            raise ValueError(
                f"line {line}: server {index + 1} has no counterpart, "
                f"the lab has {len(self.masters)} masters"
            )
        return self.masters[index]


@dataclass(frozen=True)
class Placement:
    """Who stands where; `port` is the frontend's, `config` a user's own file or ""."""

    masters: tuple[Node, ...]
    workers: tuple[Node, ...]
    balancers: tuple[Node, ...]
    port: int
    config: str
    network: str


def _nothing(_: Placement) -> list[Component]:
    return []


@dataclass(frozen=True)
class BalancerProgram:
    """What balances: its component, and its file, which the lab writes or fits to itself.

    `configure` is given where to listen and the masters, `adopt` a user's own file and raises
    ValueError with the line at fault. `packages` are Debian's.
    """

    name: str
    argv: tuple[str, ...]
    file: str
    memory_mib: int
    configure: Callable[[str, Sequence[Node]], str]
    adopt: Callable[[str, Frontend], str]
    packages: tuple[str, ...]

    def on(self, node: Node, where: Placement, *, loopback: bool) -> Component:
        """Return the component of one node."""
        listen = f"{LOOPBACK if loopback else '*'}:{where.port}"
        if where.config:
            masters = [f"{one.address}:{APISERVER_PORT}" for one in where.masters]
            text = self.adopt(where.config, Frontend(listen, masters))
        else:
            text = self.configure(listen, where.masters)
        return Component(
            self.name,
            node.name,
            self.argv,
            where.port,
            self.memory_mib,
            late=True,
            system=True,
            loopback=loopback,
            files={self.file: text},
        )


@dataclass(frozen=True)
class Balancer:
    """One mode; without a program clients use the first master.

    `nodes` are hosts for it alone, 0 where it is on every worker; `virtual_host` the address of
    their block that moves between them, 0 where none does. `beside` is what else runs for it,
    `more_programs` what of the system decides where to balance, besides the program, `tools` what
    else of the system is needed, `more_packages` Debian's that have these. `words` say how workers
    reach the masters, a text a language; {set} stands for who has set it.
    """

    words: Mapping[str, str]
    program: BalancerProgram | None = None
    nodes: int = 0
    virtual_host: int = 0
    beside: Callable[[Placement], list[Component]] = _nothing
    more_programs: tuple[str, ...] = ()
    more_packages: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()

    @property
    def component(self) -> str:
        """The name of what balances, "" where nothing does."""
        return self.program.name if self.program else ""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs of the system that balance and decide where."""
        return (self.program.argv[0], *self.more_programs) if self.program else ()

    @property
    def packages(self) -> tuple[str, ...]:
        """The Debian packages that have all of it."""
        return (*self.program.packages, *self.more_packages) if self.program else ()

    def components(self, where: Placement) -> list[Component]:
        """Return all that is started for it."""
        if not self.program:
            return []
        stand = where.balancers if self.nodes else where.workers
        found = [self.program.on(node, where, loopback=not self.nodes) for node in stand]
        return found + self.beside(where)

    def frontend(self, where: Placement) -> tuple[str, int]:
        """Return host and port at which clients on a worker reach the apiservers."""
        if not self.program:
            return where.masters[0].address, APISERVER_PORT
        if not self.nodes:
            return LOOPBACK, where.port
        return self.virtual_address(where) or where.balancers[0].address, where.port

    def behind(self, where: Placement, worker: str) -> list[tuple[str, str]]:
        """Return component and node of all that may stand at a worker's frontend.

        The first is the one that stands there in an undisturbed lab.
        """
        if not self.program:
            return [("kube-apiserver", where.masters[0].name)]
        nodes = [node.name for node in where.balancers] if self.nodes else [worker]
        return [(self.component, node) for node in nodes]

    def virtual_address(self, where: Placement) -> str:
        """Return the address that moves between its nodes, "" where none does."""
        host = self.virtual_host
        return address_of(where.network, BALANCER_BLOCK, host) if host else ""

    def adopt(self, text: str, frontend: Frontend) -> str:
        """Return a user's file as this lab runs it. Raises ValueError with the line at fault."""
        if not self.program:
            raise ValueError("there is no balancer to configure")
        return self.program.adopt(text, frontend)
