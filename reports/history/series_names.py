"""Series as sentences name them."""

from __future__ import annotations

from reports.locale.message import Message, message


def series_text(probe: str, connection: str) -> Message:
    """Return a series in words: `read on new connections`.

    Kinds of request and of connection are put into the reader's language where it has words for
    them, and stay as they are where it has none.
    """
    return message("series", probe=Message(probe), connection=Message(connection))


def series_of_worker(probe: str, worker: str, connection: str) -> Message:
    """Return a series in words, with the worker that it belongs to."""
    return message(
        "series-of-worker", probe=Message(probe), worker=worker, connection=Message(connection)
    )
