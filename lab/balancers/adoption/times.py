"""Times of nginx and haproxy, and those in which no apiserver can answer."""

from __future__ import annotations

import re

_UNIT_S = {"us": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_UNIT_S |= {"w": 604800.0, "M": 2592000.0, "y": 31536000.0}
_PARTS = re.compile(r"(\d+)(us|ms|[smhdwMy]?)")
# A TLS handshake and an answer take a few ms in an idle lab, and longer in a busy one.
LEAST_ANSWER_S = 0.5
LEAST_CHECK_S = 0.1


def seconds_of(text: str, unit: str, default_s: float) -> float:
    """Return a time such as 1m30s or 15s; `unit`: that of a number without one."""
    parts = _PARTS.findall(text)
    if "".join(map("".join, parts)) != text or not parts:
        return default_s
    return sum(float(number) * _UNIT_S[given or unit] for number, given in parts)


def why_too_short(text: str, unit: str, least_s: float) -> str:
    """Return why a time is too short for an apiserver, "" when it is not; 0 is no bound."""
    time_s = seconds_of(text, unit, 0.0)
    if not 0 < time_s < least_s:
        return ""
    return (
        f"{text} is {time_s * 1000:g} ms, in which no apiserver answers "
        f"(a number alone is in {unit}); write {least_s:g}s or more"
    )
