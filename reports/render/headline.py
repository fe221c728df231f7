"""What came of a run, in a sentence or two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.render.figures import outage, seconds, share
from reports.render.words.catalogue import words_of
from reports.verdict import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.analysis.suite import SuiteAnalysis
    from reports.history.schema import SuiteRecord


def counted(kinds: Iterable[str]) -> dict[str, int]:
    """Return how many verdicts there are of each kind."""
    found = list(kinds)
    return {kind: found.count(kind) for kind in KINDS}


def is_observation(record: SuiteRecord) -> bool:
    """Whether nothing was meant to be injected."""
    return any(not experiment.steps for experiment in record.experiments)


def headline(analysis: SuiteAnalysis, lang: str = "en") -> str:
    """Say in a sentence what came of a suite."""
    if is_observation(analysis.record):
        return _observed(analysis, lang)
    words = words_of(lang)
    counts, total = (
        counted(verdict.verdict for verdict in analysis.verdicts),
        len(analysis.verdicts),
    )
    tried = {trial.history.record.experiment for trial in analysis.trials}
    faults = sum(len(analysis.record.experiment(name).faults) or 1 for name in tried)
    about = words["about"].format(
        total=total,
        faults=faults,
        expectations=words["expectation" if total == 1 else "expectations_noun"],
        fault_noun=words["fault" if faults == 1 else "fault_many"],
    )
    if not total:
        return words["nothing"]
    if counts["violated"]:
        rest = words["rest_unknown"].format(**counts) if counts["unknown"] else ""
        return words["some_wrong"].format(about=about, rest=rest, **counts)
    if counts["unknown"]:
        return words["some_unknown"].format(about=about, **counts)
    return words["one_holds"] if total == faults == 1 else words["all_hold"].format(about=about)


def worst_sentence(analysis: SuiteAnalysis, lang: str) -> str:
    """Say what the longest interruption of a client was; nothing where nothing was measured."""
    if is_observation(analysis.record):
        return ""  # the headline says it
    words, table = words_of(lang), analysis.tables["recovery"]
    asked = table[table["probe"].isin(("read", "write"))] if len(table) else table
    if asked.empty:
        return ""
    row = asked.sort_values(["outage_max_lower_s", "outage_max_upper_s"]).iloc[-1]
    lower, upper = row["outage_max_lower_s"], row["outage_max_upper_s"]
    if upper == 0:
        return words["no_interruption"]
    failed = words["failed_open" if math.isinf(upper) else "failed_for"].format(
        bracket=outage(lower, upper), lower=seconds(lower)
    )
    return words["worst"].format(
        probe=words[f"{row['probe']}s"],
        connection=words.get(row["connection"], row["connection"]),
        failed=failed,
        title=analysis.record.experiment(row["experiment"]).title.in_language(lang),
    )


def _observed(analysis: SuiteAnalysis, lang: str) -> str:
    """Say in a sentence how available an endpoint was."""
    words, rows = words_of(lang), analysis.tables["trials"]
    url = analysis.record.experiments[0].lab.get("url", "")
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
        bracket=outage(longest["outage_lower_s"], longest["outage_upper_s"]),
    )
