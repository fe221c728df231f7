"""What a fault is: parameters, and a pure plan: requests to agents, and effects to be observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from chaos.registration import parameters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chaos.registration import Parameter
    from chaos.targets import Selector, Target
    from lab.plan import LabPlan

# What a dial ends in. `silent`: accepted, and no answer; `timeout`: nothing came back at all.
DialOutcome = Literal["answered", "silent", "refused", "timeout"]


@dataclass(frozen=True)
class AgentRequest:
    """What an agent is asked to do to a node: its own name of the fault, and its parameters.

    `agent`: who is asked, "" for the node's own.
    """

    node: str
    kind: str
    parameters: Mapping[str, str | float | bool]
    agent: str = ""

    @property
    def asked(self) -> str:
        """The agent that is asked."""
        return self.agent or self.node


@dataclass(frozen=True)
class ExpectedEffect:
    """What a dial to a target must end in while the fault is in; before and after: `answered`.

    `observer`: the node that must dial; "" when any node may that the fault does not touch.
    """

    target: Target
    wanted: DialOutcome
    observer: str = ""


@dataclass(frozen=True)
class FaultPlan:
    """A fault on chosen targets: what the agents do, and what observers must see.

    `simultaneous`: every agent prepares before any acts, so that all act at nearly one moment.
    `passes`: the effects are soon over by themselves; they are looked for while it is put in.
    """

    requests: Sequence[AgentRequest]
    effects: Sequence[ExpectedEffect]
    simultaneous: bool = False
    passes: bool = False


class Fault(Protocol):
    """One fault with its parameters; what it hits is chosen later."""

    @property
    def kind(self) -> str:
        """Its name in the registry and the record."""

    def selectors(self) -> dict[str, str]:
        """Return the selectors among its parameters, name -> text; most faults have none."""
        return {}

    def check(self, target: Selector, others: Mapping[str, Selector], plan: LabPlan) -> None:
        """Raise InputError when the fault is impossible there; `others`: `selectors`, parsed."""
        del target, others, plan  # most faults may hit any target

    def plan(
        self, plan: LabPlan, targets: tuple[Target, ...], others: tuple[Target, ...], undo: str
    ) -> FaultPlan:
        """Return the plan on these targets. `undo`: the name of its undo and of its nft tables.

        `others`: what `selectors` chose. Raises InputError when the fault is impossible on these.
        """


@dataclass(frozen=True)
class FaultKind:
    """An entry of the registry. `make` is called with the parameters, and checks them.

    `effect`: what an outside observer must see. `capability`: what the runtime must be able to do
    (lab.runtime.capabilities). `stops`: whether processes end or stop; two such faults never meet
    on one node. `passes`: its effect is soon over by itself, so it leaves no state to be surveyed.
    """

    name: str
    help: str
    effect: str
    capability: str
    stops: bool
    make: Callable[..., Fault]
    passes: bool = False

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters, in order."""
        return parameters_of(self.make)
