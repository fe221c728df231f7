"""The signals that interrupt a command: the first, the second, and the third."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from chaos.cli import interrupts as module
from chaos.cli.interrupts import InterruptSignals
from lab.afterwards import Interrupts

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


class Process:
    """A process that takes signals at moments in seconds; `ended` has its codes."""

    def __init__(self):
        self.interrupts, self.ended, self.now_s, self.raised = Interrupts(), [], 100.0, 0
        self.signals = InterruptSignals(self.interrupts, lambda: self.now_s, self.ended.append)

    def take(self, *numbers, apart_s=1.0):
        for number in numbers:
            self.now_s += apart_s
            try:
                self.signals.take(number)
            except KeyboardInterrupt:
                self.raised += 1


@pytest.mark.parametrize("first", module.SIGNALS)
def test_the_first_interrupts_and_no_other_does(first):
    process = Process()
    process.take(first, TERM, HUP, INT, TERM, HUP)
    assert (process.raised, process.ended) == (1, [])
    assert process.interrupts.arrived


def test_a_third_press_ends_the_process_and_says_what_to_do(capfd):
    process = Process()
    process.take(INT, INT)
    assert process.ended == []
    process.take(INT)
    assert process.ended == [4]
    first, second, third = capfd.readouterr().err.splitlines()
    assert first == "halab: interrupted; undoing, what was measured is kept"
    assert second == "halab: already undoing; one more Ctrl-C ends it at once"
    assert third == "halab: ended while it was undoing; `halab gc` removes what is left"


def test_a_press_that_arrives_several_times_counts_once():
    process = Process()
    process.take(INT)
    process.take(INT, INT, INT, INT, apart_s=0.1)
    assert (process.raised, process.ended) == (1, [])


def test_other_signals_never_end_the_undoing():
    process = Process()
    process.take(*[TERM, HUP] * 10)
    assert (process.raised, process.ended) == (1, [])


@pytest.mark.parametrize("state", ["gone", "closed", "full"])
def test_where_nothing_can_be_printed_the_signal_is_taken_all_the_same(monkeypatch, state):
    read, write = os.pipe()
    os.set_blocking(write, False)
    if state == "full":
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(write, b"x" * 65536)
        os.set_blocking(write, True)
    else:
        os.close(read)
    if state == "closed":
        os.close(write)
    monkeypatch.setattr(module, "STANDARD_ERROR", write)
    process = Process()
    process.take(INT, INT)
    assert process.raised == 1
    for number in {"gone": [write], "closed": [], "full": [read, write]}[state]:
        os.close(number)


@pytest.fixture
def handlers():
    before = {number: signal.getsignal(number) for number in module.SIGNALS}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_after_nohup_a_hangup_stays_ignored():
    signal.signal(HUP, signal.SIG_IGN)
    InterruptSignals(Interrupts()).install()
    assert signal.getsignal(HUP) is signal.SIG_IGN
    assert callable(signal.getsignal(INT))


@pytest.mark.usefixtures("handlers")
def test_a_hangup_interrupts():
    signal.signal(HUP, signal.SIG_DFL)
    InterruptSignals(Interrupts()).install()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(HUP)
