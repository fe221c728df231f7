"""What can still be used of a damaged file, and what is said of the rest."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reports.history.samples import read_samples
from reports.history.schema import TIMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# No trial lasts for months: such a time is no time.
LONGEST_S = 1e7
TEXTS = ("probe", "worker", "connection", "outcome", "error", "master")
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
        damage.append(_left_out(path.name, "lines", len(broken), f"line {broken[0]}"))
    return decoded


def _left_out(name: str, noun: str, count: int, first: str) -> str:
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
        damage.append(_left_out(path.name, "events", len(wrong), json.dumps(wrong[0])[:80]))
    return events


def read_parquet(path: Path, damage: list[str], columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of samples; none, and a word in `damage`, when the file is broken."""
    none = pd.DataFrame(columns=list(columns))
    try:
        if missing := sorted(set(columns) - set(pq.read_schema(path).names)):
            damage.append(f"{path.name} lacks the columns {', '.join(missing)}")
            return none
        return read_samples(path, columns)
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        damage.append(f"{path.name} is broken: {reason[:200]}")
        return none


def sound_samples(frame: pd.DataFrame, name: str, damage: list[str]) -> pd.DataFrame:
    """Leave out the samples whose times are none, or whose texts are no texts."""
    times_of = [one for one in TIMES if one in frame]
    mixed = [one for one in TEXTS if one in frame and frame[one].dtype == object]
    if frame.empty or (not mixed and all(_are_times(frame[one]) for one in times_of)):
        return frame
    times = pd.DataFrame({one: pd.to_numeric(frame[one], errors="coerce") for one in times_of})
    sound = (times.abs() < LONGEST_S).all(axis=1).to_numpy(bool, copy=True)
    for column in mixed:
        sound &= frame[column].map(lambda value: isinstance(value, str)).to_numpy(bool)
    if count := int((~sound).sum()):
        first = f"number {int(np.argmin(sound)) + 1}"
        damage.append(_left_out(name, "samples", count, first))
    return frame[sound].assign(**{one: times[one][sound] for one in times_of})


def _are_times(column: pd.Series[float]) -> bool:
    """Look at the ends alone, for there may be ten million; a NaN is at both of them."""
    if not pd.api.types.is_float_dtype(column.dtype):
        return False
    values = column.to_numpy(dtype=float)
    return bool(values.min() > -LONGEST_S and values.max() < LONGEST_S)
