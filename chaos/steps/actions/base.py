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
class Scene:
    """Where an action acts. `step`: its id; `event` takes absolute monotonic seconds.

    `hit`: the nodes that other steps hit now.
    """

    lab: Lab
    step: str
    event: Callable[[Event], None]
    rejoining: Rejoining
    hit: Callable[[], Collection[str]]


class Action(Protocol):
    """One action with its parameters; on whom it acts is chosen later."""

    def check(self, target: Selector, plan: LabPlan) -> None:
        """Raise InputError when it means nothing there."""

    def run(self, scene: Scene, targets: tuple[Target, ...]) -> None:
        """Do it. Raises LabError, ChaosError."""


@dataclass(frozen=True)
class ActionKind:
    """An entry of the registry. `make` is called with the parameters, and checks them.

    `changes_cluster`: whether the lab is another one afterwards, and ends with its trial.
    """

    name: str
    help: str
    changes_cluster: bool
    make: Callable[..., Action]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters, in order."""
        return parameters_of(self.make)
