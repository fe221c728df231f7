"""The one exception tree of chaos."""

from __future__ import annotations


class ChaosError(Exception):
    """An experiment could not be done; the message says what to do."""


class InputError(ChaosError):
    """What the user gave is wrong; nothing was started."""


class NotConfirmedError(ChaosError):
    """An outside observer did not see a fault take effect, or not see it go."""
