"""What is said of a run in which nothing was broken: an endpoint, observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.render.figures import bracket, share
from reports.render.suite_words import SUITE_WORDS

if TYPE_CHECKING:
    from reports.analysis import Analysis


def is_observation(analysis: Analysis) -> bool:
    """Whether nothing was meant to be injected."""
    return any(trial.observed for trial in analysis.trials)


def observed_headline(analysis: Analysis, lang: str) -> str:
    """Say in a sentence how available the endpoint was."""
    words, rows = SUITE_WORDS[lang], analysis.tables["trials"]
    url = analysis.run.lab.get("url", "")
    if rows.empty:
        return words["observed_nothing"].format(url=url)
    total, bad = int(rows["total"].sum()), int(rows["bad"].sum())
    if not bad:
        return words["observed_good"].format(total=total, url=url)
    worst = rows.sort_values("availability").iloc[0]
    longest = rows.sort_values("outage_upper_s").iloc[-1]
    return words["observed"].format(
        good=total - bad,
        total=total,
        url=url,
        connection=words[worst["connection"]],
        share=share(worst["availability"]),
        longest=words[longest["connection"]],
        bracket=bracket(longest["outage_lower_s"], longest["outage_upper_s"]),
    )
