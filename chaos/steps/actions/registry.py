"""All actions by name: what the modules of this folder list in ACTION_KINDS."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import chaos.steps.actions
from chaos.registration import entries_in, make

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.steps.actions.base import Action, ActionKind


@functools.cache
def action_kinds() -> Mapping[str, ActionKind]:
    """Return every action that can be asked for, by its name."""
    return entries_in(chaos.steps.actions, "ACTION_KINDS")


def action_of(kind: str, parameters: Mapping[str, object]) -> Action:
    """Make an action from its name and parameters. Raises InputError with every problem."""
    return make("action", action_kinds(), kind, parameters)
