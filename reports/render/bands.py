"""When each injection of a trial was in effect, as the bands that the template draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.injections import InjectionSpan
    from reports.locale.catalogue import Words

BAND_PX, LETTER_PX, WIDE_LETTER_PX = 15, 6.5, 12


@dataclass(frozen=True)
class Band:
    """One injection, in seconds of the trial: begun, to be healed, and in effect no longer.

    It is shaded over all lanes until the heal begins. Where there are several, each has a bar with
    its label above them, at `top_px`, which goes on paler until it is in effect no longer; else
    `top_px` is None. The label is written from the beginning on, or, where it would pass the right
    edge, up to it: `anchor` is start or end. `state`: as of the injection.
    """

    label: str
    anchor: str
    state: str
    begin_s: float
    heal_s: float
    end_s: float
    top_px: int | None


def bands_of(
    injections: Sequence[InjectionSpan], end_s: float, width_px: float, top_px: int, words: Words
) -> tuple[list[Band], int]:
    """Place the injections that were begun in rows, so that none covers another or its label.

    `width_px`: of all seconds to the end. Return them, and where the lanes may begin.
    """
    begun, scale = [span for span in injections if span.begun], width_px / end_s
    free_px: list[float] = []
    bands = []
    for span in begun:
        heal_s = _or(span.heal_begin_s, end_s)
        over_s = max(heal_s, _or(span.recovered_s, end_s))
        label = span.id if span.state == "confirmed" else f"{span.id} ({words[span.state]})"
        begin_px, label_px = span.begin_s * scale, _width_px(label)
        anchor = "end" if begin_px + label_px > width_px else "start"
        from_px, to_px = begin_px, begin_px + label_px
        if anchor == "end":
            from_px, to_px = begin_px - label_px, begin_px
        row = next((n for n, px in enumerate(free_px) if px <= from_px), len(free_px))
        free_px[row : row + 1] = [max(over_s * scale, to_px) + 4]
        place = top_px + row * BAND_PX if len(begun) > 1 else None
        bands.append(Band(label, anchor, span.state, span.begin_s, heal_s, over_s, place))
    rows = len(free_px) if len(begun) > 1 else 0
    return bands, top_px + rows * BAND_PX + 4


def _width_px(label: str) -> float:
    """Return about how wide a label is; a Chinese character takes two letters."""
    return sum(LETTER_PX if ord(letter) < 0x2E80 else WIDE_LETTER_PX for letter in label)


def _or(at_s: float, end_s: float) -> float:
    return end_s if math.isnan(at_s) else at_s
