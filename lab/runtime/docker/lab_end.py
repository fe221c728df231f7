"""The end of a lab whose nodes a daemon holds: it is removed, or an error says what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.runtime.docker import ownership
from lab.runtime.docker.node_errors import not_removed, still_there

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker

    from lab.runtime.docker.connection import Connection


def end_lab(
    connection: Connection,
    directory: Path,
    remove: Callable[[docker.APIClient, Path], list[str]],
    timeout_s: float,
) -> None:
    """Remove what the daemon holds of a lab, and take over files that root has written.

    `remove` returns the names of what still exists after `timeout_s`. Raises CleanupError.
    """
    try:
        remaining = remove(connection.client(), directory)
        if ownership.has_foreign_files(directory):
            ownership.give_files_back(connection.client(), directory)
    except LabError as error:
        raise not_removed(directory.name, error.why) from error
    if remaining:
        raise still_there(directory.name, remaining, timeout_s)
