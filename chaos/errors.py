"""The one exception tree of chaos."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError


class ChaosError(Exception):
    """An experiment could not be done; the message says what to do."""


class InputError(ChaosError):
    """What the user gave is wrong; nothing was started."""


class NoTargetError(ChaosError):
    """Nothing can be chosen at this moment: nobody leads, or a fault is in all that there is."""


class NotConfirmedError(ChaosError):
    """An outside observer did not see a fault take effect, or not see it go."""


class MaskedError(NotConfirmedError):
    """Nobody could see it, for other injections hide it: `by` has their ids."""

    def __init__(self, by: Sequence[str], evidence: str) -> None:
        super().__init__(f"hidden by {', '.join(by)}: {evidence}")
        self.by = list(by)
        self.evidence = evidence


class SwitchFiredError(NotConfirmedError):
    """The dead man's switch of `nodes` undid a fault before anybody asked."""

    def __init__(self, nodes: Sequence[str]) -> None:
        super().__init__(f"the dead man's switch of {', '.join(nodes)} undid the fault")
        self.nodes = list(nodes)


def problems_of(error: ValidationError) -> str:
    """Return every problem of an input on a line of its own, with its place."""
    return "\n".join(
        f"  {'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
    )
