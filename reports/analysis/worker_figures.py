"""The figures of an experiment about the workers that an injection has reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.analysis.grades import is_down
from reports.analysis.statistics import median_interval
from reports.bracket import Bracket, Figure, exact, unknown
from reports.grade import DOWN_S
from reports.history.schema import NODE_READY
from reports.locale.message import message
from reports.verdict import MEDIAN_TRIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from reports.history.injections import InjectionSpan
    from reports.history.schema import ExperimentRecord
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message

Named = tuple[str, Figure]


def down_figures(
    trials: Sequence[TrialHistory],
    spans: Callable[[TrialHistory], Sequence[InjectionSpan]],
    series: tuple[str, str],
    about: Message,
) -> Iterator[Named]:
    """Count the workers whose requests of a kind were down while an injection was in.

    Down as a grade is (grades.is_down): a single stray request takes no worker down, and a single
    good one does not hide that it was. Of at least one trial; the most and the fewest of them.
    """
    down = [_down_in(trial, spans(trial), series) for trial in trials]
    for name, workers in (("most", max(down, key=len)), ("fewest", min(down, key=len))):
        key = "workers-down" if workers else "no-worker-down"
        evidence = message(key, about=about, workers=", ".join(sorted(workers)))
        yield f"{name}_workers_down", exact(len(workers), evidence)


def _down_in(
    trial: TrialHistory, spans: Sequence[InjectionSpan], series: tuple[str, str]
) -> set[str]:
    samples = trial.samples
    kind = (samples["probe"] == series[0]) & (samples["connection"] == series[1])
    own = samples.loc[kind, ["worker", "started_s", "good"]]
    return {
        str(worker)
        for span in spans
        if not span.not_measured
        for worker, part in _held(own, span).groupby("worker", observed=True)
        if is_down(part["started_s"].to_numpy(float), part["good"].to_numpy(bool))
    }


def _held(samples: pd.DataFrame, span: InjectionSpan) -> pd.DataFrame:
    """Return what began while an injection was in."""
    return samples[samples["started_s"].between(span.confirmed_s, span.heal_begin_s)]


def median_share(rows: pd.DataFrame, about: Message) -> Figure:
    """Return the 95 % interval of the median over trials of the share of good requests.

    `rows`: as in the table of trials; the worst worker and injection stands for its trial.
    """
    shares = rows.groupby("trial")["good_share_during"].min()
    if shares.isna().any():
        return unknown(message("share-not-measured", about=about))
    interval = median_interval(shares)
    if interval is None:
        return unknown(
            message("median-needs-trials", about=about, needed=MEDIAN_TRIALS, count=len(shares))
        )
    bracket = Bracket(*interval)
    evidence = message("median-share", about=about, value=bracket.text(".1%"))
    return Figure(bracket, evidence, trials=len(shares))


def node_figures(experiment: ExperimentRecord, trials: Sequence[TrialHistory]) -> Iterator[Named]:
    """Count the nodes that were not Ready for DOWN_S or longer since the first injection.

    The most of any trial; and of them those that no fault was done to. That nobody answers for a
    moment hides no such node, and makes none.
    """
    if not trials or all(series.probe != NODE_READY for series in experiment.series):
        return
    away: list[set[str]] = []
    others: list[set[str]] = []
    unseen = None
    for trial in trials:
        states = {node: _away(own) for node, own in _node_states(trial)}
        unseen = unseen or next((node for node, state in states.items() if state is None), None)
        away.append({node for node, state in states.items() if state})
        others.append(away[-1] - {node for span in trial.injections for node in span.nodes_hit})
    for name, of_trials in (("nodes_not_ready", away), ("others_not_ready", others)):
        nodes = max(of_trials, key=len)
        evidence = message("nodes-not-ready", nodes=", ".join(sorted(nodes)))
        figure = exact(len(nodes), evidence if nodes else message("all-nodes-ready"))
        yield name, unknown(message("node-unseen", node=unseen)) if unseen else figure


def _node_states(trial: TrialHistory) -> Iterator[tuple[str, pd.DataFrame]]:
    samples = trial.samples
    since = samples["started_s"] >= (trial.begin_s or 0.0)
    own = samples.loc[since & (samples["probe"] == NODE_READY)]
    yield from ((str(node), part) for node, part in own.groupby("worker", observed=True))


def _away(states: pd.DataFrame) -> bool | None:
    """Whether a node was not Ready for DOWN_S; None where nobody answered for as long."""
    good, started_s = states["good"].to_numpy(bool), states["started_s"].to_numpy(float)
    failed = (states["outcome"] == "fail").to_numpy(bool)
    found: bool | None = False
    run = np.cumsum(np.diff(good, prepend=good[:1]) != 0)
    for number in np.unique(run[~good]):
        inside = run == number
        if np.ptp(started_s[inside]) >= DOWN_S:
            if failed[inside].any():
                return True
            found = None
    return found
