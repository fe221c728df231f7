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
from lab.runtime.docker.connection import error_text, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# A file system with devices, which many a /tmp is not.
SCRATCH_PARENT = Path("/var/tmp")
BUILD_TIMEOUT_S = 1800
TAIL_LINES = 8
PIECE_BYTES = 1 << 20
SAY_EVERY = 25


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Let one command at a time look for the image and build it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def present(client: docker.APIClient) -> bool:
    """Whether the image of this version is there."""
    with error_text("looking for the image of the nodes"):
        return bool(client.images(name=node_image.tag()))


def build(client: docker.APIClient, say: Callable[[str], None]) -> None:
    """Make the image and remove those that it replaces.

    Raises RuntimeUnavailableError, with what became of each way.
    """
    say(f"building the image {node_image.tag()} (about two minutes, once)")
    try:
        from_registry(client, say)
    except (docker.errors.DockerException, OSError) as error:
        reason = f"{node_image.BASE} cannot be had from a registry: {explain(error)}"
        if why := why_no_bootstrap():
            raise RuntimeUnavailableError(
                f"{reason}\nand debootstrap cannot make it: {why}\n`halab images build` tries "
                "again; what was pulled is kept"
            ) from error
        say(f"{reason}; using debootstrap")
        from_bootstrap(client, say)
    remove_replaced(client)


def from_registry(client: docker.APIClient, say: Callable[[str], None]) -> None:
    """Pull Debian's image and install the packages. Raises DockerException."""
    if not client.images(name=node_image.BASE):
        repository, _, tag = node_image.BASE.partition(":")
        follow(client.pull(repository, tag=tag, stream=True, decode=True), say)
    steps = client.build(
        fileobj=io.BytesIO(node_image.DOCKERFILE.encode()),
        tag=node_image.tag(),
        labels=node_image.labels("registry"),
        rm=True,
        forcerm=True,
        decode=True,
        timeout=BUILD_TIMEOUT_S,
    )
    follow(steps, say)


def follow(steps: Iterable[dict[str, Any]], say: Callable[[str], None]) -> None:
    """Say how a pull or a build gets on. Raises DockerException when it fails half-way."""
    last: list[str] = []
    for number, step in enumerate(steps):
        if "error" in step:
            raise docker.errors.DockerException("\n".join([*last, str(step["error"])]))
        text = str(step.get("stream") or step.get("status") or "").strip()
        if text:
            last = [*last, text][-TAIL_LINES:]
            if number % SAY_EVERY == 0 or text.startswith("Step"):
                say(text[:100])


def why_no_bootstrap() -> str:
    """Return why debootstrap cannot be used here, "" when it can."""
    if os.geteuid() != 0:
        return "it needs root"
    if _bootstrap() is None:
        return "it is not installed (`make docker`, or apt-get install debootstrap)"
    return ""


def _bootstrap() -> str | None:
    return shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def from_bootstrap(client: docker.APIClient, say: Callable[[str], None]) -> None:
    """Make the root file system here and import it. Raises RuntimeUnavailableError."""
    with tempfile.TemporaryDirectory(prefix="halab-image-", dir=SCRATCH_PARENT) as scratch:
        root = Path(scratch) / "root"
        argv = node_image.bootstrap_argv(str(root))
        _run([_bootstrap() or argv[0], *argv[1:]], say)
        for cache in ("var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(root / cache)
            (root / cache).mkdir()
        archive = Path(scratch) / "root.tar"
        say("importing the image")
        excluded = [f"--exclude=./{name}/*" for name in ("proc", "sys", "dev")]
        _run(["tar", "-C", str(root), "--numeric-owner", *excluded, "-cf", str(archive), "."], say)
        pairs = node_image.labels("debootstrap").items()
        labels = [f'LABEL {name}="{value}"' for name, value in pairs]
        with archive.open("rb") as stream, error_text("importing the image"):
            # without a length: with one the SDK says two contradicting things of it
            pieces = iter(lambda: stream.read(PIECE_BYTES), b"")
            answer = client.import_image_from_stream(
                pieces,
                repository=node_image.REPOSITORY,
                tag=node_image.definition(),
                changes=labels,
            )
        if '"error"' in str(answer):
            raise RuntimeUnavailableError(f"the image could not be imported: {answer}")


def _run(argv: list[str], say: Callable[[str], None]) -> None:
    last: list[str] = []
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for number, line in enumerate(process.stdout):
            last = [*last, line.strip()][-TAIL_LINES:]
            if number % SAY_EVERY == 0:
                say(f"{Path(argv[0]).name}: {line.strip()[:90]}")
    if process.returncode != 0:
        raise RuntimeUnavailableError(
            "\n".join([f"{' '.join(argv)} failed with {process.returncode}:", *last])
        )


def run_in_image(client: docker.APIClient, argv: list[str], home: Path) -> str:
    """Run a command in a container of its own; return what it printed. Raises LabError.

    Should this process die, `halab gc` of the same home takes the container for a lost lab's.
    """
    owner = containers.labels(home / "labs" / f"once-{os.getpid()}", str(os.geteuid()))
    with error_text("running a command in the image of the nodes"):
        made = client.create_container(node_image.tag(), argv, network_disabled=True, labels=owner)
        try:
            client.start(made["Id"])
            client.wait(made["Id"])
            said: bytes = client.logs(made["Id"])
        finally:
            client.remove_container(made["Id"], force=True)
    return said.decode(errors="replace")


def listing(client: docker.APIClient) -> list[dict[str, Any]]:
    """Return the images of ours, as the engine lists them."""
    with error_text("listing images"):
        return list(client.images(filters={"label": node_image.DEFINITION}))


def remove_replaced(client: docker.APIClient) -> None:
    """Remove images of ours with another definition, unless something still uses them."""
    for image in listing(client):
        if image["Labels"][node_image.DEFINITION] != node_image.definition():
            with suppress(docker.errors.APIError):
                client.remove_image(image["Id"])
