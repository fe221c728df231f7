"""Requests to the daemon, several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
# More would only wait: the daemon makes the network ends of containers one by one.
AT_A_TIME = 8


def in_parallel(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Do the work for every item; after the first error no further item is begun."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for _ in pool.map(work, items):  # an error cancels the items that have not begun
            pass
