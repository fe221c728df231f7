"""Operations on a store, and what the store itself has kept of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Op:
    """One operation. Times are seconds; `revision` is the store's, `version` the key's own."""

    process: int
    op: str
    key: str
    value: str | None
    invoke_s: float
    complete_s: float
    outcome: str
    revision: int = 0
    version: int = 0
    member: str = ""
    error: str = ""


@dataclass(frozen=True)
class Version:
    """A key's value as the final history has it, made at a revision."""

    key: str
    value: str
    revision: int
