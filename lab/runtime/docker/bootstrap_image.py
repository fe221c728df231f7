"""Makes the image of a node without a registry: by debootstrap, with its signatures checked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab.child_process import command_failed, run_child
from lab.environment import network_environment, search_path
from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import image_scratch, made_images, node_image
from lab.runtime.docker.connection import sdk_errors
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    import docker

    from lab.progress import Progress
    from lab.sentence import Words

TAIL_LINES = 8
PIECE_BYTES = 1 << 20
REPORTED_EVERY = 25
# Everything in them ends with their first process, and that with us, should we be killed; what
# debootstrap mounts and does not unmount is mounted nowhere else.
NAMESPACES = ("unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc")


def why_impossible() -> Words:
    """Return why debootstrap cannot be used here, "" when it can be used."""
    if os.geteuid() != 0:
        return sentence("needs-root", "it needs root")
    for program, package in (("debootstrap", "debootstrap"), ("gpgv", "gpgv")):
        if shutil.which(program, path=search_path()) is None:
            return sentence(
                "program-not-installed",
                "{program} is not installed (`make docker`, or apt-get install {package})",
                program=program,
                package=package,
            )
    if not node_image.KEYRING.exists():
        return sentence(
            "keyring-missing",
            "{keyring} is missing, without which no signature can be checked "
            "(`make docker`, or apt-get install debian-archive-keyring)",
            keyring=str(node_image.KEYRING),
        )
    return ""


def make(client: docker.APIClient, progress: Progress) -> None:
    """Make the root file system here and import it. Raises RuntimeUnavailableError."""
    with image_scratch.scratch() as (folder, lock):
        root, archive = folder / "root", folder / "root.tar"
        run(node_image.bootstrap_argv(str(root)), lock, progress)
        for cache in ("var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(root / cache)
            (root / cache).mkdir()
        progress("importing the image")
        excluded = [f"--exclude=./{name}/*" for name in ("proc", "sys", "dev")]
        packed = ["-C", str(root), "--numeric-owner", *excluded, "-cf", str(archive), "."]
        run(["tar", *packed], lock, progress)
        _import(client, archive)


def _import(client: docker.APIClient, archive: Path) -> None:
    labels = made_images.label_changes(node_image.image_labels("debootstrap").items())
    with (
        archive.open("rb") as stream,
        sdk_errors(sentence("importing-image", "importing the image")),
    ):
        # an iterator has no length: with a length the SDK sends two contradicting headers
        pieces = iter(lambda: stream.read(PIECE_BYTES), b"")
        answer = client.import_image_from_stream(
            pieces,
            repository=node_image.REPOSITORY,
            tag=node_image.definition(),
            changes=labels,
        )
    if '"error"' in str(answer):
        raise RuntimeUnavailableError(
            sentence(
                "image-not-imported",
                "the image could not be imported: {answer}",
                answer=str(answer),
            )
        )


def run(argv: Sequence[str], lock: int, progress: Progress) -> None:
    """Run a step of making an image; it ends with us. Raises RuntimeUnavailableError.

    `lock`: of the folder in which it works, which it holds too.
    """
    name, last, lines = Path(argv[0]).name, list[str](), 0

    def take(line: str) -> None:
        nonlocal lines
        last.append(line)
        del last[:-TAIL_LINES]
        if lines % REPORTED_EVERY == 0:
            progress(f"{name}: {line[:90]}")
        lines += 1

    code = run_child([*_namespaces(), *argv], take, network_environment(), passed=(lock,))
    if code != 0:
        raise RuntimeUnavailableError(command_failed(argv, code, last))


def _namespaces() -> tuple[str, ...]:
    """Return the start of a command in namespaces of its own, nothing where there can be none."""
    code = run_child([*NAMESPACES, "true"], lambda _: None, network_environment())
    return NAMESPACES if code == 0 else ()
