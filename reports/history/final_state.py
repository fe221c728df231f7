"""The state of a store in the end, as final.json has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.locale.message import message

if TYPE_CHECKING:
    from pathlib import Path

    from reports.locale.message import Message

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Version:
    """A version of a key, as the store has it in the end."""

    key: str
    value: str
    revision: int


class MemberState(BaseModel):
    """A member in the end. `last_write`: the error of a write through it, "" for a success.

    `error`: why it did not answer, "" when it did.
    """

    model_config = _STRICT

    revision: int = 0
    hash: int = 0
    last_write: str
    error: str = ""


class FinalState(BaseModel):
    """final.json: the members, and every version of the workload's keys above `compacted`."""

    model_config = _STRICT

    members: dict[str, MemberState]
    compacted: int
    versions: list[Version]


def read_final_state(path: Path, damage: list[Message]) -> FinalState | None:
    """Read final.json; None where there is none, or it is broken, which is added to `damage`."""
    if not path.exists():
        return None
    try:
        state = FinalState.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        damage.append(message("file-broken", file=path.name))
        return None
    if not state.members:
        damage.append(message("no-member-named", file=path.name))
        return None
    return state
