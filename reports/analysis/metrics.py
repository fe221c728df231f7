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
    """What is measured; `needs` says of what, `windows` of which parts of a trial, "" is the whole.

    `enough_in`: where there must be enough samples, behind a good baseline; "series": anywhere in
    the trial, if no window is named; None: none are needed. `lowest`: of several trials the lowest
    figure counts. `stands`: the figure is shown, and may violate a demand, though the trial does
    not prove what it was to prove; that a demand holds is not shown by such a trial. `state_title`:
    its title where states are observed.
    """

    title: str
    needs: Needs
    windows: frozenset[WindowName] = WHOLE
    enough_in: Literal["window", "series"] | None = None
    lowest: bool = False
    stands: bool = False
    state_title: str = ""


METRICS = {
    "outage_s": Metric("longest outage in s", "series", ALL, "series"),
    "degraded_s": Metric("degraded window in s", "series", ALL, "series"),
    "good_share": Metric(
        *("share of successful requests", "series", ALL, "window"),
        state_title="share of observations in which the state was met",
    ),
    "answers": Metric(
        "successful requests", "series", ALL, state_title="observations in which the state was met"
    ),
    "acknowledged": Metric("acknowledged writes", "operations", lowest=True, stands=True),
    "lost_writes": Metric("acknowledged writes that are lost", "operations"),
    "stale_reads": Metric("stale or wrong reads", "operations"),
    "watch_disorder": Metric("wrong events of watches", "operations"),
    "differing_members": Metric("members that differ", "operations"),
    "last_writes": Metric("every member took a last write", "operations", lowest=True),
    "rejoined_s": Metric("slowest from a heal to the same data in s", "operations", stands=True),
    "served_during": Metric("share of writes served in faults", "operations", lowest=True),
    "served_writes": Metric(
        "writes were served", "operations", frozenset(("during",)), lowest=True
    ),
    "refused_when_strict": Metric("strict members refused", "operations", lowest=True),
    "accepted_when_lenient": Metric("lenient members accepted", "operations", lowest=True),
    "writes_stopped": Metric("writes stopped for the new member", "operations", lowest=True),
}
