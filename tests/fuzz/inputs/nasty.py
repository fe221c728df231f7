"""What does not belong where it stands: values, pieces of text, bytes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

# in the place of any value of YAML or JSON
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 600, 1e-9, 0.1, -0.0, 1e308, 2**31, 2**63, -(2**63)),
    *(2**64, 10**30, 10**400, float("inf"), float("-inf"), float("nan")),
    *("", " ", "a", "-", "/", "..", "nan", "1e400", "=cmd", "\x00", "\x1b[31m", "\u202e", "é" * 70),
    *("a" * 5000, "{}", "{0}", "{0.__class__}", "%s", "%999999999d", "<script>", "../../x", "*"),
    *("etcd:leader", "etcd:any[99]", "master:not(kill)", "step:kill", "step:x", "a\nb", "\ud800"),
    *("4000000**4000000", "1 == 1", "'a' * 9", "(" * 99, "election_s", "min()", "9**9**9"),
    *([], [[]], {}, {"a": {}}, [None], {"": 1}, [1, 0], [600, 1], {"en": "x", "xx": "y"}),
    *(dt.date(2020, 1, 1), b"\x00\xff", [0] * 300),
)
# anywhere in a text
PIECES = (
    *("", " ", "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\ufeff", "\u2028", "\u202e", "é", "💥"),
    *("[", "]", "{", "}", "(", ")", ":", ": ", ",", ";", "#", "&a ", "*a", "<<: ", "!!bool ", "!x"),
    *("? ", "- ", "---\n", "...\n", "| ", "> ", '"', "'", "\\", "%", "@", "`", "=", "~", "null"),
    *("1", "-1", "0x10", "1e400", ".inf", ".nan", "1_000", "1:30", "2020-01-01", "yes", "9" * 400),
    *(
        "[" * 200,
        "{a: " * 200,
        "*" * 200,
        "a" * 3000,
        "\n" * 300,
        "(" * 300,
        "server a 1.1.1.1:1\n",
    ),
    *("include /etc/*;", "lua-load /x\n", "program x\n", "listen 1;", "bind *:6443\n", "$http_x"),
)
BYTES = (b"\x00", b"\xff", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\x80" * 40, b"\r", b"\x1b[2J")


def changed_text(text: str, chance: random.Random) -> str:
    """Return a text with one thing done to it."""
    lines = text.splitlines(keepends=True) or [""]
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    at = chance.randrange(len(text) + 1)
    match chance.randrange(8):
        case 0:
            del lines[place]
        case 1:
            lines.insert(other, lines[place])
        case 2:
            lines[place], lines[other] = lines[other], lines[place]
        case 3:
            words = lines[place].split(" ")
            words[chance.randrange(len(words))] = chance.choice(PIECES)
            lines[place] = " ".join(words)
        case 4:
            return text[:at]
        case 5:
            end = min(len(text), at + chance.randrange(40))
            return text[:at] + text[end:]
        case 6:
            line = lines[place].lstrip(" ")
            lines[place] = " " * chance.randrange(12) + line
        case _:
            return text[:at] + chance.choice(PIECES) + text[at:]
    return "".join(lines)


def changed_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return bytes with one thing done to them."""
    at = chance.randrange(len(content) + 1)
    match chance.randrange(4):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + chance.choice(BYTES) + content[at:]
        case 2 if content:
            flipped = bytearray(content)
            for _ in range(chance.randrange(1, 9)):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            return bytes(flipped)
        case _:
            return content[at:] + content[:at]


def changed_data(data: Any, chance: random.Random) -> Any:
    """Change a value somewhere in mappings and lists, or its key, or leave it out. In place."""
    holders = [holder for holder in _holders(data) if holder]
    if not holders:
        return chance.choice(VALUES)
    holder = chance.choice(holders)
    place = (
        chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    )
    match chance.randrange(5):
        case 0:
            del holder[place]
        case 1 if isinstance(holder, dict):
            holder[chance.choice(("x", "lab", "id", "steps", "after", "", "note"))] = holder[place]
        case 1 | 2 if isinstance(holder, list):
            holder.insert(chance.randrange(len(holder) + 1), holder[place])
        case _:
            holder[place] = chance.choice(VALUES)
    return data


def _holders(data: Any) -> list[Any]:
    """Return every mapping and list within data, itself among them."""
    found, waiting = [], [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            found.append(value)
            waiting += value.values() if isinstance(value, dict) else value
    return found
