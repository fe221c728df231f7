"""The one exception tree of chaos."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class ChaosError(Exception):
    """An experiment could not be done; the message says what to do."""


class InputError(ChaosError):
    """What the user gave is wrong; nothing was started."""


class NotConfirmedError(ChaosError):
    """An outside observer did not see a fault take effect, or not see it go."""


def problems_of(error: ValidationError) -> str:
    """Return every problem of an input on a line of its own, with its place."""
    return "\n".join(f"  {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
