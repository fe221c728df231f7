"""Operations on etcd, one line of ops.jsonl each, and the versions that they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Operation:
    """One request of one process. A write that got no answer is unknown: it may have happened.

    `revision`: of the store when it was served; `mod_revision`: of the key's version that was
    written or read, 0 for a key that was not there. Times are seconds on one clock.
    """

    process: int
    op: Literal["write", "read"]
    key: str
    value: str | None
    invoke_s: float
    complete_s: float
    outcome: Literal["ok", "fail", "unknown"]
    revision: int = 0
    mod_revision: int = 0
    member: str = ""

    @property
    def point(self) -> tuple[int, int]:
        """Where it took effect: a read comes after the write of the revision it was served at."""
        return self.revision, int(self.op == "read")

    def __str__(self) -> str:
        what = f"process {self.process} {self.op} {self.key} = {self.value}"
        return f"{what} at revision {self.revision}, {self.invoke_s:.3f}-{self.complete_s:.3f} s"


@dataclass(frozen=True)
class Version:
    """One version of one key, as the store has it in the end."""

    key: str
    value: str
    revision: int
