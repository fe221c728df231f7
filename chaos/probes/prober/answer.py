"""The head of an HTTP/1.1 answer: its status, and where the body ends."""

from __future__ import annotations

from typing import NamedTuple, Optional

HEAD_END = b"\r\n\r\n"
MAX_HEAD_BYTES = 65536


class Head(NamedTuple):
    """`length` of the body in bytes; None if it ends with the connection or is chunked."""

    status: int
    length: Optional[int]
    chunked: bool
    closes: bool


def parse_head(head: bytes) -> Head:
    """Read a head without its last empty line. Raises ValueError for other protocols."""
    first, _, rest = head.partition(b"\r\n")
    version, _, after = first.partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise ValueError(f"not an HTTP/1 answer: {first[:80]!r}")
    status = int(after[:3])
    length, chunked, connection = None, False, b""
    for line in rest.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            chunked = value.strip() == b"chunked"
        elif name == b"connection":
            connection = value.strip()
    if status < 200 or status in (204, 304):
        length, chunked = 0, False
    endless = length is None and not chunked
    closes = endless or connection == b"close"
    if version == b"HTTP/1.0":
        closes = endless or connection != b"keep-alive"
    return Head(status, length, chunked, closes)
