"""The availability timeline of a trial, as the coordinates that the template draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.analysis.stages import Stage, stages
from reports.history.schema import SERIES, STATES
from reports.render.tables import state_name

if TYPE_CHECKING:
    import pandas as pd

    from reports.history.reader import TrialHistory

WIDTH_PX = 860.0
LANE_PX = 14
TICK_S = 5


@dataclass(frozen=True)
class Lane:
    """One series: its label, and the SVG paths of what was good, late and failed."""

    label: str
    good: str
    late: str
    failed: str


@dataclass(frozen=True)
class Timeline:
    """All that the template draws. x in pixels; ticks and marks carry their text."""

    height_px: int
    fault_px: tuple[float, float]
    lanes: list[Lane]
    ticks: list[tuple[float, str]]
    marks: list[tuple[float, str]]


def _runs(part: pd.DataFrame, end_s: float) -> pd.DataFrame:
    """Join neighbouring probes of one kind: start_s up to the start of the next run."""
    kind = part["good"].map({True: "good", False: "failed"})
    kind = kind.where(part["good"] | (part["outcome"] != "ok"), "late")
    runs = (
        part.assign(kind=kind, run=(kind != kind.shift()).cumsum())
        .groupby("run")
        .agg(kind=("kind", "first"), start_s=("started_s", "min"))
    )
    return runs.assign(end_s=runs["start_s"].shift(-1).fillna(end_s))


def _path(runs: pd.DataFrame, kind: str, scale: float, top: float, height: float) -> str:
    boxes = runs[runs["kind"] == kind]
    return "".join(
        f"M{start * scale:.1f} {top:g}h{max(0.8, (end - start) * scale):.1f}v{height:g}"
        f"h-{max(0.8, (end - start) * scale):.1f}z"
        for start, end in zip(boxes["start_s"], boxes["end_s"], strict=True)
    )


def timeline(trial: TrialHistory) -> Timeline | None:
    """Return the timeline of a trial, or None when nothing was injected or measured.

    `trial.samples` are marked. Ticks count seconds from the injection.
    """
    samples, begin_s = trial.samples, trial.begin_s
    if samples.empty or begin_s is None:
        return None
    end_s = float(samples["started_s"].max()) + 0.1
    scale = WIDTH_PX / end_s
    lanes = []
    groups = sorted(samples.groupby(SERIES), key=lambda one: one[0][0] in STATES)
    for number, (key, part) in enumerate(groups):
        runs, top = _runs(part, end_s), number * LANE_PX
        probe, worker, connection = key
        lanes.append(
            Lane(
                _label(str(probe), str(worker), str(connection)),
                _path(runs, "good", scale, top + 5, 4),
                _path(runs, "late", scale, top + 3, 8),
                _path(runs, "failed", scale, top + 1, 12),
            )
        )
    heal_s = begin_s if trial.observed else trial.time_of("heal_begin") or end_s
    first = -int(begin_s // TICK_S) * TICK_S
    ticks = [
        ((begin_s + at) * scale, f"{at} s") for at in range(first, int(end_s - begin_s) + 1, TICK_S)
    ]
    return Timeline(
        len(lanes) * LANE_PX,
        (begin_s * scale, (heal_s - begin_s) * scale),
        lanes,
        ticks,
        [(stage.at_s * scale, _letter(index)) for index, stage in enumerate(stages(trial))],
    )


def _label(probe: str, worker: str, connection: str) -> str:
    if probe not in STATES:
        return f"{worker} {probe} {connection}"
    return state_name(probe).replace("node", worker)


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else "…"


def lettered_stages(trial: TrialHistory) -> list[tuple[str, float, Stage]]:
    """Return (letter, seconds since the injection, stage): the legend of the marks."""
    begin_s = trial.begin_s or 0.0
    return [
        (_letter(index), stage.at_s - begin_s, stage) for index, stage in enumerate(stages(trial))
    ]
