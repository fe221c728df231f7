"""Requests to the daemon, several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
# More at a time only wait for one another: the daemon makes one network end after the other.
AT_A_TIME = 8


def side_by_side(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Do the work for every item; the first error ends it, and what has not begun is left."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        waiting = [pool.submit(work, item) for item in items]
        try:
            for one in waiting:
                one.result()
        except BaseException:
            for one in waiting:
                one.cancel()
            raise
