"""Samples: a request each, or a look at a state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from reports.history.schema import COLUMNS


@dataclass(frozen=True, slots=True)
class Sample:
    """A request, or a look at a state. Times are seconds; `status`: of HTTP, 0 for none.

    `master`: which served it. `error`: refused, reset, timeout, tls, http, blocked; "" for none.
    """

    probe: str
    worker: str
    connection: str
    scheduled_s: float
    started_s: float
    ended_s: float
    outcome: Literal["ok", "fail", "unknown"]
    status: int
    error: str
    master: str
    client_port: int

    def since(self, zero_s: float) -> Sample:
        """Return it with times that count from `zero_s`."""
        return replace(
            self,
            scheduled_s=self.scheduled_s - zero_s,
            started_s=self.started_s - zero_s,
            ended_s=self.ended_s - zero_s,
        )

    def line(self) -> dict[str, Any]:
        """Return it as it stands in samples.jsonl."""
        return {name: getattr(self, name) for name in COLUMNS}
