"""The availability timeline of a trial, as the coordinates that the template draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.analysis.outages import mark_good, time_of
from reports.history.reader import read_events, read_samples
from reports.history.schema import SERIES

if TYPE_CHECKING:
    from pathlib import Path

    from reports.history.schema import RunRecord, TrialRecord

WIDTH_PX = 860


@dataclass(frozen=True)
class Timeline:
    """Lanes of (x, good) in pixels, marks of (x, label, time in s)."""

    length_s: float
    fault: tuple[float, float]
    lanes: list[tuple[str, list[tuple[float, bool]]]]
    marks: list[tuple[float, str, float]]


MARKED = ("inject_begin", "effect_confirmed", "leader", "heal_begin", "heal_confirmed", "recovered")


def timeline(directory: Path, trial: TrialRecord, record: RunRecord) -> Timeline | None:
    """Return the timeline of a trial, or None when nothing was measured."""
    samples = mark_good(read_samples(directory, trial.index), record.deadline_s)
    events: list[dict[str, Any]] = read_events(directory, trial.index)
    if samples.empty:
        return None
    length_s = float(samples["started_s"].max())
    scale = WIDTH_PX / length_s
    lanes = []
    for key, part in samples.groupby(SERIES):
        points = zip((part["started_s"] * scale).round(1), part["good"], strict=True)
        lanes.append((" ".join(key), [(float(x), bool(good)) for x, good in points]))
    begin_s, heal_s = time_of(events, "inject_begin"), time_of(events, "heal_end")
    fault = ((begin_s or 0.0) * scale, (heal_s or length_s) * scale if begin_s else 0.0)
    marks = [
        (max(0.0, e["t_s"]) * scale, e["kind"] + (f" {e['node']}" if "node" in e else ""), e["t_s"])
        for e in events
        if e["kind"] in MARKED
    ]
    return Timeline(length_s, fault, lanes, marks)
