"""The requests to an agent. Moments are monotonic seconds; no retries."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

from lab.clients.channel import AgentChannel
from lab.sentence import read_words

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

    from lab.clients.channel import Nodes
    from lab.sentence import Words

Parameter = str | float | bool
# Where a heal may wait for a node that boots, or for what somebody else starts again.
LONG_HEAL_S = 90.0
# Within which a busy machine answers what takes no time.
ANSWER_S = 5.0


@dataclass(frozen=True)
class Hello:
    """The identity of an agent; another `boot` means that its node was restarted."""

    node: str
    boot: str
    now_s: float


@dataclass(frozen=True)
class Times:
    """When it was sent, and when its effect was complete, None where nothing waited for that."""

    sent_s: float
    gone_s: float | None


@dataclass(frozen=True)
class ComponentState:
    """Whether any process of a component runs, and its first process."""

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
    """Faults undone by this call, errors (name -> reason), faults that the switch had undone."""

    healed: list[str]
    errors: dict[str, Words]
    fired: list[str]
    at_s: float


@dataclass(frozen=True)
class Stream:
    """A process on a node: the channel carries its output, and closing it ends the process.

    Where the process has an input, bytes sent on the channel are its input and `shutdown(SHUT_WR)`
    ends the input. Send and receive in two threads: a process may write before it reads on.
    """

    channel: socket.socket
    pid: int


class AgentClient:
    """Requests to one node's agent, one at a time. All raise AgentError.

    Channels with the same `session` own faults together: these are healed when all of the channels
    are closed, or when no request came on any of them for 10 s. "": a session of its own.
    `heal_timeout_s`: within which a heal is answered, None for that of every request.
    """

    def __init__(
        self, nodes: Nodes, node: str, session: str = "", heal_timeout_s: float | None = None
    ) -> None:
        self.node = node
        self._heal_timeout_s = heal_timeout_s
        self._session = session or uuid.uuid4().hex
        self._channel = AgentChannel(nodes, node, self._session)

    @property
    def gone(self) -> bool:
        """Whether the channel has ended; another one may lead to an agent that came after."""
        return self._channel.gone

    def hello(self) -> Hello:
        """Return the agent's identity and its clock."""
        return Hello(**self._channel.ask("hello", {}))

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files into the node's directory, mode 0600."""
        encoded = {path: base64.b64encode(data).decode() for path, data in files.items()}
        self._channel.ask("put", {"files": encoded})

    def relay(self, host: str, port: int) -> socket.socket:
        """Open a TCP connection inside the node's network."""
        return self._channel.open_raw("relay", {"host": host, "port": port})[0]

    def stream(self, argv: list[str], *, stdin: bool = False) -> Stream:
        """Run a process on the node; without `stdin` its input is empty."""
        return Stream(*self._channel.open_raw("stream", {"argv": argv, "stdin": stdin}))

    def exit_code(self, pid: int) -> int:
        """Return the exit code of a streamed process, as a shell reports it; possible only once."""
        return int(self._channel.ask("exit_code", {"pid": pid}))

    def dial(self, host: str, port: int, *, tls: bool, timeout_s: float) -> str:
        """Return what this node sees: answered, refused, reset, silent, timeout or unreachable."""
        arguments = {"host": host, "port": port, "tls": tls, "timeout_s": timeout_s}
        # to connect, and to shake hands; an agent that hangs must not be waited for like an undo
        limit_s = 2 * timeout_s + ANSWER_S
        return str(self._channel.ask("dial", arguments, limit_s))

    def start(self, name: str, argv: list[str], *, restart: bool) -> int:
        """Start a component unless it runs; return the pid of its first process."""
        arguments = {"name": name, "argv": argv, "restart": restart}
        return int(self._channel.ask("start", arguments))

    def signal(self, name: str, signal_name: str) -> Times:
        """Signal all processes of a component: KILL (and wait until it is gone), STOP, CONT."""
        return Times(**self._channel.ask("signal", {"name": name, "signal_name": signal_name}))

    def components(self) -> dict[str, ComponentState]:
        """Return the state of every component that was started here."""
        states = self._channel.ask("components", {})
        return {name: ComponentState(**state) for name, state in states.items()}

    def events(self) -> list[ComponentEvent]:
        """Return what started and exited, oldest first, the last 1000."""
        return [ComponentEvent(**event) for event in self._channel.ask("events", {})]

    def peers(self, names: Sequence[str]) -> dict[str, list[str] | None]:
        """Return the remote ends, ADDRESS:PORT, of the connections that components have opened.

        None for a component that does not run.
        """
        return dict(self._channel.ask("peers", {"names": list(names)}))

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
        """Prepare a fault, so that `inject` is quick; `heal` or the session's end discards it."""
        arguments = {"undo": undo, "kind": kind, "parameters": parameters}
        self._channel.ask("prepare", {**arguments, "session": self._session})

    def inject(
        self,
        undo: str,
        kind: str,
        parameters: Mapping[str, Parameter],
        *,
        owner: Literal["channel", "lab"],
        for_s: float | None,
    ) -> Times:
        """Inject a fault, its undo registered first; it is healed after `for_s` seconds."""
        arguments = {"undo": undo, "kind": kind, "parameters": parameters, "for_s": for_s}
        session = self._session if owner == "channel" else None
        return Times(**self._channel.ask("inject", {**arguments, "session": session}))

    def heal(self, names: Sequence[str] | None) -> Healed:
        """Undo the named faults, all when None, newest first; idempotent."""
        wanted = None if names is None else list(names)
        healed = Healed(**self._channel.ask("heal", {"names": wanted}, self._heal_timeout_s))
        errors = {name: read_words(error) for name, error in healed.errors.items()}
        return replace(healed, errors=errors)

    def active(self) -> list[str]:
        """Return the undos of the faults that are injected, oldest first."""
        return list(self._channel.ask("active", {}))

    def close(self) -> None:
        """Close the channel; faults are healed with the last channel of their session."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
