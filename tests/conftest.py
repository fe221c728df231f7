"""What holds for the tests of all groups."""

from __future__ import annotations

import signal

# A shell that starts the tests in the background has its children ignore SIGINT, and Python leaves
# that so; tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)
# and what `nohup` ignores: a program that a test starts would ignore it, too
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)
