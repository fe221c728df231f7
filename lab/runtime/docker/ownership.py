"""Gives a lab's files to its user: programs that are root in a container write files of root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lab.afterwards import afterwards
from lab.runtime.docker import node_image
from lab.runtime.docker.connection import sdk_errors
from lab.runtime.docker.containers import lab_labels, resource_name
from lab.sentence import sentence

if TYPE_CHECKING:
    from pathlib import Path

    import docker

TIMEOUT_S = 60


def own_user() -> str:
    """Return this user and its group, UID:GID."""
    return f"{os.geteuid()}:{os.getegid()}"


def has_foreign_files(directory: Path) -> bool:
    """Whether a file below belongs to another user, or a folder cannot be read."""
    uid = os.geteuid()
    if uid == 0 or directory.is_symlink():
        return False
    unreadable: list[OSError] = []
    for folder, folders, files in os.walk(directory, onerror=unreadable.append):
        for name in (*folders, *files):
            if os.lstat(os.path.join(folder, name)).st_uid != uid:  # noqa: PTH118 (many)
                return True
    return bool(unreadable)


def give_files_back(client: docker.APIClient, directory: Path) -> None:
    """Change the owner of all files below, in a container of its own. Raises LabError."""
    user = own_user()
    body = {
        "Image": node_image.tag(),
        "Cmd": ["chown", "-R", "-h", user, "/lab"],
        "Labels": lab_labels(directory, user),
        "HostConfig": {
            "NetworkMode": "none",
            "CapDrop": ["ALL"],
            "CapAdd": ["CHOWN", "DAC_OVERRIDE"],
            "Mounts": [{"Type": "bind", "Source": str(directory), "Target": "/lab"}],
        },
    }
    with sdk_errors(
        sentence(
            "giving-files-back",
            "giving the files in {directory} back to {user}",
            directory=str(directory),
            user=user,
        )
    ):
        container = client.create_container_from_config(
            body, f"{resource_name(directory)}-ownership"
        )
        with afterwards(lambda: client.remove_container(container["Id"], force=True)):
            client.start(container["Id"])
            client.wait(container["Id"], timeout=TIMEOUT_S)
