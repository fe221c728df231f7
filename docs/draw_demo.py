"""Draw a terminal session as an animated SVG without any script.

`halab run ha-report 2>&1 | tee demo.txt; python docs/draw_demo.py demo.txt > docs/demo.svg`
"""

from __future__ import annotations

import sys
from itertools import accumulate
from pathlib import Path
from xml.sax.saxutils import escape

COMMAND = "$ halab run ha-report"
COLUMNS, ROWS = 108, 30
CHARACTER_PX, LINE_PX, MARGIN_PX = 7.8, 18, 14
# What is awaited in a real run takes minutes; the rest is printed at once.
TYPED_S, AWAITED_S, PRINTED_S, READ_S = 1.5, 1.0, 0.12, 6.0
AWAITED = ("trial ", "waiting ", "lab ")
COLOURS = {"holds": "#7ad6a0", "violated": "#ff938a", "unknown": "#f2c869", "$": "#9db1ff"}


def seconds_of(line: str) -> float:
    """Return how long a line is the last one."""
    if line == COMMAND:
        return TYPED_S
    return AWAITED_S if line.startswith(AWAITED) else PRINTED_S


def keyframes(name: str, shifts: list[tuple[float, float]], total_s: float) -> str:
    """Return the steps of an animation; shifts: from which second on, pixels downwards."""
    steps = "".join(
        f"{100 * at_s / total_s:.2f}%{{transform:translateY({px:g}px)}}" for at_s, px in shifts
    )
    return f"@keyframes {name}{{{steps}100%{{transform:translateY({shifts[-1][1]:g}px)}}}}"


def text_element(number: int, line: str) -> str:
    """Return one line as it stands in the terminal, the first word in its colour."""
    colour = COLOURS.get(line.split(" ", 1)[0], "")
    cut = line if len(line) <= COLUMNS else line[: COLUMNS - 1] + "…"
    style = f' style="fill:{colour}"' if colour else ""
    return f'<text x="0" y="{(number + 1) * LINE_PX - 4}"{style}>{escape(cut)}</text>'


def draw(lines: list[str]) -> str:
    """Return the SVG of a session."""
    begins = [0.0, *accumulate(seconds_of(line) for line in lines)]
    total_s = begins[-1] + READ_S
    shown = list(enumerate(begins[: len(lines)], start=1))
    cover = keyframes("cover", [(at_s, count * LINE_PX) for count, at_s in shown], total_s)
    scroll = keyframes(
        "scroll", [(at_s, -max(0, count - ROWS) * LINE_PX) for count, at_s in shown], total_s
    )
    width = COLUMNS * CHARACTER_PX + 2 * MARGIN_PX
    height = ROWS * LINE_PX + 2 * MARGIN_PX
    texts = "\n".join(text_element(number, line) for number, line in enumerate(lines))
    inner = f'x="{MARGIN_PX}" y="{MARGIN_PX}" width="{COLUMNS * CHARACTER_PX:g}"'
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" role="img" \
aria-label="A terminal: {escape(COMMAND)}">
<style>
text {{ font: 13px/1 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #e5e9ee; \
white-space: pre; }}
.back {{ fill: #12161b; }}
.scroll {{ animation: scroll {total_s:g}s steps(1, end) infinite; }}
.cover {{ animation: cover {total_s:g}s steps(1, end) infinite; }}
{scroll}
{cover}
@media (prefers-reduced-motion: reduce) {{ .scroll, .cover {{ animation-play-state: paused; \
animation-delay: -{total_s - 1:g}s; }} }}
</style>
<rect class="back" width="{width:g}" height="{height}" rx="8"/>
<svg {inner} height="{ROWS * LINE_PX}" overflow="hidden">
<g class="scroll">
{texts}
<rect class="back cover" width="{COLUMNS * CHARACTER_PX:g}" height="{len(lines) * LINE_PX}"/>
</g>
</svg>
</svg>
"""


if __name__ == "__main__":
    recorded = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    sys.stdout.write(draw([COMMAND, *(line.rstrip() for line in recorded)]))
