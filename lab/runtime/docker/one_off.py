"""A command in a container of its own, which ends with the command of halab that wanted it."""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from typing import TYPE_CHECKING

import docker

from lab import owner_lock
from lab.afterwards import afterwards
from lab.child_process import command_failed
from lab.errors import LabError
from lab.leftover import Leftover
from lab.runtime.docker import node_image
from lab.runtime.docker.connection import sdk_errors
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# The label of such a container: the file whose lock its owner holds. Its name is made of that too,
# so that a container of a user's image that has inherited the label is not taken for ours.
LOCK_LABEL = "halab.command-lock"
LOCK_NAME = re.compile(r"[0-9a-f]{32}\.lock")
TIMEOUT_S = 60


def run_in_image(
    client: docker.APIClient, argv: Sequence[str], home: Path, *, privileged: bool = False
) -> str:
    """Run a command in the image of nodes; return its output. Raises LabError when it fails.

    `privileged`: with all rights of this machine, else with none. If this process dies meanwhile,
    `halab gc` of the same home removes the container.
    """
    lock = _folder(home) / f"{uuid.uuid4().hex}.lock"
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = owner_lock.hold(lock)
    with afterwards(lambda: os.close(descriptor), lambda: lock.unlink(missing_ok=True)):
        return _run(client, argv, lock, privileged)


def _run(client: docker.APIClient, argv: Sequence[str], lock: Path, privileged: bool) -> str:
    body = {
        "Image": node_image.tag(),
        "Cmd": list(argv),
        "Labels": {LOCK_LABEL: str(lock)},
        "HostConfig": {
            "NetworkMode": "none",
            **({"Privileged": True} if privileged else {"CapDrop": ["ALL"]}),
        },
    }
    with sdk_errors(sentence("running-in-image", "running a command in the image of the nodes")):
        name = _name(lock)
        with afterwards(lambda: _remove(client, name)):
            client.create_container_from_config(body, name)
            client.start(name)
            code = int(client.wait(name, timeout=TIMEOUT_S)["StatusCode"])
            output: bytes = client.logs(name)
    text = output.decode(errors="replace")
    if code != 0:
        raise LabError(command_failed(argv, code, text.splitlines()))
    return text


def collect(client: docker.APIClient, home: Path, *, dry_run: bool) -> list[Leftover]:
    """Remove the containers of a home whose command has ended, and its lock. Raises LabError."""
    removed = []
    with sdk_errors(sentence("looking-for-commands", "looking for containers of commands")):
        containers = _locks_of_containers(client, home)
        for lock in sorted({*containers, *_folder(home).glob("*.lock")}):
            with owner_lock.taken_over(lock) as free:
                if not free:
                    continue
                item = f"container {_name(lock)}" if lock in containers else str(lock)
                removed.append(Leftover(item, "the command that needed it has ended"))
                if not dry_run:
                    _remove(client, _name(lock))
                    lock.unlink(missing_ok=True)
    return removed


def _locks_of_containers(client: docker.APIClient, home: Path) -> set[Path]:
    """Return the locks of a home whose containers exist."""
    locks = set()
    for container in client.containers(all=True, filters={"label": LOCK_LABEL}):
        folder, _, name = container["Labels"][LOCK_LABEL].rpartition("/")
        ours = folder == str(_folder(home)) and LOCK_NAME.fullmatch(name) is not None
        lock = _folder(home) / name
        if ours and f"/{_name(lock)}" in container["Names"]:
            locks.add(lock)
    return locks


def _folder(home: Path) -> Path:
    return home / "commands"


def _name(lock: Path) -> str:
    return f"halab-command-{lock.stem}"


def _remove(client: docker.APIClient, name: str) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        client.remove_container(name, force=True, v=True)
