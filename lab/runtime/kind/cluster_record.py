"""Which cluster of kind a lab is, and whether halab has made it; on disk before anything is done.

A cluster that exists already is only visited: what is removed with the lab is what halab has added.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from lab.runtime.docker.containers import resource_name

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "cluster.json"


@dataclass(frozen=True)
class ClusterRecord:
    """The name of a cluster, and whether its nodes and network are ours to remove."""

    name: str
    made: bool


_RECORDS = TypeAdapter(ClusterRecord)


def write_cluster(directory: Path, cluster: ClusterRecord) -> None:
    """Write it down. Raises OSError."""
    draft = directory / f"{RECORD}.tmp"
    draft.write_text(json.dumps(asdict(cluster)), encoding="utf-8")
    draft.replace(directory / RECORD)


def read_cluster(directory: Path) -> ClusterRecord:
    """Return it; without a record one that was made, by the name that no other cluster has."""
    try:
        return _RECORDS.validate_json((directory / RECORD).read_bytes())
    except (OSError, ValueError):
        return ClusterRecord(resource_name(directory), made=True)
