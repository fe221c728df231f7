"""What a survey is to measure: its cells or splits, recorded before the first of them."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Self, TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

_STRICT = ConfigDict(extra="forbid")
BRIDGE = "bridge"


class PlannedCell(BaseModel):
    """A cell to be measured: `failed` of `size` members fail at once, by the same fault."""

    model_config = _STRICT

    size: int
    failed: int
    leader_failed: bool
    fault: str
    trial: int


class PlannedSplit(BaseModel):
    """A split to be measured: members reach only those of their group, a `bridge` reaches all.

    `groups`: their sizes. `leader_in`: the index of the group that has the leader at the split,
    None for the bridge.
    """

    model_config = _STRICT

    size: int
    groups: list[int]
    leader_in: int | None
    bridge: bool
    trial: int

    @model_validator(mode="after")
    def _led_by_a_group(self) -> Self:
        if self.leader_in is not None and not 0 <= self.leader_in < len(self.groups):
            raise ValueError(f"there is no group {self.leader_in}")
        return self

    @property
    def member_counts(self) -> dict[str, int]:
        """Each side -> how many members it has: the groups by letters, the bridge last."""
        groups = dict(zip(ascii_lowercase, self.groups, strict=False))
        return groups | ({BRIDGE: 1} if self.bridge else {})


Planned: TypeAlias = PlannedCell | PlannedSplit


def plan_of(row: Planned) -> Planned:
    """Return what was planned of a row that was measured."""
    model = PlannedCell if isinstance(row, PlannedCell) else PlannedSplit
    return model(**row.model_dump(include=set(model.model_fields)))


def identity(row: Planned) -> str:
    """Return which cell or split this is, by the fields that are planned."""
    return ", ".join(f"{name} {value}" for name, value in plan_of(row).model_dump().items())
