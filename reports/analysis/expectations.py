"""From what an experiment expects to the verdicts of one trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.metrics import METRICS
from reports.analysis.operation_metrics import operation_figure
from reports.analysis.series_metrics import series_figure
from reports.analysis.windows import window_of
from reports.bracket import SIGNS, Bracket
from reports.history.schema import STATES
from reports.locale.message import Message, message
from reports.verdict import Verdict

if TYPE_CHECKING:
    from reports.analysis.evidence import Evidence
    from reports.history.schema import Expectation


def judge_trial(evidence: Evidence) -> list[Verdict]:
    """Judge every expectation of a trial's experiment."""
    experiment = evidence.trial.experiment
    return [_judge(evidence, experiment.id, expectation) for expectation in experiment.expect]


def _judge(evidence: Evidence, experiment: str, expectation: Expectation) -> Verdict:
    metric = METRICS.get(expectation.metric)
    if metric is None:
        note = message("no-metric", metric=expectation.metric)
        return Verdict(expectation.id, experiment, "unknown", note, expectation.note)
    window, title = window_of(evidence.trial, expectation), metric.title
    if metric.needs == "series":
        figure = series_figure(evidence, expectation)
        title = (expectation.probe in STATES and metric.state_title) or title
    else:
        figure = operation_figure(expectation.metric, evidence, window, [expectation])
    note = message(
        "expectation-measured",
        title=Message(title),
        measured=str(figure.bracket),
        sign=SIGNS[expectation.op],
        value=expectation.value,
        evidence=figure.evidence,
    )
    verdict = figure.judge(expectation.op, Bracket.exact(expectation.value))
    doubt = evidence.doubt_of(window)
    if verdict == "holds" and doubt and metric.needs == "operations":
        verdict, note = "unknown", message("but-doubted", note=note, doubt=doubt)
    return Verdict(expectation.id, experiment, verdict, figure.unknown or note, expectation.note)
