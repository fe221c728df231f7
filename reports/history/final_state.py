"""The state of a store in the end, as final.json has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Version:
    """One version of one key, as the store has it in the end."""

    key: str
    value: str
    revision: int


class MemberState(BaseModel):
    """One member in the end; `last_write`: what a write through it was answered, "" for a success.

    `error`: why it said nothing, "" when it answered.
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


def read_final(path: Path, damage: list[str]) -> FinalState | None:
    """Read final.json; None where there is none, or it is broken, which is said in `damage`."""
    if not path.exists():
        return None
    try:
        state = FinalState.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        damage.append(f"{path.name} is broken")
        return None
    if not state.members:
        damage.append(f"{path.name} names no member")
        return None
    return state
