"""Fetches a URL into a file, resuming where an earlier attempt or command broke off."""

from __future__ import annotations

import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as ProgressBar
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.util import Retry

from lab.errors import BinaryError
from lab.sentence import labelled, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab.progress import Progress

ATTEMPTS = 3
CONNECT_TIMEOUT_S = 3.0
WHOLE_CONNECT_TIMEOUT_S = 6.0
STALL_TIMEOUT_S = 30.0
CHUNK_BYTES = 1 << 16
PORTS = {"http": 80, "https": 443}
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416
# A busy server is asked again. Broken transfers are resumed below; a server that cannot be reached
# is not waited for.
RETRIES = Retry(
    connect=0,
    read=False,
    status=ATTEMPTS - 1,
    status_forcelist=(429, 502, 503, 504),
    backoff_factor=0.2,
    raise_on_status=False,
    respect_retry_after_header=False,
)


class UnavailableError(BinaryError):
    """A server could not be reached or does not have the file; building is the way out."""


class BrokenOffError(BinaryError):
    """A server was reached, and the transfer ended before its end."""


def _check_reachable(url: str) -> None:
    """Connect to the server of a URL, or to the proxy that leads there. Raises UnavailableError.

    The timeouts of requests bound one address at a time, and name resolution not at all.
    """
    proxy = select_proxy(url, get_environ_proxies(url))
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    target = urlsplit(proxy or url)
    address = (target.hostname, target.port or PORTS.get(target.scheme, 443))
    pool = ThreadPoolExecutor(1)
    try:
        dialling = pool.submit(socket.create_connection, address, CONNECT_TIMEOUT_S)
        dialling.result(WHOLE_CONNECT_TIMEOUT_S).close()
    except TimeoutError as error:
        late = sentence("no-connection-in-time", "no connection in time")
        raise UnavailableError(labelled(url, late)) from error
    except OSError as error:
        raise UnavailableError(labelled(url, str(error))) from error
    finally:
        pool.shutdown(wait=False)


def _session() -> requests.Session:
    session = requests.Session()
    session.headers.update({"User-Agent": "halab", "Accept-Encoding": "identity"})
    # Whom this machine trusts, a company's proxy perhaps, and not the list that requests brings.
    trusted = ssl.get_default_verify_paths()
    session.verify = trusted.cafile or trusted.capath or True
    for scheme in PORTS:
        session.mount(f"{scheme}://", HTTPAdapter(max_retries=RETRIES))
    return session


def _get(session: requests.Session, url: str, start: int) -> requests.Response:
    try:
        response = session.get(
            url,
            headers={"Range": f"bytes={start}-"} if start else {},
            timeout=(CONNECT_TIMEOUT_S, STALL_TIMEOUT_S),
            stream=True,
        )
    except requests.RequestException as error:
        connected = isinstance(error, requests.ReadTimeout) or any(
            isinstance(cause, ProtocolError) for cause in error.args
        )
        if connected:
            raise BrokenOffError(
                sentence("url-silent", "{url}: no answer: {error}", url=url, error=str(error))
            ) from error
        raise UnavailableError(labelled(url, str(error))) from error
    if response.status_code == RANGE_NOT_SATISFIABLE and start:
        response.close()
        return _get(session, url, 0)
    if not response.ok:
        response.close()
        raise UnavailableError(labelled(url, f"HTTP {response.status_code}"))
    return response


@contextmanager
def _progress_bar(label: str, done: int, total: int | None) -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with ProgressBar(*columns, TransferSpeedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(label, total=total, completed=done)
        yield lambda count: bar.advance(task, count)


def _attempt(session: requests.Session, url: str, part: Path) -> None:
    start = part.stat().st_size if part.exists() else 0
    with _get(session, url, start) as response:
        partial = response.status_code == PARTIAL_CONTENT
        if partial and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            part.unlink()
            another = sentence("another-range", "the server sent another range than was asked for")
            raise BrokenOffError(labelled(url, another))
        done = start if partial else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        # A server that ignores Range sends everything, which replaces what was there.
        mode = "ab" if partial else "wb"
        with part.open(mode) as out, _progress_bar(part.stem, done, total) as advance:
            try:
                # read1 returns what has come; others lose it when the connection breaks
                while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
                    out.write(chunk)
                    advance(len(chunk))
                    done += len(chunk)
            except HTTPError as error:
                raise BrokenOffError(
                    sentence(
                        "url-broke-off",
                        "{url} broke off after {done} of {total} bytes: {error}",
                        url=url,
                        done=done,
                        total=total or sentence("unknown", "unknown"),
                        error=str(error),
                    )
                ) from error


def fetch(url: str, part: Path, progress: Progress) -> None:
    """Fetch a URL into `part`, resuming what `part` already holds; a failure keeps it.

    Raises UnavailableError at once when the host cannot be reached or answers with an error, and
    BrokenOffError when the transfer broke off in each of a bounded number of attempts.
    """
    _check_reachable(url)
    with _session() as session:
        for attempt in Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=0.2),
            retry=retry_if_exception_type(BrokenOffError),
            before_sleep=lambda state: progress(
                f"{url} broke off; attempt {state.attempt_number + 1}"
            ),
            reraise=True,
        ):
            with attempt:
                _attempt(session, url, part)
