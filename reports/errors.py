"""The exception of reports. It carries its sentence as data, for pages show it."""

from __future__ import annotations

from reports.locale.catalogue import text_of
from reports.locale.message import Message, verbatim


class ReportError(Exception):
    """A run directory could not be read or reported on.

    `message`: which, and why; a plain text is the same in every language. As a string it is
    English.
    """

    def __init__(self, why: Message | str) -> None:
        super().__init__(why)
        self.message = verbatim(why) if isinstance(why, str) else why

    def __str__(self) -> str:
        return text_of(self.message, "en")
