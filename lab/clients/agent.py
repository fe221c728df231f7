"""What can be asked of the agent of a node. Moments are monotonic seconds; no retries."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from lab.clients.channel import AgentChannel

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

    from lab.clients.channel import Nodes

Parameter = str | float | bool


@dataclass(frozen=True)
class Hello:
    """Who an agent is; another `boot` means that its node was restarted."""

    node: str
    boot: str
    now_s: float


@dataclass(frozen=True)
class Times:
    """When something was sent and when its effect was complete, None where nobody waited."""

    sent_s: float
    gone_s: float | None


@dataclass(frozen=True)
class ComponentState:
    """Whether any process of a component is left, and its first process."""

    alive: bool
    pid: int | None
    exit_code: int | None


@dataclass(frozen=True)
class ComponentEvent:
    """`kind`: component_start, or component_exit with its exit code."""

    kind: str
    component: str
    at_s: float
    exit_code: int | None


@dataclass(frozen=True)
class Healed:
    """What was undone by this call, what could not be (name -> why), and what the switch had."""

    healed: list[str]
    errors: dict[str, str]
    fired: list[str]
    at_s: float


@dataclass(frozen=True)
class Stream:
    """The output of a process on a node; closing the channel ends the process."""

    channel: socket.socket
    pid: int


class AgentClient:
    """Requests to one node's agent, one at a time. All raise AgentError.

    `session` joins channels: a fault owned by one is healed when all of its session are closed, or
    when none of them has said anything for 10 s. A client that is given none has one of its own.
    """

    def __init__(self, nodes: Nodes, node: str, session: str = "") -> None:
        self.node = node
        self._session = session or uuid.uuid4().hex
        self._channel = AgentChannel(nodes, node, self._session)

    def hello(self) -> Hello:
        """Return who answers, and its clock."""
        return Hello(**self._channel.ask("hello", {}))

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files into the node's directory, mode 0600."""
        encoded = {path: base64.b64encode(data).decode() for path, data in files.items()}
        self._channel.ask("put", {"files": encoded})

    def relay(self, host: str, port: int) -> socket.socket:
        """Open a TCP connection inside the node's network."""
        return self._channel.turned_raw("relay", {"host": host, "port": port})[0]

    def stream(self, argv: list[str]) -> Stream:
        """Run a process on the node."""
        return Stream(*self._channel.turned_raw("stream", {"argv": argv}))

    def exit_code(self, pid: int) -> int:
        """Return how a streamed process ended, as a shell says it; each is given once."""
        return int(self._channel.ask("exit_code", {"pid": pid}))

    def dial(self, host: str, port: int, *, tls: bool, timeout_s: float) -> str:
        """Return what this node sees: answered, refused, reset, silent, timeout or unreachable."""
        asked = {"host": host, "port": port, "tls": tls, "timeout_s": timeout_s}
        return str(self._channel.ask("dial", asked))

    def start(self, name: str, argv: list[str], *, restart: bool) -> int:
        """Start a component, or leave one alone that runs; return the pid of its first process."""
        asked = {"name": name, "argv": argv, "restart": restart}
        return int(self._channel.ask("start", asked))

    def signal(self, name: str, signal_name: str) -> Times:
        """Signal all processes of a component: KILL (and wait until it is gone), STOP, CONT."""
        return Times(**self._channel.ask("signal", {"name": name, "signal_name": signal_name}))

    def components(self) -> dict[str, ComponentState]:
        """Return the state of every component that was ever started here."""
        found = self._channel.ask("components", {})
        return {name: ComponentState(**state) for name, state in found.items()}

    def events(self) -> list[ComponentEvent]:
        """Return what started and exited, oldest first, the last 1000."""
        return [ComponentEvent(**event) for event in self._channel.ask("events", {})]

    def make_disk(self, path: str) -> None:
        """Make an ext4 disk and mount it at a path of the node's directory."""
        self._channel.ask("make_disk", {"path": path})

    def wipe(self, path: str) -> None:
        """Delete everything below a path of the node's directory."""
        self._channel.ask("wipe", {"path": path})

    def addresses(self) -> dict[str, str]:
        """Return address/prefix -> interface of every IPv4 address that the node has now."""
        return dict(self._channel.ask("addresses", {}))

    def prepare(self, undo: str, kind: str, parameters: Mapping[str, Parameter]) -> None:
        """Get ready to fire a fault at once; `heal`, or the session's end, lets go of it again."""
        asked = {"undo": undo, "kind": kind, "parameters": parameters, "session": self._session}
        self._channel.ask("prepare", asked)

    def inject(
        self,
        undo: str,
        kind: str,
        parameters: Mapping[str, Parameter],
        *,
        owner: Literal["channel", "lab"],
        for_s: float | None,
    ) -> Times:
        """Put a fault in, its undo registered first; `for_s`: healed after so many seconds."""
        asked = {"undo": undo, "kind": kind, "parameters": parameters, "for_s": for_s}
        session = self._session if owner == "channel" else None
        return Times(**self._channel.ask("inject", {**asked, "session": session}))

    def heal(self, names: Sequence[str] | None) -> Healed:
        """Undo the named faults, all when None, newest first; idempotent."""
        asked = None if names is None else list(names)
        return Healed(**self._channel.ask("heal", {"names": asked}))

    def active(self) -> list[str]:
        """Return the undos of the faults that are in, oldest first."""
        return list(self._channel.ask("active", {}))

    def close(self) -> None:
        """Close the channel; faults are healed with the last one of their session."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
