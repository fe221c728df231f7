"""What the keeper of a lab has to know of its nodes, on disk from the moment they are found."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from lab.errors import LabError
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RECORD = "kind.json"


@dataclass(frozen=True)
class KeptNode:
    """A node: its container, and what must be the same after its power was off.

    `boot`: of the first agent of its side container. `programs`: component -> the program that it
    is found by, and who starts it again. `frontend`: host and port of a worker's balancer.
    """

    name: str
    container: str
    host: str
    network: str
    address: str
    boot: str
    programs: dict[str, dict[str, str]]
    frontend: tuple[str, int] | None


_RECORDS = TypeAdapter(list[KeptNode])


def write_nodes(directory: Path, nodes: Sequence[KeptNode]) -> None:
    """Write them down. Raises OSError."""
    draft = directory / f"{RECORD}.tmp"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps([asdict(node) for node in nodes], indent=2))
    draft.replace(directory / RECORD)


def read_nodes(directory: Path) -> dict[str, KeptNode]:
    """Return the nodes by name, none before they are found. Raises LabError for a broken record."""
    try:
        nodes = _RECORDS.validate_json((directory / RECORD).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise LabError(
            sentence(
                "kind-record-broken",
                "{path} cannot be read ({error}); `halab down {lab}` removes the lab",
                path=str(directory / RECORD),
                error=str(error),
                lab=directory.name,
            )
        ) from error
    return {node.name: node for node in nodes}
