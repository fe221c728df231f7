"""Files of lines, each a JSON object: what is sound is used, and what is not is said."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# No trial lasts for months: such a time is no time.
LONGEST_S = 1e7
# event -> what else must be there, and of which type
Shape = dict[str, type | tuple[type, ...]]
SUITE_EVENTS: Mapping[str, Shape] = {
    "leader": {"node": str, "term": int},
    "lease": {"name": str, "holder": str},
    "node_ready": {"node": str, "ready": bool},
    "component_exit": {"node": str, "component": str},
    "component_start": {"node": str, "component": str},
    "probe_cpu": {"worker": str, "cores": (int, float)},
    "dial": {"id": str, "node": str, "host": str, "port": int, "seen": str},
}
PROOF_EVENTS: Mapping[str, Shape] = {
    "leader": {"node": str, "term": int},
    "effect_confirmed": {"fault": str, "nodes": list},
    "heal_begin": {"nodes": list},
    "rejoined": {"revision": int},
    "member_add": {"node": str, "strict": bool, "accepted": bool, "answer": str},
    "waiting_begin": {"nodes": list},
}


def read_lines(path: Path, damage: list[str]) -> list[dict[str, Any]]:
    """Decode JSON lines, each an object. What is none is left out, and said in `damage`."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        damage.append(f"{path.name} cannot be read: {error.strerror}")
        return []
    lines = text.split("\n")
    decoded: list[dict[str, Any]] = []
    broken = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            one = None
        if isinstance(one, dict):
            decoded.append(one)
        elif number == len(lines):  # every whole line has a line end behind it
            damage.append(f"{path.name} ends in the middle of line {number}")
        else:
            broken.append(number)
    if broken:
        damage.append(left_out(path.name, "lines", len(broken), f"line {broken[0]}"))
    return decoded


def left_out(name: str, noun: str, count: int, first: str) -> str:
    """Say how many of what are left out, and which is the first."""
    return f"{name}: {count} {noun} cannot be read and are left out, the first is {first}"


def _is_time(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < LONGEST_S
    )


def _is_event(event: dict[str, Any], shapes: Mapping[str, Shape]) -> bool:
    kind = event.get("kind")
    if not isinstance(kind, str) or not _is_time(event.get("t_s")):
        return False
    return all(isinstance(event.get(key), of) for key, of in shapes.get(kind, {}).items())


def read_events(path: Path, shapes: Mapping[str, Shape], damage: list[str]) -> list[dict[str, Any]]:
    """Read the events of a trial. What is no event is left out, and said in `damage`."""
    lines = read_lines(path, damage)
    events = [one for one in lines if _is_event(one, shapes)]
    if wrong := [one for one in lines if not _is_event(one, shapes)]:
        damage.append(left_out(path.name, "events", len(wrong), json.dumps(wrong[0])[:80]))
    return events
