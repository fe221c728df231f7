"""The one exception tree of the lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.sentence import Words


class LabError(Exception):
    """Something about a lab could not be done; the message says what to do.

    `why`: the message, a sentence that can be put into another language where it may be recorded.
    As a string it is English.
    """

    def __init__(self, why: Words) -> None:
        super().__init__(why)
        self.why = why


class SettingError(LabError):
    """The user's environment names a place that cannot be used; nothing was started."""


class BinaryError(LabError):
    """A pinned binary could not be found, downloaded or built."""


class RuntimeUnavailableError(LabError):
    """This machine or user cannot make the nodes that were asked for."""


class NotCapableError(LabError):
    """The runtime cannot do what was asked for, whatever is installed; nothing was started."""


class AgentError(LabError):
    """An agent refused or failed a request, or its channel broke."""


class NotReadyError(LabError):
    """A named, bounded wait ended without its condition; carries the last evidence."""


class AgentLostError(NotReadyError):
    """The agent of a node is gone or was replaced: no waiting changes that."""


class CleanupError(LabError):
    """Something of a lab could not be removed; the message names it and says what to do."""
