"""What is said of a run in which nothing was broken: an endpoint, observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.render.figures import bracket, share

if TYPE_CHECKING:
    from reports.analysis import Analysis


def is_observation(analysis: Analysis) -> bool:
    """Whether nothing was meant to be injected."""
    return any(trial.observed for trial in analysis.trials)


def observed_headline(analysis: Analysis) -> str:
    """Say in a sentence how available the endpoint was."""
    url, rows = analysis.run.lab.get("url", "the endpoint"), analysis.tables["trials"]
    if rows.empty:
        return f"Nothing was measured of {url}."
    worst = rows.sort_values("availability").iloc[0]
    total, bad = int(rows["total"].sum()), int(rows["bad"].sum())
    said = f"{total - bad} of {total} requests to {url} were good"
    if not bad:
        return f"All {total} requests to {url} were good."
    longest = rows.sort_values("outage_upper_s").iloc[-1]
    return (
        f"{said}, on {worst['connection']} connections {share(worst['availability'])}; the longest "
        f"outage, on {longest['connection']} connections, was "
        f"{bracket(longest['outage_lower_s'], longest['outage_upper_s'])} s."
    )
