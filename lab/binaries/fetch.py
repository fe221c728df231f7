"""Fetches one URL into a file, going on where an earlier attempt or command broke off."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import HTTPHandler, HTTPSHandler, Request, build_opener

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from lab.errors import BinaryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ATTEMPTS = 3
CONNECT_TIMEOUT_S = 3.0
WHOLE_CONNECT_TIMEOUT_S = 6.0
STALL_TIMEOUT_S = 30.0
CHUNK_BYTES = 1 << 16
RANGE_NOT_SATISFIABLE = 416


class UnavailableError(BinaryError):
    """A server could not be reached or does not have the file; building is the way out."""


class BrokenOffError(BinaryError):
    """A server was reached, and the transfer ended before its end."""


def _connect(connection: HTTPConnection, connect: Callable[[], None]) -> None:
    # The socket's timeout bounds one address at a time, and name resolution not at all.
    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(connect).result(WHOLE_CONNECT_TIMEOUT_S)
    except TimeoutError as error:
        raise TimeoutError("no connection in time") from error
    finally:
        pool.shutdown(wait=False)
    # A slow answer is no reason to give up as early as on an unreachable host.
    connection.sock.settimeout(STALL_TIMEOUT_S)


class _Plain(HTTPConnection):
    def connect(self) -> None:
        _connect(self, super().connect)


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        _connect(self, super().connect)


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Plain, req)


class _SecureHandler(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Secure, req)


def _open(url: str, start: int) -> HTTPResponse:
    headers = {"User-Agent": "halab"} | ({"Range": f"bytes={start}-"} if start else {})
    opener = build_opener(_PlainHandler, _SecureHandler)
    try:
        response: HTTPResponse = opener.open(
            Request(url, headers=headers), timeout=CONNECT_TIMEOUT_S
        )
    except HTTPError as error:
        error.close()
        if error.code == RANGE_NOT_SATISFIABLE and start:
            return _open(url, 0)
        raise UnavailableError(f"{url}: HTTP {error.code}") from error
    except URLError as error:
        raise UnavailableError(f"{url}: {error.reason}") from error
    except (OSError, HTTPException) as error:
        raise BrokenOffError(f"{url}: no answer: {error}") from error
    return response


def _chunks(response: HTTPResponse, url: str) -> Iterator[bytes]:
    try:
        # read1 hands over what has come; read would lose it when the connection breaks.
        while chunk := response.read1(CHUNK_BYTES):
            yield chunk
    except (OSError, HTTPException) as error:
        raise BrokenOffError(f"{url} broke off: {error}") from error


@contextmanager
def _progress(label: str, done: int, total: int | None) -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, TransferSpeedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(label, total=total, completed=done)
        yield lambda count: bar.advance(task, count)


def _attempt(url: str, part: Path) -> None:
    start = part.stat().st_size if part.exists() else 0
    with _open(url, start) as response:
        partial = response.status == 206
        if partial and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            part.unlink()
            raise BrokenOffError(f"{url}: the server sent another range than was asked for")
        kept = start if partial else 0
        length = response.headers.get("Content-Length")
        total = kept + int(length) if length else None
        done = kept
        # A server that ignores Range sends everything, which replaces what was there.
        with part.open("ab" if kept else "wb") as out, _progress(part.stem, kept, total) as advance:
            for chunk in _chunks(response, url):
                out.write(chunk)
                advance(len(chunk))
                done += len(chunk)
    if total is not None and done < total:
        raise BrokenOffError(f"{url} broke off after {done} of {total} bytes")


def fetch(url: str, part: Path, say: Callable[[str], None]) -> None:
    """Fetch a URL into `part`, resuming what `part` already holds; a failure keeps it.

    Raises UnavailableError at once when the host cannot be reached or answers with an error, and
    BrokenOffError when the transfer broke off in each of a bounded number of attempts.
    """
    for attempt in Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=0.2),
        retry=retry_if_exception_type(BrokenOffError),
        before_sleep=lambda state: say(f"{url} broke off; attempt {state.attempt_number + 1}"),
        reraise=True,
    ):
        with attempt:
            _attempt(url, part)
