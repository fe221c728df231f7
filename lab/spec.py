"""What a user asks for: the size of a lab and the timeouts it runs with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

LabName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]


class Profile(BaseModel):
    """A named set of timeouts, in milliseconds as etcd takes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heartbeat_ms: int
    election_ms: int
    snapshot_count: int


PROFILES = {
    # etcd's own defaults (server/embed/config.go).
    "upstream": Profile(heartbeat_ms=100, election_ms=1000, snapshot_count=10_000),
    # kubespray roles/etcd/defaults/main.yml.
    "kubespray": Profile(heartbeat_ms=250, election_ms=5000, snapshot_count=100_000),
    # For tables of many small clusters, where a minute must hold ninety elections.
    "brisk": Profile(heartbeat_ms=100, election_ms=500, snapshot_count=10_000),
}


class LabSpec(BaseModel):
    """The cluster that was asked for. Sizes are numbers of nodes.

    Without masters it is etcd alone, and its workers are nothing but clients.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: LabName = "lab"
    etcd: int = Field(default=3, ge=1, le=9)
    masters: int = Field(default=3, ge=0, le=9)
    workers: int = Field(default=2, ge=0, le=50)
    stacked: bool = False
    profile: Literal["upstream", "kubespray", "brisk"] = "upstream"
    proxy_port: int = Field(default=6443, ge=1, le=32767)

    @field_validator("stacked")
    @classmethod
    def _stacked_needs_masters(cls, stacked: bool, info: ValidationInfo) -> bool:
        if stacked and info.data.get("masters") == 0:
            raise ValueError("etcd members that are stacked on masters need masters")
        return stacked

    @property
    def timeouts(self) -> Profile:
        """The profile's timeouts."""
        return PROFILES[self.profile]
