"""When each injection of a trial was in effect, as the bands that the template draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.injections import InjectionSpan

BAND_PX, LETTER_PX = 15, 6.5


@dataclass(frozen=True)
class Band:
    """One injection, in seconds of the trial: begun, to be healed, and in effect no longer.

    It is shaded over all lanes until the heal begins. Where there are several, each has a bar with
    its name above them, at `top_px`, which goes on paler until it is in effect no longer; else
    `top_px` is None. `state`: as of the injection.
    """

    id: str
    state: str
    begin_s: float
    heal_s: float
    end_s: float
    top_px: int | None


def bands_of(
    injections: Sequence[InjectionSpan], end_s: float, scale: float, top_px: int
) -> tuple[list[Band], int]:
    """Place the injections that were begun in rows, so that none covers another or its name.

    `scale`: pixels a second. Return them, and where the lanes may begin.
    """
    begun = [span for span in injections if span.begun]
    free_px: list[float] = []
    bands = []
    for span in begun:
        heal_s = _or(span.heal_begin_s, end_s)
        over_s = max(heal_s, _or(span.recovered_s, end_s))
        row = next((n for n, px in enumerate(free_px) if px <= span.begin_s * scale), len(free_px))
        named_px = span.begin_s * scale + LETTER_PX * len(span.id)
        free_px[row : row + 1] = [max(over_s * scale, named_px) + 4]
        place = top_px + row * BAND_PX if len(begun) > 1 else None
        bands.append(Band(span.id, span.state, span.begin_s, heal_s, over_s, place))
    rows = len(free_px) if len(begun) > 1 else 0
    return bands, top_px + rows * BAND_PX + 4


def _or(at_s: float, end_s: float) -> float:
    return end_s if math.isnan(at_s) else at_s
