"""What an action is, and what it works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chaos.registration import parameters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from chaos.registration import Parameter
    from chaos.steps.rejoin import Rejoining
    from chaos.targets import Selector, Target
    from lab.lab import Lab
    from lab.plan import LabPlan
    from reports.history.events import Event


@dataclass(frozen=True)
class ActionContext:
    """What an action acts on. `step`: its id; `event` takes absolute monotonic seconds.

    `hit` returns the nodes that other steps hit now.
    """

    lab: Lab
    step: str
    event: Callable[[Event], None]
    rejoining: Rejoining
    hit: Callable[[], Collection[str]]


class Action(Protocol):
    """An action with its parameters; its targets are chosen later."""

    def check(self, target: Selector, plan: LabPlan) -> None:
        """Raise InputError when the action is impossible there."""

    def run(self, context: ActionContext, targets: tuple[Target, ...]) -> None:
        """Do it. Raises LabError, ChaosError."""


@dataclass(frozen=True)
class ActionKind:
    """An entry of the registry. `make` is called with the parameters, and checks them.

    `changes_cluster`: whether the lab is changed for good, and ends with its trial.
    """

    name: str
    help: str
    changes_cluster: bool
    make: Callable[..., Action]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters, in order."""
        return parameters_of(self.make)
