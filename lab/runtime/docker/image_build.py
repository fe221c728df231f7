"""Makes the image of a node: from Debian's image where a registry answers, else by debootstrap."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker

from lab.errors import RuntimeUnavailableError
from lab.runtime.docker import containers, node_image
from lab.runtime.docker.connection import refusal_reason, sdk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lab.progress import Progress

# On a file system that may hold devices; many a /tmp may not.
SCRATCH_PARENT = Path("/var/tmp")
BUILD_TIMEOUT_S = 1800
TAIL_LINES = 8
PIECE_BYTES = 1 << 20
REPORTED_EVERY = 25


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Let only one command at a time look for the image and build it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def exists(client: docker.APIClient) -> bool:
    """Whether the image of this version exists."""
    with sdk_errors("looking for the image of the nodes"):
        return bool(client.images(name=node_image.tag()))


def build_image(client: docker.APIClient, progress: Progress) -> None:
    """Make the image and remove the images that it replaces.

    Raises RuntimeUnavailableError, with the reason for the registry and that for debootstrap.
    """
    progress(f"building the image {node_image.tag()} (about two minutes, once)")
    try:
        from_registry(client, progress)
    except (docker.errors.DockerException, OSError) as error:
        reason = f"{node_image.BASE} cannot be had from a registry: {refusal_reason(error)}"
        if why := why_no_bootstrap():
            raise RuntimeUnavailableError(
                f"{reason}\nand debootstrap cannot make it: {why}\n`halab images build` tries "
                "again; what was pulled is kept"
            ) from error
        progress(f"{reason}; using debootstrap")
        from_bootstrap(client, progress)
    remove_replaced(client)


def from_registry(client: docker.APIClient, progress: Progress) -> None:
    """Pull Debian's image and install the packages. Raises DockerException."""
    if not client.images(name=node_image.BASE):
        repository, _, tag = node_image.BASE.partition(":")
        follow(client.pull(repository, tag=tag, stream=True, decode=True), progress)
    steps = client.build(
        fileobj=io.BytesIO(node_image.DOCKERFILE.encode()),
        tag=node_image.tag(),
        labels=node_image.image_labels("registry"),
        rm=True,
        forcerm=True,
        decode=True,
        timeout=BUILD_TIMEOUT_S,
    )
    follow(steps, progress)


def follow(steps: Iterable[dict[str, Any]], progress: Progress) -> None:
    """Report the progress of a pull or a build. Raises DockerException when it fails half-way."""
    last: list[str] = []
    for number, step in enumerate(steps):
        if "error" in step:
            raise docker.errors.DockerException("\n".join([*last, str(step["error"])]))
        text = str(step.get("stream") or step.get("status") or "").strip()
        if text:
            last = [*last, text][-TAIL_LINES:]
            if number % REPORTED_EVERY == 0 or text.startswith("Step"):
                progress(text[:100])


def why_no_bootstrap() -> str:
    """Return why debootstrap cannot be used here, "" when it can be used."""
    if os.geteuid() != 0:
        return "it needs root"
    if _bootstrap() is None:
        return "it is not installed (`make docker`, or apt-get install debootstrap)"
    return ""


def _bootstrap() -> str | None:
    return shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def from_bootstrap(client: docker.APIClient, progress: Progress) -> None:
    """Make the root file system here and import it. Raises RuntimeUnavailableError."""
    with tempfile.TemporaryDirectory(prefix="halab-image-", dir=SCRATCH_PARENT) as scratch:
        root = Path(scratch) / "root"
        argv = node_image.bootstrap_argv(str(root))
        _run([_bootstrap() or argv[0], *argv[1:]], progress)
        for cache in ("var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(root / cache)
            (root / cache).mkdir()
        archive = Path(scratch) / "root.tar"
        progress("importing the image")
        excluded = [f"--exclude=./{name}/*" for name in ("proc", "sys", "dev")]
        _run(
            ["tar", "-C", str(root), "--numeric-owner", *excluded, "-cf", str(archive), "."],
            progress,
        )
        pairs = node_image.image_labels("debootstrap").items()
        labels = [f'LABEL {name}="{value}"' for name, value in pairs]
        with archive.open("rb") as stream, sdk_errors("importing the image"):
            # an iterator has no length: with a length the SDK sends two contradicting headers
            pieces = iter(lambda: stream.read(PIECE_BYTES), b"")
            answer = client.import_image_from_stream(
                pieces,
                repository=node_image.REPOSITORY,
                tag=node_image.definition(),
                changes=labels,
            )
        if '"error"' in str(answer):
            raise RuntimeUnavailableError(f"the image could not be imported: {answer}")


def _run(argv: list[str], progress: Progress) -> None:
    last: list[str] = []
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for number, line in enumerate(process.stdout):
            last = [*last, line.strip()][-TAIL_LINES:]
            if number % REPORTED_EVERY == 0:
                progress(f"{Path(argv[0]).name}: {line.strip()[:90]}")
    if process.returncode != 0:
        raise RuntimeUnavailableError(
            "\n".join([f"{' '.join(argv)} failed with {process.returncode}:", *last])
        )


def run_in_image(client: docker.APIClient, argv: list[str], home: Path) -> str:
    """Run a command in a container of its own; return its output. Raises LabError.

    If this process dies meanwhile, `halab gc` of the same home removes the container.
    """
    owner = containers.lab_labels(home / "labs" / f"once-{os.getpid()}", str(os.geteuid()))
    with sdk_errors("running a command in the image of the nodes"):
        container = client.create_container(
            node_image.tag(), argv, network_disabled=True, labels=owner
        )
        try:
            client.start(container["Id"])
            client.wait(container["Id"])
            output: bytes = client.logs(container["Id"])
        finally:
            client.remove_container(container["Id"], force=True)
    return output.decode(errors="replace")


def listing(client: docker.APIClient) -> list[dict[str, Any]]:
    """Return the images that halab has made, as the engine lists them."""
    with sdk_errors("listing images"):
        return list(client.images(filters={"label": node_image.DEFINITION}))


def remove_replaced(client: docker.APIClient) -> None:
    """Remove halab's images with another definition, unless something still uses them."""
    for image in listing(client):
        if image["Labels"][node_image.DEFINITION] != node_image.definition():
            with suppress(docker.errors.APIError):
                client.remove_image(image["Id"])
