"""Operations in a report: how they were sent, what they showed, what they must show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.analysis.suite import SuiteAnalysis
    from reports.bracket import Figure
    from reports.history.schema import Expectation, SuiteRecord
    from reports.locale.catalogue import Words
    from reports.locale.message import Message

# Figures of operations, and those of them that are 1 when it was so and 0 when not.
NUMBERS = (
    *("acknowledged", "lost_writes", "stale_reads", "watch_disorder", "differing_members"),
    *("rejoined_s", "served_during"),
)
TRUTHS = (
    *("last_writes", "served_writes", "refused_when_strict", "accepted_when_lenient"),
    "writes_stopped",
)


def methods(record: SuiteRecord, words: Words) -> list[str]:
    """Return how the operations of a suite were sent, and what its losses of power were."""
    texts = []
    for experiment in record.experiments:
        if sent := experiment.operations:
            numbers = {
                name: f"{getattr(sent, name):g}" for name in ("keys", "rate_hz", "timeout_s")
            }
            sentence = words[f"operations_of_{sent.store}"].format(**numbers)
            texts.append(f"{sentence} {words['operations_method']}")
            if any(step.fault == "power-off" for step in experiment.steps):
                texts.append(words["real" if experiment.lab.get("disk") == "ext4" else "crash"])
    return list(dict.fromkeys(texts))


def figure_rows(analysis: SuiteAnalysis, words: Words) -> list[tuple[str, str, str, Message]]:
    """Return experiment, name, value and evidence of each figure that was measured."""
    rows = []
    for experiment in (
        experiment.id for experiment in analysis.record.experiments if experiment.operations
    ):
        for name in (*NUMBERS, *TRUTHS):
            figure = analysis.figures.get(f"{experiment}.{name}")
            if figure and not figure.unknown:
                rows.append((experiment, words[name], _value(name, figure, words), figure.evidence))
    return rows


def _value(name: str, figure: Figure, words: Words) -> str:
    if name in TRUTHS:
        return words["yes" if figure.bracket.lower == 1 else "no"]
    return figure.bracket.text()


def demand(expectation: Expectation, words: Words) -> str:
    """Return what an expectation about operations demands; "" for one about requests."""
    key = f"demand_{expectation.metric}"
    if expectation.metric == "served_writes" and expectation.op == "at_most":
        key = "demand_unserved_writes"
    text = words.get(key, "")
    return text.format(value=f"{expectation.value:g}", during=expectation.during)
