"""Gives a lab's files back to its user: what runs as root in a container writes as root outside."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lab.runtime.docker import node_image
from lab.runtime.docker.connection import error_text
from lab.runtime.docker.containers import labels

if TYPE_CHECKING:
    from pathlib import Path

    import docker

TIMEOUT_S = 60


def foreign(directory: Path) -> bool:
    """Whether anything below belongs to somebody else, or cannot be looked at."""
    mine = os.geteuid()
    if mine == 0:
        return False
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(directory, onerror=unreadable.append):
        for name in (*folders, *files):
            if os.lstat(os.path.join(folder, name)).st_uid != mine:  # noqa: PTH118 (many)
                return True
    return bool(unreadable)


def give_back(client: docker.APIClient, directory: Path) -> None:
    """Change the owner of all below, in a container that does nothing else. Raises LabError."""
    user = f"{os.geteuid()}:{os.getegid()}"
    body = {
        "Image": node_image.tag(),
        "Cmd": ["chown", "-R", "-h", user, "/lab"],
        "Labels": labels(directory, user),
        "HostConfig": {
            "NetworkMode": "none",
            "CapDrop": ["ALL"],
            "CapAdd": ["CHOWN", "DAC_OVERRIDE"],
            "Mounts": [{"Type": "bind", "Source": str(directory), "Target": "/lab"}],
        },
    }
    with error_text(f"giving the files in {directory} back to {user}"):
        made = client.create_container_from_config(body)
        try:
            client.start(made["Id"])
            client.wait(made["Id"], timeout=TIMEOUT_S)
        finally:
            client.remove_container(made["Id"], force=True)
