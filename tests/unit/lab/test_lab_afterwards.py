"""What is done whatever ends a block: all of it, and nothing of it replaces an interrupt."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from lab import afterwards as module
from lab.afterwards import Interrupts, UncleanInterrupt, afterwards, entered, if_it_fails
from lab.errors import CleanupError, LabError

LEFT = CleanupError("process 7 is still there")
FULL = OSError(28, "No space left on device")


@pytest.fixture(autouse=True)
def interrupts(monkeypatch):
    """The interrupts of a process of its own."""
    fresh = Interrupts()
    monkeypatch.setattr(module, "INTERRUPTS", fresh)
    return fresh


def raising(error):
    def act():
        if error is not None:
            raise error

    return act


def end_of(ended_by, *failures, how=afterwards):
    """Return what comes out of a block that ends so, after undos that fail so."""
    done = []
    acts = [raising(error) for error in failures]
    try:
        with how(*acts, lambda: done.append("last")):
            raising(ended_by)()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        assert done == ["last"]
        return error
    return None


ENDS = {
    "nothing fails": ((None,), None),
    "an undo alone": ((None, FULL), FULL),
    "an error stays what it is": ((LabError("gone"), FULL), LabError),
    "what is left outweighs an error": ((LabError("gone"), FULL, LEFT), LEFT),
    "what is left outweighs another undo": ((None, FULL, LEFT), LEFT),
    "a defect stays what it is": ((ZeroDivisionError(), LabError("x")), ZeroDivisionError),
    "an exit stays what it is": ((SystemExit(3), LEFT), SystemExit),
    "an interrupt in an undo": ((None, KeyboardInterrupt()), KeyboardInterrupt),
    "an interrupt in an undo after an error": ((FULL, KeyboardInterrupt()), KeyboardInterrupt),
}


@pytest.mark.parametrize(("how", "raised"), ENDS.values(), ids=ENDS.keys())
def test_all_is_done_and_what_matters_most_is_raised(how, raised):
    error = end_of(*how)
    assert error is raised or isinstance(error, raised)


@pytest.mark.parametrize("failure", [FULL, LEFT, LabError("x"), ZeroDivisionError()], ids=repr)
@pytest.mark.parametrize("how", [afterwards, if_it_fails])
def test_nothing_replaces_an_interrupt_and_it_has_what_failed(failure, how):
    error = end_of(KeyboardInterrupt(), failure, how=how)
    assert isinstance(error, KeyboardInterrupt)
    assert error.failures == (failure,)


def test_an_interrupt_goes_through_many_undos_and_has_all_that_failed():
    with pytest.raises(UncleanInterrupt) as caught, afterwards(raising(FULL)):  # noqa: SIM117
        with if_it_fails(raising(LEFT)), afterwards():
            raise KeyboardInterrupt
    assert caught.value.failures == (LEFT, FULL)


def test_what_else_failed_is_a_note():
    error = end_of(LabError("gone"), FULL, LabError("no agent"))
    assert error.__notes__ == ["[Errno 28] No space left on device", "no agent"]


def test_what_is_done_if_it_fails_is_not_done_otherwise():
    with if_it_fails(raising(FULL)):
        pass


def test_an_interrupt_that_comes_in_an_undo_waits_for_its_end(interrupts):
    done = []

    def undo():
        interrupts.arrive()
        done.append("undone")

    with pytest.raises(KeyboardInterrupt), afterwards(undo, lambda: done.append("and this")):
        pass
    assert done == ["undone", "and this"]


def test_an_interrupt_that_comes_in_an_inner_undo_waits_for_the_outer_one(interrupts):
    done = []

    def outer():
        with afterwards(interrupts.arrive):
            pass
        done.append("undone")

    with pytest.raises(KeyboardInterrupt), afterwards(outer):
        pass
    assert done == ["undone"]


def test_an_interrupt_that_something_swallowed_is_raised_after_the_next_undo(interrupts):
    with pytest.raises(KeyboardInterrupt), afterwards():  # noqa: SIM117
        with contextlib.suppress(KeyboardInterrupt):
            interrupts.arrive()


def test_a_signal_interrupts_a_block_and_not_its_undo(interrupts):
    done = []

    def undo():
        os.kill(os.getpid(), signal.SIGUSR1)
        done.append("undone")

    before = signal.signal(signal.SIGUSR1, lambda *_: interrupts.arrive())
    try:
        with pytest.raises(KeyboardInterrupt), afterwards(undo):
            pass
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert done == ["undone"]


class Part:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        raise FULL


@pytest.mark.parametrize(
    ("ended_by", "raised"), [(None, OSError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_the_exit_of_a_part_replaces_no_interrupt(ended_by, raised):
    with pytest.raises(raised), entered(Part()):
        raising(ended_by)()


def test_a_part_that_is_entered_is_what_it_enters():
    with entered(contextlib.nullcontext("value")) as value:
        assert value == "value"
