"""The connection to the Docker daemon, and what its errors mean to a user."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import requests
from docker.context import ContextAPI

from lab.errors import LabError, RuntimeUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET = Path("/var/run/docker.sock")
TIMEOUT_S = 60
# Docker 19.03: nothing older is looked after by anybody.
OLDEST_API = (1, 40)
CONNECTIONS = 32


def address() -> str:
    """Return where the daemon listens: $DOCKER_HOST, the current context, or the usual socket."""
    if given := os.environ.get("DOCKER_HOST"):
        return given
    try:
        context = ContextAPI.get_current_context()
    except (docker.errors.DockerException, OSError, ValueError):
        context = None
    return str(context.Host) if context is not None and context.Host else f"unix://{SOCKET}"


def connect() -> docker.APIClient:
    """Return a client whose daemon answers. Raises RuntimeUnavailableError."""
    where = address()
    if not where.startswith(("unix://", "http+unix://")):
        raise RuntimeUnavailableError(
            f"the Docker daemon at {where} is not on this machine, and its containers cannot see "
            "this machine's files; unset DOCKER_HOST, or choose another context"
        )
    try:
        client = docker.APIClient(
            base_url=where, version="auto", timeout=TIMEOUT_S, max_pool_size=CONNECTIONS
        )
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise RuntimeUnavailableError(unreachable(where, error)) from error
    check_version(str(client.api_version))
    return client


def hijacked(answer: object) -> socket.socket:
    """Return the bare socket under an answer of the SDK; the SDK's own objects are closed.

    Its files are shared with objects of urllib3 that close them whenever they are collected.
    """
    assert isinstance(answer, socket.SocketIO)  # a Unix socket's, and we use no other
    theirs: socket.socket = answer._sock  # type: ignore[attr-defined] # noqa: SLF001
    ours = socket.socket(fileno=os.dup(answer.fileno()))
    theirs.close()
    answer.close()
    return ours


def check_version(api: str) -> None:
    """Raise RuntimeUnavailableError for an engine whose newest API is too old."""
    if tuple(map(int, api.split("."))) < OLDEST_API:
        raise RuntimeUnavailableError(
            f"this Docker engine is too old: it speaks API {api}, halab needs "
            f"{'.'.join(map(str, OLDEST_API))} (Docker 19.03) or newer; update it, or use "
            "--runtime netns"
        )


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that are wrapped in it, however deep."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, one.__context__, *one.args)
        waiting += [each for each in inner if isinstance(each, BaseException)]


def unreachable(where: str, error: BaseException) -> str:
    """Say why no daemon answers, and the way out."""
    for cause in causes(error):
        if isinstance(cause, PermissionError):
            return (
                f"you may not use the Docker daemon at {where}: `sudo usermod -aG docker $USER` "
                "and a new login let you, or use sudo; --runtime netns needs no daemon"
            )
        if isinstance(cause, (FileNotFoundError, ConnectionRefusedError)):
            return (
                f"no Docker daemon answers at {where}: start it (`make docker`, `systemctl start "
                "docker`, or Docker Desktop), or use --runtime netns"
            )
    return f"the Docker daemon at {where} cannot be used: {error}"


def explain(error: BaseException) -> str:
    """Say what a daemon's refusal means, with the way out where there is one."""
    text = str(getattr(error, "explanation", None) or error)
    if "no space left on device" in text:
        return f"the disk of the Docker daemon is full ({text}); `docker system df` shows with what"
    if isinstance(error, requests.RequestException) and not isinstance(
        error, docker.errors.APIError
    ):
        return unreachable(address(), error)
    return text


@contextlib.contextmanager
def error_text(what: str) -> Iterator[None]:
    """Turn the SDK's errors into LabError: what was done, and what the daemon said."""
    try:
        yield
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise LabError(f"{what}: {explain(error)}") from error
