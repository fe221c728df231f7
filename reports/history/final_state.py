"""The state of a store in the end, as final.json has it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from reports.history.absent import absent_field
from reports.history.files import read_regular
from reports.history.json_text import decoded
from reports.history.lines import of_another
from reports.locale.message import Message, message

if TYPE_CHECKING:
    from pathlib import Path

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Version:
    """A version of a key, as the store has it in the end."""

    key: str
    value: str
    revision: int


def _none_of_nothing(source: object) -> object:
    """Read what earlier versions wrote where there was no error: an empty text."""
    return None if source == "" else source


_Error = Annotated[Message | None, BeforeValidator(_none_of_nothing)]


class MemberState(BaseModel):
    """A member in the end. `last_write`: the error of a write through it, None for a success.

    `error`: why it did not answer, None when it did.
    """

    model_config = _STRICT

    revision: int = 0
    hash: int = 0
    last_write: _Error
    error: _Error = None


class FinalState(BaseModel):
    """final.json: the members, and every version of the workload's keys above `compacted`."""

    model_config = _STRICT

    members: dict[str, MemberState]
    compacted: int
    versions: list[Version]


class _StateOfTrial(FinalState):
    """The file: `of` which trial it is, and how many versions were read."""

    of: str
    count: int

    @model_validator(mode="after")
    def _all_versions(self) -> Self:
        if self.count != len(self.versions):
            raise ValueError(f"{self.count} versions were read")
        return self


def final_state_text(state: FinalState, of: str) -> str:
    """Return final.json of a trial."""
    content = {**state.model_dump(), "of": of, "count": len(state.versions)}
    return _StateOfTrial.model_validate(content).model_dump_json(indent=1)


def read_final_state(path: Path, damage: list[Message], of: str) -> FinalState | None:
    """Read final.json of a trial; None where there is none, or it is broken: added to `damage`."""
    if not os.path.lexists(path):
        return None
    try:
        content = decoded(read_regular(path))
        state = _StateOfTrial.model_validate(content)
    except (OSError, ValueError):
        damage.append(message("file-broken", file=path.name))
        return None
    damage += of_another(path.name, state.of, of)
    if field := absent_field(content, state):
        damage.append(
            message("labelled", name=path.name, text=message("field-missing", field=field))
        )
    if not state.members:
        damage.append(message("no-member-named", file=path.name))
        return None
    return state
