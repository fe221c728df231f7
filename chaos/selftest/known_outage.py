"""Do known outages lie inside their brackets? The real prober over real TLS, all kinds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from chaos.selftest.known_outages.comparison import rows_of
from chaos.selftest.known_outages.lanes import MODES, measured
from chaos.selftest.known_outages.spans import KINDS, PERIOD_S, QUIET_S, in_a_row
from chaos.selftest.statements import verdict
from reports.locale.message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.selftest.known_outages.comparison import Row
    from chaos.selftest.known_outages.spans import Span
    from reports.verdict import Verdict

# Shorter and longer than a deadline and a client's timeout; each lane has them in another order.
LENGTHS_S = (0.25, 0.5, 0.8, 1.1, 1.6, 0.35)


def planned_lanes() -> list[list[Span]]:
    """Return two lanes, so that a moment in which the machine was busy spoils one of them."""
    orders = (KINDS, KINDS[::-1])
    return [_lane(f"lane-{number}", kinds) for number, kinds in enumerate(orders)]


def _lane(name: str, kinds: Sequence[str]) -> list[Span]:
    # outages begin at different phases of the probes
    return in_a_row(
        name,
        [
            (kind, length_s, QUIET_S + PERIOD_S * place / len(kinds))
            for place, (kind, length_s) in enumerate(zip(kinds, LENGTHS_S, strict=True))
        ],
    )


def check_known_outages() -> Verdict:
    """Measure known outages, about 30 s. Raises ChaosError where that cannot be done."""
    lanes = planned_lanes()
    with tempfile.TemporaryDirectory(prefix="halab-selftest-") as folder:
        samples, spans = measured(Path(folder), lanes)
    rows, strays = rows_of(pd.DataFrame(samples), spans)
    return judged(rows, strays, len(MODES) * sum(map(len, lanes)))


def judged(rows: Sequence[Row], strays: int, planned: int) -> Verdict:
    """Return the verdict. Pure.

    `strays`: outages near no span. `planned`: how many rows there are when nothing is missing. A
    row that the machine has disturbed decides nothing; every kind of outage needs one that it has
    not.
    """
    clear = [row for row in rows if not row.disturbed]
    disturbed = planned - len(clear)
    if wrong := [row for row in clear if row.wrong]:
        first = wrong[0]
        note = message(
            "selftest-outage-outside",
            count=len(wrong),
            clear=len(clear),
            kind=first.span.kind,
            connection=first.connection,
            least_s=first.least_s,
            most_s=first.most_s,
            outages=first.outages,
            lower_s=first.lower_s,
            upper_s=first.upper_s,
        )
        return verdict("known-outage", "violated", note)
    if strays and not disturbed:
        note = message("selftest-outage-invented", count=strays)
        return verdict("known-outage", "violated", note)
    shown = {row.span.kind for row in clear if row.most_s > 0}
    if strays or shown != set(KINDS):
        note = message(
            "selftest-too-busy",
            disturbed=disturbed,
            planned=planned,
            kinds=", ".join(kind for kind in KINDS if kind not in shown) or "-",
            strays=strays,
        )
        return verdict("known-outage", "unknown", note)
    note = message(
        "selftest-outages-inside",
        clear=len(clear),
        planned=planned,
        width_s=max(row.width_periods for row in clear) * PERIOD_S,
    )
    return verdict("known-outage", "holds", note)
