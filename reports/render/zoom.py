"""What a page needs to draw a trial at any scale: every probe of every series, written small.

A series is probed on a fixed schedule. So a lane is the moment of its first probe, its period, and
one character a place of the schedule: `kinds` (g good, l late, f failed, - not recorded), `masters`
(a letter a master, - nobody) and `took` (see TOOK). Runs of a character are its count behind it.
"""

from __future__ import annotations

import json
import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.render.timeline import letter_of

if TYPE_CHECKING:
    import pandas as pd

    from reports.history.trial import TrialHistory
    from reports.render.timeline import TimelinePicture

SIGNS = "glf"  # as in timeline.LANE_STATES
# how long a request took: a character a step of a third from a millisecond on, 36 in all
TOOK = "0123456789abcdefghijklmnopqrstuvwxyz"
TOOK_STEP = 4 / 3
LONGEST = 100_000
# A trial of more has a picture without zoom.
MOST_SAMPLES = 200_000


def zoom_data(trial: TrialHistory, drawn: TimelinePicture) -> str:
    """Return JSON that may stand inside a script element; "" for a trial that is too large."""
    if len(trial.samples) > MOST_SAMPLES:
        return ""
    masters = sorted(set(trial.samples["master"]) - {""})[:50]
    letters = {master: letter_of(place) for place, master in enumerate(masters)}
    data = {
        "begin": round(drawn.begin_s, 3),
        "end": round(drawn.end_s, 3),
        "masters": masters,
        "lanes": [_lane(lane.samples, letters) | {"top": lane.top_px} for lane in drawn.lanes],
    }
    return script_json(data)


def script_json(data: object) -> str:
    """Return JSON in which nothing can end a script element or begin a comment in it."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _lane(part: pd.DataFrame, letters: dict[str, str]) -> dict[str, Any]:
    scheduled = part["scheduled_s"].to_numpy(dtype=float)
    first = float(scheduled.min())
    steps = np.diff(np.sort(scheduled))
    steps = steps[steps > 1e-4]
    period = float(np.median(steps)) if len(steps) else 1.0
    places = np.rint((scheduled - first) / period).astype(int)
    length = int(places.max()) + 1
    if length > LONGEST:
        return {"first": round(first, 3), "period": period, "kinds": "", "masters": "", "took": ""}
    kinds, served, took = (["-"] * length for _ in range(3))
    spans = (part["ended_s"] - part["started_s"]).to_numpy(dtype=float)
    rows = zip(
        places.tolist(), part["kind"].tolist(), part["master"].tolist(), spans.tolist(), strict=True
    )
    for place, kind, master, span_s in rows:
        kinds[place] = SIGNS[kind]
        served[place] = letters.get(master, "-")
        took[place] = _took(span_s)
    return {
        "first": round(first, 3),
        "period": round(period, 5),
        "kinds": short(kinds),
        "masters": short(served),
        "took": "".join(took),
    }


def _took(span_s: float) -> str:
    step = round(math.log(max(1.0, span_s * 1000)) / math.log(TOOK_STEP))
    return TOOK[min(step, len(TOOK) - 1)]


def short(signs: list[str]) -> str:
    """Write each run of a sign as the sign and, from two up, its length."""
    counts = ((sign, len(list(run))) for sign, run in groupby(signs))
    return "".join(sign if count == 1 else f"{sign}{count}" for sign, count in counts)
