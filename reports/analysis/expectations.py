"""From what an experiment expects to the verdicts of one trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.analysis.metrics import METRICS
from reports.analysis.operation_metrics import operation_figure
from reports.analysis.series_metrics import series_figure
from reports.analysis.windows import window_of
from reports.bracket import SIGNS, Bracket
from reports.history.schema import STATES
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
        note = f"there is no metric {expectation.metric}"
        return Verdict(expectation.id, experiment, "unknown", note, expectation.note)
    doubt, title = evidence.doubt, metric.title
    if metric.needs == "series":
        figure = series_figure(evidence, expectation)
        title = (expectation.probe in STATES and metric.state_title) or title
    else:
        window = window_of(evidence.trial, expectation)
        doubt = doubt or window.doubt
        figure = operation_figure(expectation.metric, evidence, window, [expectation])
    wanted = f"{SIGNS[expectation.op]} {expectation.value:g}"
    note = f"{title}: {figure.bracket}, expected {wanted}; {figure.evidence}"
    kind = figure.judge(expectation.op, Bracket.exact(expectation.value))
    if kind == "holds" and doubt:
        kind, note = "unknown", f"{note}; but {doubt}"
    return Verdict(expectation.id, experiment, kind, figure.unknown or note, expectation.note)
