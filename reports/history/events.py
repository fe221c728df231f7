"""What happens in a trial, one frozen dataclass a kind; read and written through these alone.

A kind's name in events.jsonl is its class's: `HealBegin` is `heal_begin`. Kinds that this version
does not know are kept as they are (`UnknownEvent`). Only what an injection or a step itself does
carries its id; leaders, exits and watches carry none.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reports.locale.message import Message  # noqa: TC001 - pydantic reads the annotations

# No trial lasts for months: such a time is no time.
LONGEST_S = 1e7


@dataclass(frozen=True)
class Event:
    """`t_s`: seconds since the trial's start."""

    t_s: float


@dataclass(frozen=True)
class OfInjection(Event):
    """What an injection itself does; its id is that of its step."""

    injection: str


@dataclass(frozen=True)
class OfStep(Event):
    """What an action's step itself does."""

    step: str


@dataclass(frozen=True)
class UnknownEvent(Event):
    """An event of a kind that this version does not know."""

    kind: str
    fields: dict[str, Any]


# --- the trial


@dataclass(frozen=True)
class BaselineBegin(Event):
    """The trial's own clients run, and the baseline is measured."""


@dataclass(frozen=True)
class BaselineAgain(Event):
    """The baseline was not good, and is begun again."""

    evidence: Message


@dataclass(frozen=True)
class Steady(Event):
    """The baseline was good."""


@dataclass(frozen=True)
class ObserveBegin(Event):
    """An endpoint is observed; nothing is injected."""

    target: str


@dataclass(frozen=True)
class SteadyAgain(Event):
    """All steps have recovered, every series was clean for a while, every component answers."""


@dataclass(frozen=True)
class ProbingEnd(Event):
    """The last moment at which a probe could be scheduled."""


@dataclass(frozen=True)
class GaveUp(Event):
    """The trial was ended early, its faults were undone."""

    reason: Message


@dataclass(frozen=True)
class ProbeCpu(Event):
    """How many cores the prober of a worker took on average."""

    worker: str
    cores: float


@dataclass(frozen=True)
class MachineCpu(Event):
    """Which share of this machine's processors all that runs on it took during the trial."""

    share: float


# --- injections: a fault's step


@dataclass(frozen=True)
class InjectBegin(OfInjection):
    """The undo is in the journal. `hit`: NODE/COMPONENT or NODE each; `nodes`: all it touches."""

    fault: str
    hit: list[str]
    nodes: list[str]


@dataclass(frozen=True)
class InjectEnd(OfInjection):
    """The agents have done it. `nodes`: node -> {sent_s, gone_s}."""

    nodes: dict[str, dict[str, float]]


@dataclass(frozen=True)
class EffectConfirmed(OfInjection):
    """An observer on another node saw the effect."""

    evidence: Message


@dataclass(frozen=True)
class EffectMasked(OfInjection):
    """Another fault hides the effect: it could not be observed. Its windows are unknown."""

    by: list[str]
    evidence: Message


@dataclass(frozen=True)
class NotInjected(OfInjection):
    """The step was due, and nothing could be chosen or hit. Its windows are unknown.

    Of an action, what is demanded of the trial as a whole is unknown, too.
    """

    reason: Message


@dataclass(frozen=True)
class HealBegin(OfInjection):
    """The undo begins."""


@dataclass(frozen=True)
class HealEnd(OfInjection):
    """The agents have undone it."""


@dataclass(frozen=True)
class HealConfirmed(OfInjection):
    """An observer on another node saw it gone."""

    evidence: Message


@dataclass(frozen=True)
class SwitchFired(OfInjection):
    """The dead man's switch of these nodes undid the fault before anybody asked."""

    nodes: list[str]


@dataclass(frozen=True)
class Apart(OfInjection):
    """The members did not yet have the same data, at the last look."""

    evidence: Message


@dataclass(frozen=True)
class Rejoined(OfInjection):
    """All members had the same data, up to a revision that was acknowledged before the heal."""

    revision: int


@dataclass(frozen=True)
class NotServedAgain(OfInjection):
    """Masters that served a worker before did not do so again within `bound_s` seconds.

    So long its balancer may leave out a master that is back. What they answer first was not seen.
    """

    worker: str
    masters: list[str]
    bound_s: float


@dataclass(frozen=True)
class Recovered(OfInjection):
    """The injection is in effect no longer.

    Since its heal every series was clean for a while, and every master has served every worker
    again, or was waited for as long as its balancer may leave it out.
    """


# --- actions


@dataclass(frozen=True)
class ActionBegin(OfStep):
    """An action begins. `hit`: what was chosen, NODE/COMPONENT or NODE each."""

    action: str
    hit: list[str]


@dataclass(frozen=True)
class ActionEnd(OfStep):
    """It is done."""


@dataclass(frozen=True)
class Dial(OfStep):
    """A connection that was tried once from a node. `outcome`: answered, or how it failed."""

    node: str
    host: str
    port: int
    tls: bool
    outcome: str


@dataclass(frozen=True)
class MemberRemoved(OfStep):
    """The lost member was removed from the cluster."""


@dataclass(frozen=True)
class MemberAdd(OfStep):
    """A member was asked to add a member before the lost one was removed, and answered."""

    node: str
    strict: bool
    accepted: bool
    answer: Message


@dataclass(frozen=True)
class MemberAdded(OfStep):
    """A new member was added to the cluster."""

    learner: bool


@dataclass(frozen=True)
class MemberStarted(OfStep):
    """The new member's process was started."""

    name: str


@dataclass(frozen=True)
class MemberPromoted(OfStep):
    """The learner got its vote."""


@dataclass(frozen=True)
class WaitingBegin(OfStep):
    """An added member is not started yet."""

    nodes: list[str]


@dataclass(frozen=True)
class WaitingEnd(OfStep):
    """It is about to be started."""


# --- operations


@dataclass(frozen=True)
class ClientsBegin(Event):
    """The clients of the operations were served for the first time."""


@dataclass(frozen=True)
class OperationsSent(Event):
    """How many operations each process sent, by the clients' own count; of a watch, its lines."""

    sent: dict[str, int]


@dataclass(frozen=True)
class ClientsEnd(Event):
    """Every operation that was sent is recorded."""


# --- observers: whatever happens, by itself or not


@dataclass(frozen=True)
class Leader(Event):
    """An etcd member reports that it leads."""

    node: str
    term: int


@dataclass(frozen=True)
class Lease(Event):
    """A lease changed hands; `holder` is a node or ""."""

    name: str
    holder: str


@dataclass(frozen=True)
class NodeReady(Event):
    """A node became Ready or not."""

    node: str
    ready: bool


@dataclass(frozen=True)
class Connections(Event):
    """Where the connections go that a component has opened: at first, and whenever it changed.

    `peers`: NODE:PORT or ADDRESS:PORT each. `runs`: whether it was there at all.
    """

    node: str
    component: str
    runs: bool
    peers: list[str]


@dataclass(frozen=True)
class ConnectionsEnd(Event):
    """How often a component's connections were looked at, and the longest time without a look."""

    node: str
    component: str
    looks: int
    longest_gap_s: float


@dataclass(frozen=True)
class ComponentExit(Event):
    """A component ended."""

    node: str
    component: str
    exit_code: int | None = None


@dataclass(frozen=True)
class ComponentStart(Event):
    """A component was started."""

    node: str
    component: str


@dataclass(frozen=True)
class WatchOpen(Event):
    """A watch was opened, after the last revision that it delivered."""

    worker: str
    master: str
    revision: int


@dataclass(frozen=True)
class WatchEnd(Event):
    """A watch ended; it is opened again."""

    worker: str
    error: str


@dataclass(frozen=True)
class WatchFault(Event):
    """What a watch delivered was wrong: lost, duplicate or disorder."""

    worker: str
    fault: str
    revision: int


def kind_of(event: type[Event]) -> str:
    """Return the name of a kind in events.jsonl."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


_PARENTS = (Event, OfInjection, OfStep)
EVENT_KINDS: dict[str, type[Event]] = {
    kind_of(event): event
    for parent in _PARENTS
    for event in parent.__subclasses__()
    if event not in (*_PARENTS, UnknownEvent)
}
_ADAPTERS = {kind: TypeAdapter(event) for kind, event in EVENT_KINDS.items()}


def to_line(event: Event) -> dict[str, Any]:
    """Return an event as it stands in events.jsonl."""
    if isinstance(event, UnknownEvent):
        return {"t_s": event.t_s, "kind": event.kind, **event.fields}
    return {"kind": kind_of(type(event)), **asdict(event)}


def from_line(line: dict[str, Any]) -> Event:
    """Return the event that a line holds. Raises ValueError."""
    kind, rest = line.get("kind"), {key: value for key, value in line.items() if key != "kind"}
    if not isinstance(kind, str):
        raise ValueError("it has no kind")  # noqa: TRY004 (a reader's error, whatever is wrong)
    t_s = rest.get("t_s")
    if isinstance(t_s, bool) or not isinstance(t_s, int | float) or not abs(t_s) < LONGEST_S:
        raise ValueError("it has no time")
    if kind not in EVENT_KINDS:
        return UnknownEvent(float(rest.pop("t_s")), kind, rest)
    try:
        event: Event = _ADAPTERS[kind].validate_python(rest)
    except ValidationError as error:
        raise ValueError(str(error)) from error
    return event
