"""Which settings of a section of haproxy stay, and with which values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.balancers.adoption.addresses import is_template, why_no_address
from lab.balancers.adoption.haproxy_directives import REFUSED, SILENT, why_steering
from lab.balancers.adoption.times import LEAST_ANSWER_S, LEAST_CHECK_S, why_too_short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lab.balancers.adoption.haproxy_file import Setting
    from lab.balancers.fitting import Notes

# haproxy takes two descriptors for each connection, and its memory was estimated with the most.
_LEAST_CONNECTIONS, _MOST_CONNECTIONS = 512, 4000
_MOST_THREADS = 16
_LEAST_S = {
    **dict.fromkeys(("timeout client", "timeout server", "timeout tunnel"), LEAST_ANSWER_S),
    "timeout check": LEAST_CHECK_S,
}
_TABLE_VALUES = {"type": "ip|ipv6", "size": r"\d+[kKmM]?", "expire": r"\d+(us|ms|[smhd])?"}
_TABLE_ENTRIES = "100k"


def keep(settings: Iterable[Setting], kept: Mapping[str, str], notes: Notes) -> list[Setting]:
    """Return the settings that a lab keeps; others are noted."""
    fitting = []
    for setting in settings:
        title = setting.title
        pattern = kept.get(title)
        if pattern is not None and re.fullmatch(pattern, setting.arguments):
            least_s = _LEAST_S.get(title, 0.0)
            if why := why_too_short(setting.arguments, "ms", least_s):
                notes.refuse(setting.number, f"{title}: {why}")
            fitting.append(setting)
        elif pattern is not None and is_template(setting.arguments):
            notes.refuse(setting.number, f"{title}: {why_no_address(setting.arguments)}")
        elif title in REFUSED and not setting.negation:
            notes.refuse(setting.number, f"{title}: {REFUSED[title]}")
        elif pattern is not None:
            why = "cannot be kept with these values; check them, or leave it out"
            notes.refuse(setting.number, f"{title} {why}")
        elif title.startswith("tcp-request") and (why := why_steering(setting.texts)):
            notes.refuse(setting.number, f"{title}: {why}")
        elif setting.name not in SILENT and " ".join(setting.texts) != "log global":
            notes.drop(setting.number, title)
    return fitting


def clamped(setting: Setting, notes: Notes) -> tuple[str, ...]:
    """Return the words of a setting, with as many connections as a lab can have and needs."""
    bounds = {
        "maxconn": (_LEAST_CONNECTIONS, _MOST_CONNECTIONS),
        "nbthread": (1, _MOST_THREADS),
    }.get(setting.name)
    if bounds is None:
        return setting.texts
    number = int(setting.texts[1])
    bounded = max(bounds[0], min(number, bounds[1]))
    if bounded != number:
        notes.remark("changed", setting.number, setting.name, str(bounded))
    return (setting.name, str(bounded))


def stick_table(setting: Setting, notes: Notes) -> str:
    """Return a stick table of addresses alone, which no peer and no rule shares."""
    texts = [text for text in setting.texts[1:] if text != "nopurge"]
    words = dict(zip(texts[::2], texts[1::2], strict=False))
    for name in words.keys() - _TABLE_VALUES:
        notes.drop(setting.number, f"stick-table: {name}")
    values = []
    for name, pattern in _TABLE_VALUES.items():
        if name in words and not re.fullmatch(pattern, words[name]):
            notes.refuse(
                setting.number,
                "stick-table: only a table of addresses can be kept (type ip size 100k expire 30m)",
            )
        values += [name, words[name]] if name in words else []
    size = re.fullmatch(r"(\d+)([kKmM]?)", words.get("size", ""))
    if size and int(size[1]) * {"": 1, "k": 1000, "m": 1_000_000}[size[2].lower()] > 1_000_000:
        notes.remark("changed", setting.number, "stick-table: size", _TABLE_ENTRIES)
        values[values.index("size") + 1] = _TABLE_ENTRIES
    return " ".join(["stick-table", *values])
