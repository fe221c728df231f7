"""What run.json of every kind of run begins with, and the version of all of it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 4
Status = Literal["complete", "interrupted", "failed"]


class RunHeader(BaseModel):
    """The first fields of run.json. `started_at` is the one wall-clock anchor.

    `lab_overrides`: what the command line changed of the suite's own lab.
    """

    model_config = ConfigDict(extra="forbid")

    schema_version: int = SCHEMA_VERSION
    kind: str
    id: str
    name: str
    command: str
    started_at: str
    seed: int
    status: Status = "interrupted"
    versions: dict[str, str]
    host: dict[str, str]
    runtime: str
    lab_overrides: dict[str, str | int | float | bool] = {}
