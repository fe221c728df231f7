"""What holds for the tests of all groups."""

from __future__ import annotations

import signal

# A shell that starts the tests in the background has its children ignore SIGINT, and Python leaves
# that so; tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)
