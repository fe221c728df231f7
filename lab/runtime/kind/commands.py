"""Commands in a container that runs, and files in and out of it."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.runtime.docker.connection import sdk_errors
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import docker

    from lab.sentence import Words

KEPT = 2000


def run_in(client: docker.APIClient, container: str, argv: Sequence[str], work: Words) -> str:
    """Run a command in a container and return its output. Raises LabError when it fails.

    `work`: what it is done for, with which the message begins.
    """
    with sdk_errors(work):
        execution = client.exec_create(container, list(argv))
        output: bytes = client.exec_start(execution["Id"])
        code = client.exec_inspect(execution["Id"])["ExitCode"]
    text = output.decode(errors="replace")
    if code != 0:
        raise LabError(
            sentence(
                "kind-command-failed",
                "{work}: {program} ended with {code}: {output}",
                work=work,
                program=argv[0],
                code=code,
                output=text.strip()[-KEPT:],
            )
        )
    return text


def archive_of(client: docker.APIClient, container: str, path: str) -> bytes:
    """Return a file or a folder of a container as a tar archive. Raises LabError."""
    with sdk_errors(sentence("kind-reading", "reading {path}", path=path)):
        pieces, _ = client.get_archive(container, path)
        return b"".join(pieces)


def file_of(client: docker.APIClient, container: str, path: str) -> bytes:
    """Return the content of a file of a container. Raises LabError."""
    with tarfile.open(fileobj=io.BytesIO(archive_of(client, container, path))) as tar:
        member = tar.extractfile(tar.next() or path)
        if member is None:
            raise LabError(sentence("kind-no-file", "{path} is no file", path=path))
        return member.read()


def put_files(
    client: docker.APIClient, container: str, files: Mapping[str, str], work: Words
) -> None:
    """Write files into a container, by their absolute paths. Raises LabError."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    with sdk_errors(work):
        client.put_archive(container, "/", buffer.getvalue())
