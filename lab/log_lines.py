"""The lines of a component's log that show why it does not work."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST_LINES = 8
MOST_CHARACTERS = 400


def last_lines(log: Path) -> str:
    """Return the last such lines of a log, "" where there is no log."""
    return "\n".join(failure_lines(log.read_text(errors="replace"))) if log.exists() else ""


def failure_lines(log: str) -> list[str]:
    """Return the last lines of a component's log that show why it does not work.

    A Kubernetes component that refuses its flags prints all of its help before the one line that
    matters, etcd after it; warnings and errors of klog begin with W, E or F, etcd's are in the
    message.
    """
    lines = [line for line in log.splitlines() if line.strip()]
    grave = [line for line in lines if line[:1] in "WEF" or line.lower().startswith("error")]
    before_help = list(itertools.takewhile(lambda line: not line.startswith("Usage:"), lines))
    return [line[:MOST_CHARACTERS] for line in (grave or before_help or lines)[-MOST_LINES:]]
