"""The availability timeline of a trial: the coordinates for the template."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

from reports.history.schema import CLUSTER, NODE_READY, SERIES, STATES
from reports.render.bands import bands_of
from reports.render.scale import ticks_of
from reports.render.series_labels import OF_NODES, request_label, state_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reports.analysis.stages import Stage
    from reports.history.trial import TrialHistory
    from reports.locale.catalogue import Words
    from reports.render.bands import Band

    Key = tuple[str, str, str]

WIDTH_PX = 900
LANE_PX, GROUP_PX, MARK_PX = 16, 20, 15
# kind -> distance from the lane's top, and height: readable without colours, too
HEIGHTS = {"good": (6, 4), "late": (4, 8), "failed": (2, 12), "lost": (7, 2)}
LANE_STATES = ("good", "late", "failed")
SERVED_BINS = 150
LETTERS = ascii_uppercase + ascii_lowercase


@dataclass(frozen=True)
class PictureLane:
    """One series: its label, its top in pixels, and the SVG path of each kind of HEIGHTS.

    `samples` have the column `kind`: the place in LANE_STATES.
    """

    label: str
    samples: pd.DataFrame
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
class TimelinePicture:
    """What the template draws. Pixels; `scale`: those of a second. `ticks`: x, label."""

    begin_s: float
    end_s: float
    scale: float
    head_px: int
    height_px: int
    bands: list[Band]
    groups: list[tuple[int, str]]
    lanes: list[PictureLane]
    served: list[tuple[int, str, str]]
    ticks: list[tuple[float, str]]
    marks: list[Mark]


def _series(samples: pd.DataFrame) -> dict[Key, pd.DataFrame]:
    """Return the samples of each series with their place in LANE_STATES; `samples` are marked."""
    late_or_failed = np.where(samples["outcome"] == "ok", 1, 2)
    placed = samples.assign(kind=np.where(samples["good"], 0, late_or_failed))
    return {(str(a), str(b), str(c)): part for (a, b, c), part in placed.groupby(SERIES)}


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
        runs.append((LANE_STATES[kinds[place]], float(started_s[place])))
    ends = [start for _, start in runs[1:]] + [end_s]
    return [(kind, start, end) for (kind, start), end in zip(runs, ends, strict=True)]


def _path(
    runs: list[tuple[str, float, float]], kind: str, scale: float, top: float, height: float
) -> str:
    """Draw boxes; those that are less than half a pixel apart are joined."""
    boxes: list[list[float]] = []
    for start, end in ((begin * scale, end * scale) for name, begin, end in runs if name == kind):
        if boxes and start - boxes[-1][1] < 0.5:
            boxes[-1][1] = max(boxes[-1][1], end)
        else:
            boxes.append([start, max(end, start + 0.8)])
    bottom = top + height
    return "".join(
        f"M{start:.1f} {top:g}H{end:.1f}V{bottom:g}H{start:.1f}z" for start, end in boxes
    )


def _order(key: Key) -> tuple[bool, str, int, Key]:
    """Sort requests before states, and those of a worker together."""
    probe, worker, _ = key
    state = probe in STATES
    return state, "" if state else worker, {"read": 0, "write": 1}.get(probe, 2), key


def timeline(trial: TrialHistory, stages: Sequence[Stage], words: Words) -> TimelinePicture | None:
    """Return the timeline of a trial, or None when nothing was injected or measured.

    `trial.samples` are marked. Ticks count seconds from the first injection.
    """
    samples, begin_s = trial.samples, trial.begin_s
    if samples.empty or begin_s is None:
        return None
    end_s = max(float(samples["started_s"].max()), begin_s) + 0.1
    scale = WIDTH_PX / end_s
    marks = _marks(stages, scale)
    rows_px = MARK_PX * (1 + max((mark.row for mark in marks), default=0))
    bands, head = bands_of(trial.injections, end_s, WIDTH_PX, rows_px, words)
    top, group, groups, lanes = head, "", [], []
    series = _series(samples)
    for key in sorted(series, key=_order):
        owner = CLUSTER if key[0] in STATES else key[1]
        if owner != group:
            group = owner
            groups.append((top, owner))
            top += GROUP_PX
        runs = _runs(series[key], end_s)
        paths = {
            kind: _path(runs, kind, scale, top + offset, height)
            for kind, (offset, height) in HEIGHTS.items()
        }
        lanes.append(PictureLane(_label(key, words), series[key], top, paths))
        top += LANE_PX
    served: list[tuple[int, str, str]] = []
    for master, shares in _served_bins(samples, end_s).items():
        if not served:
            groups.append((top, "served_by"))
            top += GROUP_PX
        served.append((top, master, _columns(shares, top)))
        top += LANE_PX
    return TimelinePicture(
        begin_s,
        end_s,
        scale,
        head,
        top,
        bands,
        groups,
        lanes,
        served,
        [
            ((begin_s + at) * scale, words["seconds"].format(seconds=f"{at:g}"))
            for at in ticks_of(-begin_s, end_s - begin_s, 12)
        ],
        marks,
    )


def _served_bins(samples: pd.DataFrame, end_s: float) -> dict[str, list[float]]:
    """Return, by master, its share of the good requests in each of SERVED_BINS equal spans."""
    good = samples[samples["good"] & ~samples["probe"].isin(STATES) & (samples["master"] != "")]
    if good.empty:
        return {}
    place = (good["started_s"].clip(lower=0.0) / end_s * SERVED_BINS).astype(int)
    counts = good.groupby([place.clip(upper=SERVED_BINS - 1), good["master"]]).size().unstack()
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


def _label(key: Key, words: Words) -> str:
    probe, worker, connection = key
    if probe == NODE_READY:
        return f"{worker} Ready"
    if probe in OF_NODES:
        return f"{worker} {state_label(probe, words)}"
    if probe in STATES:
        return state_label(probe, words)
    return request_label(probe, connection, words)


def letter_of(index: int) -> str:
    """Return A to Z, then a to z, then numbers."""
    return LETTERS[index] if index < len(LETTERS) else str(index + 1)


def _marks(stages: Sequence[Stage], scale: float) -> list[Mark]:
    """Place the letters of the stages in rows, so that none covers another.

    Where they are more than letters, only new leaders are marked.
    """
    kinds = {"injection begins": "in", "heal begins": "heal", "new leader": "leader"}
    free_px: list[float] = []
    marks = []
    for index, stage in enumerate(stages):
        kind, x_px = kinds.get(stage.name, "happens"), stage.at_s * scale
        if len(stages) > len(LETTERS) and kind != "leader":
            continue
        row = next((n for n, px in enumerate(free_px) if px <= x_px), len(free_px))
        if row < 6:
            free_px[row : row + 1] = [x_px + 13]
        marks.append(Mark(stage.at_s, x_px, min(row, 5), letter_of(index), kind))
    return marks
