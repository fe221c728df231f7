"""What must be done whatever ends a block. Nothing that fails in it replaces an interrupt.

Interrupts that arrive while it is done wait until it is over.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, TypeVar

from lab.errors import CleanupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


class UncleanInterrupt(KeyboardInterrupt):
    """An interrupt after which something that had to be done has failed."""

    def __init__(self, failures: Sequence[Exception]) -> None:
        super().__init__("\n".join(map(str, failures)))
        self.failures = tuple(failures)


class Interrupts:
    """The interrupt of this process: raised in its main thread, but not within an undo.

    One that something has swallowed is raised again after the next undo. `arrived`: whether there
    was one.
    """

    def __init__(self) -> None:
        self._undoing = 0
        self.arrived = False

    def arrive(self) -> None:
        """Take an interrupt, as a signal handler. Raises KeyboardInterrupt unless an undo runs."""
        self.arrived = True
        if not self._undoing:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Raise no interrupt within the block; signals arrive in the main thread alone."""
        here = threading.current_thread() is threading.main_thread()
        self._undoing += here
        try:
            yield
        finally:
            self._undoing -= here

    @property
    def due(self) -> bool:
        """Whether one has arrived and this is where it may be raised."""
        here = threading.current_thread() is threading.main_thread()
        return self.arrived and here and not self._undoing


INTERRUPTS = Interrupts()


@contextlib.contextmanager
def afterwards(*acts: Callable[[], object]) -> Iterator[None]:
    """Do all of this after the block, however it ends, and then raise what matters most.

    That is an interrupt, else a CleanupError, else what came first; what else failed is a note.
    """
    try:
        yield
    except BaseException as error:
        _finish(error, acts)
        raise
    _finish(None, acts)


@contextlib.contextmanager
def if_it_fails(*acts: Callable[[], object]) -> Iterator[None]:
    """Do all of this where the block ends in an error or an interrupt; raise as `afterwards`."""
    try:
        yield
    except BaseException as error:
        _finish(error, acts)
        raise


@contextlib.contextmanager
def entered(part: contextlib.AbstractContextManager[T]) -> Iterator[T]:
    """Enter a part whose exit is done `afterwards`; it does not learn what ended the block."""
    value = part.__enter__()
    with afterwards(lambda: part.__exit__(None, None, None)):
        yield value


def _finish(ended_by: BaseException | None, acts: Sequence[Callable[[], object]]) -> None:
    """Do all acts; raise what matters most, unless that is what ended the block."""
    failures: list[BaseException] = []
    with INTERRUPTS.held():
        for act in acts:
            try:
                act()
            except BaseException as failure:  # noqa: BLE001 - the next act is due all the same
                failures.append(failure)
    if INTERRUPTS.due and not any(map(_is_interrupt, (ended_by, *failures))):
        failures.append(KeyboardInterrupt())
    if failures:
        error = weightiest(ended_by, failures)
        if error is not ended_by:
            raise error from ended_by


def _is_interrupt(error: BaseException | None) -> bool:
    return error is not None and not isinstance(error, Exception)


def weightiest(first: BaseException | None, later: Sequence[BaseException]) -> BaseException:
    """Return what is to be raised of what ended a block, if anything, and what failed after it.

    Notes on it name the rest. `later` is not empty where `first` is None.
    """
    every = [*([first] if first else []), *later]
    interrupts = [error for error in every if _is_interrupt(error)]
    failures = [error for error in every if isinstance(error, Exception)]
    if interrupts:
        error = _interrupt(interrupts, failures)
    else:
        error = next((each for each in failures if isinstance(each, CleanupError)), failures[0])
    for other in failures:
        if other is not error:
            error.add_note(str(other) or type(other).__name__)
    return error


def _interrupt(interrupts: Sequence[BaseException], failures: Sequence[Exception]) -> BaseException:
    """Return the first interrupt, with all that failed beside it."""
    unclean = [each for each in interrupts if isinstance(each, UncleanInterrupt)]
    failed = [*(failure for each in unclean for failure in each.failures), *failures]
    first = interrupts[0]
    return UncleanInterrupt(failed) if failed and isinstance(first, KeyboardInterrupt) else first
