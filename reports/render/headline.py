"""The result of a run, in a sentence or two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.locale.catalogue import words_of
from reports.render.figures import outage, seconds, share
from reports.render.tables import subjects
from reports.verdict import VERDICT_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.analysis.suite import SuiteAnalysis
    from reports.history.schema import SuiteRecord
    from reports.locale.catalogue import Words


def counted(kinds: Iterable[str]) -> dict[str, int]:
    """Return how many verdicts there are of each kind."""
    verdicts = list(kinds)
    return {kind: verdicts.count(kind) for kind in VERDICT_VALUES}


def is_observation(record: SuiteRecord) -> bool:
    """Whether nothing was meant to be injected."""
    return any(not experiment.steps for experiment in record.experiments)


def sentence(kinds: Iterable[str], about: str, words: Words) -> str:
    """Sum verdicts up in a sentence, the gravest first; `about`: their subject."""
    counts = counted(kinds)
    if not any(counts.values()):
        return words["nothing"]
    if counts["violated"]:
        rest = words["rest_unknown"].format(**counts) if counts["unknown"] else ""
        return words["some_wrong"].format(about=about, rest=rest, **counts)
    return words["some_unknown" if counts["unknown"] else "all_hold"].format(about=about, **counts)


def statements(kinds: Iterable[str], words: Words) -> str:
    """Sum the statements of a survey or a document up in a sentence."""
    verdicts = list(kinds)
    return sentence(verdicts, words["statements_about"].format(total=len(verdicts)), words)


def headline(analysis: SuiteAnalysis, lang: str = "en") -> str:
    """Return the result of a suite in a sentence."""
    if is_observation(analysis.record):
        return _observed(analysis, lang)
    words, total = words_of(lang), len(analysis.verdicts)
    experiments = {trial.history.record.experiment for trial in analysis.trials}
    faults = sum(len(analysis.record.experiment(name).faults) or 1 for name in experiments)
    kinds = [verdict.verdict for verdict in analysis.verdicts]
    if kinds == ["holds"] and faults == 1:
        return words["one_holds"]
    expectations = words["single-expectation" if total == 1 else "several-expectations"]
    hits = words["single-fault" if faults == 1 else "several-faults"]
    about = words["about"].format(
        expectations=expectations.format(count=total), faults=hits.format(count=faults)
    )
    return sentence(kinds, about, words)


def worst_sentence(analysis: SuiteAnalysis, lang: str) -> str:
    """Return the longest interruption of a client in a sentence; "" where none was measured."""
    if is_observation(analysis.record):
        return ""  # it is in the headline
    words, table = words_of(lang), analysis.tables["recovery"]
    requests = (
        table[table["probe"].isin(("read", "write")) & (table["n"] > 0)] if len(table) else table
    )
    if requests.empty:
        return ""
    named = requests.assign(subject=subjects(requests, analysis.record))
    row = named.sort_values(["outage_max_lower_s", "outage_max_upper_s"]).iloc[-1]
    _, several, injection = row["subject"].partition("/")
    title = analysis.record.experiment(row["experiment"]).title.in_language(lang)
    lower, upper = row["outage_max_lower_s"], row["outage_max_upper_s"]
    if upper == 0:
        return words["no_interruption"]
    failed = words["failed_open" if math.isinf(upper) else "failed_for"].format(
        bracket=outage(lower, upper, words), lower=seconds(lower)
    )
    return words["worst"].format(
        probe=words[f"{row['probe']}s"],
        connection=words.get(row["connection"], row["connection"]),
        failed=failed,
        title=f"{title}{words['colon']}{injection}" if several else title,
    )


def _observed(analysis: SuiteAnalysis, lang: str) -> str:
    """Return in a sentence how available an endpoint was."""
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
        bracket=outage(longest["outage_lower_s"], longest["outage_upper_s"], words),
    )
