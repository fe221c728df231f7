"""What the engine lists of labs: the names of containers and networks, and whose they are. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.runtime.docker.containers import resource_name

if TYPE_CHECKING:
    from collections.abc import Mapping


def names_of(listed: Mapping[str, Any]) -> list[str]:
    """Return the names of a container or a network, its id where a dead container has none."""
    if "Names" not in listed:
        return [listed["Name"]]
    return listed["Names"] or [listed["Id"]]


def has_labs_name(listed: Mapping[str, Any], label: str) -> bool:
    """Whether it has the name that a lab gives it; `label`: that of the lab's directory.

    A container of an image that was made of one of ours has inherited its labels.
    """
    name = resource_name(Path(listed["Labels"][label]))
    return any(n.removeprefix("/") == name or n.startswith(f"/{name}-") for n in names_of(listed))
