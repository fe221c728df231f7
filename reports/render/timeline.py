"""The availability timeline of a trial, as the coordinates that the template draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.stages import Stage, stages
from reports.history.schema import CLUSTER, SERIES, STATES
from reports.render.scale import ticks_of
from reports.render.tables import state_name

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from reports.history.reader import TrialHistory

LEFT_PX, WIDTH_PX, RIGHT_PX = 150, 900, 20
LANE_PX, GROUP_PX, MARK_PX = 16, 20, 15
# kind -> how far from the lane's top, and how high: the height says what the colour says
HEIGHTS = {"good": (6, 4), "late": (4, 8), "failed": (2, 12), "lost": (7, 2)}
KINDS = ("good", "late", "failed")
SERVED_BINS = 150


@dataclass(frozen=True)
class Lane:
    """One series: its label, its top in pixels, and the SVG path of each kind of HEIGHTS."""

    label: str
    key: tuple[str, str, str]
    top_px: int
    paths: dict[str, str]


@dataclass(frozen=True)
class Mark:
    """A stage: where, in which row above the lanes, its letter, and whether a leader changed."""

    at_s: float
    x_px: float
    row: int
    letter: str
    kind: str


@dataclass(frozen=True)
class Timeline:
    """All that the template draws. Pixels; seconds since the trial's start. ticks: x, label."""

    begin_s: float
    heal_s: float
    end_s: float
    head_px: int
    height_px: int
    fault_px: tuple[float, float]
    groups: list[tuple[int, str]]
    lanes: list[Lane]
    served: list[tuple[int, str, str]]
    ticks: list[tuple[float, str]]
    marks: list[Mark]


def kinds_of(samples: pd.DataFrame) -> NDArray[np.int8]:
    """Return the place in KINDS of each sample; `samples` are marked."""
    good = samples["good"].to_numpy(bool)
    answered = (samples["outcome"] == "ok").to_numpy(bool)
    return np.where(good, 0, np.where(answered, 1, 2)).astype(np.int8)


def _runs(part: pd.DataFrame, end_s: float) -> list[tuple[str, float, float]]:
    """Join neighbouring probes of one kind: its kind, from its start to that of the next run.

    Where at least one and a half usual steps lie between two probes, something was not recorded.
    `part` has the column `kind`.
    """
    kinds, started_s = part["kind"].to_numpy(), part["started_s"].to_numpy(float)
    steps_s = np.diff(part["scheduled_s"].to_numpy(float))
    usual_s = float(np.median(steps_s)) if len(steps_s) else 0.0
    hole = np.append(False, steps_s > 1.5 * usual_s)
    begins = np.flatnonzero(np.append(True, kinds[1:] != kinds[:-1]) | hole)
    runs: list[tuple[str, float]] = []
    for place in begins.tolist():
        if hole[place]:
            runs.append(("lost", float(started_s[place - 1]) + usual_s))
        runs.append((KINDS[kinds[place]], float(started_s[place])))
    ends = [start for _, start in runs[1:]] + [end_s]
    return [(kind, start, end) for (kind, start), end in zip(runs, ends, strict=True)]


def _path(
    runs: list[tuple[str, float, float]], kind: str, scale: float, top: float, height: float
) -> str:
    """Draw boxes; those that are less than half a pixel apart are one."""
    boxes: list[list[float]] = []
    for start, end in ((start * scale, end * scale) for one, start, end in runs if one == kind):
        if boxes and start - boxes[-1][1] < 0.5:
            boxes[-1][1] = max(boxes[-1][1], end)
        else:
            boxes.append([start, max(end, start + 0.8)])
    bottom = top + height
    return "".join(
        f"M{start:.1f} {top:g}H{end:.1f}V{bottom:g}H{start:.1f}z" for start, end in boxes
    )


def _sorted_series(samples: pd.DataFrame) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Return the series, requests before states, those of one worker together."""
    found = [
        ((str(probe), str(worker), str(connection)), part)
        for (probe, worker, connection), part in samples.groupby(SERIES)
    ]
    order = {"read": 0, "write": 1}
    return sorted(
        found,
        key=lambda one: (
            one[0][0] in STATES,
            "" if one[0][0] in STATES else one[0][1],
            order.get(one[0][0], 2),
            one[0],
        ),
    )


def timeline(trial: TrialHistory) -> Timeline | None:
    """Return the timeline of a trial, or None when nothing was injected or measured.

    `trial.samples` are marked. Ticks count seconds from the injection.
    """
    samples, begin_s = trial.samples, trial.begin_s
    if samples.empty or begin_s is None:
        return None
    end_s = max(float(samples["started_s"].max()), begin_s) + 0.1
    scale = WIDTH_PX / end_s
    marks = _marks(trial, scale)
    head = MARK_PX * (1 + max((mark.row for mark in marks), default=0)) + 4
    top, group, groups, lanes = head, "", [], []
    for key, part in _sorted_series(samples.assign(kind=kinds_of(samples))):
        owner = CLUSTER if key[0] in STATES else key[1]
        if owner != group:
            group = owner
            groups.append((top, owner))
            top += GROUP_PX
        runs = _runs(part, end_s)
        paths = {
            kind: _path(runs, kind, scale, top + offset, height)
            for kind, (offset, height) in HEIGHTS.items()
        }
        lanes.append(Lane(_label(key), key, top, paths))
        top += LANE_PX
    served: list[tuple[int, str, str]] = []
    for master, bins in served_bins(samples, end_s).items():
        if not served:
            groups.append((top, "served_by"))
            top += GROUP_PX
        served.append((top, master, _columns(bins, top)))
        top += LANE_PX
    heal_s = begin_s if trial.observed else trial.time_of("heal_begin")
    heal_s = end_s if heal_s is None else heal_s
    return Timeline(
        begin_s,
        heal_s,
        end_s,
        head,
        top,
        (begin_s * scale, max(0.0, heal_s - begin_s) * scale),
        groups,
        lanes,
        served,
        [((begin_s + at) * scale, f"{at:g} s") for at in ticks_of(-begin_s, end_s - begin_s, 12)],
        marks,
    )


def served_bins(samples: pd.DataFrame, end_s: float) -> dict[str, list[float]]:
    """Return, by master, its share of the good requests in each of SERVED_BINS equal spans."""
    asked = samples[samples["good"] & ~samples["probe"].isin(STATES) & (samples["master"] != "")]
    if asked.empty:
        return {}
    place = (asked["started_s"].clip(lower=0.0) / end_s * SERVED_BINS).astype(int)
    counts = asked.groupby([place.clip(upper=SERVED_BINS - 1), asked["master"]]).size().unstack()
    shares = counts.div(counts.sum(axis=1), axis=0).reindex(range(SERVED_BINS)).fillna(0.0)
    return {str(master): shares[master].tolist() for master in sorted(shares.columns)}


def _columns(shares: list[float], top: int) -> str:
    """Draw one column a span, as high as the share."""
    width, base = WIDTH_PX / SERVED_BINS, top + LANE_PX - 2
    height = LANE_PX - 4
    return "".join(
        f"M{number * width:g} {base}v-{share * height:.1f}h{width:g}V{base}z"
        for number, share in enumerate(shares)
        if share > 0
    )


def _label(key: tuple[str, str, str]) -> str:
    probe, worker, connection = key
    if probe not in STATES:
        return f"{probe} {connection}"
    return state_name(probe).replace("node", worker)


def letter_of(index: int) -> str:
    """Return A to Z, then a to z, then dots."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[index] if index < 52 else "…"


def _marks(trial: TrialHistory, scale: float) -> list[Mark]:
    """Place the letters of the stages in rows, so that none covers another."""
    free_px: list[float] = []
    marks = []
    for index, stage in enumerate(stages(trial)):
        x_px = stage.at_s * scale
        row = next((n for n, px in enumerate(free_px) if px <= x_px), len(free_px))
        if row < 6:
            free_px[row : row + 1] = [x_px + 13]
        row = min(row, 5)
        kind = {"injection begins": "in", "heal begins": "heal", "new leader": "leader"}
        marks.append(Mark(stage.at_s, x_px, row, letter_of(index), kind.get(stage.name, "other")))
    return marks


def lettered_stages(trial: TrialHistory) -> list[tuple[str, float, Stage]]:
    """Return (letter, seconds since the injection, stage): the legend of the marks."""
    begin_s = trial.begin_s or 0.0
    return [
        (letter_of(index), stage.at_s - begin_s, stage) for index, stage in enumerate(stages(trial))
    ]
