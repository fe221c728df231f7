"""The one exception tree of reports."""

from __future__ import annotations


class ReportError(Exception):
    """A run directory could not be read or reported on; the message says which and why."""
