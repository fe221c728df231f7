"""The connection to the Docker daemon, and what its errors mean to a user."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import requests
from docker.context import ContextAPI

from lab.errors import LabError, RuntimeUnavailableError
from lab.runtime.base import Daemon
from lab.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.sentence import Sentence, Words

SOCKET = Path("/var/run/docker.sock")
TIMEOUT_S = 60
# Docker 19.03: no older version is maintained.
OLDEST_API = (1, 40)
CONNECTIONS = 32


def address() -> str:
    """Return where the daemon listens: $DOCKER_HOST, the current context, or the usual socket."""
    if configured := os.environ.get("DOCKER_HOST"):
        return configured
    try:
        context = ContextAPI.get_current_context()
    except (docker.errors.DockerException, OSError, ValueError):
        context = None
    return str(context.Host) if context is not None and context.Host else f"unix://{SOCKET}"


def connect() -> docker.APIClient:
    """Return a client whose daemon answers. Raises RuntimeUnavailableError."""
    host = address()
    if not host.startswith(("unix://", "http+unix://")):
        raise RuntimeUnavailableError(
            sentence(
                "daemon-elsewhere",
                "the Docker daemon at {host} is not on this machine, and its containers cannot "
                "see this machine's files; unset DOCKER_HOST, or choose another context",
                host=host,
            )
        )
    try:
        client = docker.APIClient(
            base_url=host, version="auto", timeout=TIMEOUT_S, max_pool_size=CONNECTIONS
        )
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise RuntimeUnavailableError(unreachable_reason(host, error)) from error
    check_version(str(client.api_version))
    return client


class Connection:
    """A connection to the daemon that is made when it is used first, by any thread."""

    def __init__(self) -> None:
        self._client: docker.APIClient | None = None
        self._lock = threading.Lock()

    def client(self) -> docker.APIClient:
        """Return it. Raises RuntimeUnavailableError."""
        with self._lock:
            if self._client is None:
                self._client = connect()
            return self._client

    def close(self) -> None:
        """Close it; whoever uses it afterwards gets another one."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None


def daemon_of(client: docker.APIClient) -> Daemon:
    """Return the identity and the address of the daemon of a client. Raises LabError."""
    with sdk_errors(sentence("asking-daemon", "asking the Docker daemon who it is")):
        known, version = client.info(), client.version()
    identity = known["ID"]
    if any("Podman" in component["Name"] for component in version.get("Components") or []):
        # its ID is another one in each answer
        identity = f"{known['Name']}:{known['DockerRootDir']}"
    return Daemon(identity, address())


def hijacked(answer: object) -> socket.socket:
    """Return the socket under an answer of the SDK; the SDK's own objects are closed.

    They share their file with objects of urllib3, which close it when they are collected.
    """
    assert isinstance(answer, socket.SocketIO)  # of a Unix socket, the only kind that we use
    theirs: socket.socket = answer._sock  # type: ignore[attr-defined] # noqa: SLF001
    ours = socket.socket(fileno=os.dup(answer.fileno()))
    theirs.close()
    answer.close()
    return ours


def check_version(api: str) -> None:
    """Raise RuntimeUnavailableError for an engine whose newest API is too old."""
    if tuple(map(int, api.split("."))) < OLDEST_API:
        raise RuntimeUnavailableError(
            sentence(
                "engine-too-old",
                "this Docker engine is too old: it speaks API {api}, halab needs {oldest} "
                "(Docker 19.03) or newer; update it, or use --runtime netns",
                api=api,
                oldest=".".join(map(str, OLDEST_API)),
            )
        )


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all errors that are wrapped in it, however deep."""
    waiting, visited = [error], set()
    while waiting:
        cause = waiting.pop()
        if id(cause) in visited:
            continue
        visited.add(id(cause))
        yield cause
        inner = (cause.__cause__, cause.__context__, *cause.args)
        waiting += [wrapped for wrapped in inner if isinstance(wrapped, BaseException)]


def unreachable_reason(host: str, error: BaseException) -> Sentence:
    """Return why no daemon answers, and what to do."""
    for cause in causes(error):
        if isinstance(cause, PermissionError):
            return sentence(
                "daemon-forbidden",
                "you may not use the Docker daemon at {host}: `sudo usermod -aG docker $USER` "
                "and a new login let you, or use sudo; --runtime netns needs no daemon",
                host=host,
            )
        if isinstance(cause, (FileNotFoundError, ConnectionRefusedError)):
            return sentence(
                "no-daemon",
                "no Docker daemon answers at {host}: start it (`make docker`, `systemctl start "
                "docker`, or Docker Desktop), or use --runtime netns",
                host=host,
            )
    return sentence(
        "daemon-unusable",
        "the Docker daemon at {host} cannot be used: {error}",
        host=host,
        error=str(error),
    )


def refusal_reason(error: BaseException) -> Words:
    """Return what a daemon's refusal means, and what to do where that is known."""
    text = str(getattr(error, "explanation", None) or error)
    if "no space left on device" in text:
        return sentence(
            "daemon-disk-full",
            "the disk of the Docker daemon is full ({answer}); `docker system df` shows with what",
            answer=text,
        )
    if isinstance(error, requests.RequestException) and not isinstance(
        error, docker.errors.APIError
    ):
        return unreachable_reason(address(), error)
    return text


@contextlib.contextmanager
def sdk_errors(work: Words) -> Iterator[None]:
    """Turn the SDK's errors into LabError: the work that failed, and the daemon's reason."""
    try:
        yield
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise LabError(
            sentence("work-refused", "{work}: {why}", work=work, why=refusal_reason(error))
        ) from error
