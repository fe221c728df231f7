"""The metrics that an expectation may name: the one table of them, without how they are computed.

That is in series_metrics and operation_metrics, by the same names. Suites are checked against this
before anything is started, and must not wait for pandas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Needs = Literal["series", "operations"]
WindowName = Literal["", "during", "after_heal_of"]
WHOLE: frozenset[WindowName] = frozenset(("",))
ALL: frozenset[WindowName] = frozenset(("", "during", "after_heal_of"))


@dataclass(frozen=True)
class Metric:
    """What is measured. `title`: a key of words. `needs`: of what it is measured; `windows`: of
    which parts of a trial, "" is the whole.

    `enough_in`: where there must be enough samples, behind a good baseline; "series": anywhere in
    the trial, if no window is named; None: none are needed. `lowest`: of several trials the lowest
    figure counts. `stands`: the figure is shown, and may violate a demand, though the trial does
    not prove what it was to prove; such a trial does not show that a demand holds. `state_title`:
    the title where states are observed.
    """

    title: str
    needs: Needs
    windows: frozenset[WindowName] = WHOLE
    enough_in: Literal["window", "series"] | None = None
    lowest: bool = False
    stands: bool = False
    state_title: str = ""


METRICS = {
    "outage_s": Metric("metric-outage", "series", ALL, "series"),
    "degraded_s": Metric("metric-degraded", "series", ALL, "series"),
    "good_share": Metric(
        *("metric-good-share", "series", ALL, "window"), state_title="metric-good-share-state"
    ),
    "answers": Metric("metric-answers", "series", ALL, state_title="metric-answers-state"),
    "acknowledged": Metric("metric-acknowledged", "operations", lowest=True, stands=True),
    "lost_writes": Metric("metric-lost-writes", "operations"),
    "stale_reads": Metric("metric-stale-reads", "operations"),
    "watch_disorder": Metric("metric-watch-disorder", "operations"),
    "differing_members": Metric("metric-differing-members", "operations"),
    "last_writes": Metric("metric-last-writes", "operations", lowest=True),
    "rejoined_s": Metric("metric-rejoined", "operations", stands=True),
    "served_during": Metric("metric-served-during", "operations", lowest=True),
    "served_writes": Metric(
        "metric-served-writes", "operations", frozenset(("during",)), lowest=True
    ),
    "refused_when_strict": Metric("metric-refused-when-strict", "operations", lowest=True),
    "accepted_when_lenient": Metric("metric-accepted-when-lenient", "operations", lowest=True),
    "writes_stopped": Metric("metric-writes-stopped", "operations", lowest=True),
}
