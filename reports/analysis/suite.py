"""From the histories of a suite to its verdicts, figures and tables: computed once, here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis.attribution import injection_table
from reports.analysis.balancer_remarks import not_served_again, short_holds
from reports.analysis.consistency_tables import consistency_tables
from reports.analysis.english import in_english
from reports.analysis.evidence import evidence_of, latest_s
from reports.analysis.expectations import judge_trial
from reports.analysis.fault_grades import fault_grades
from reports.analysis.figures import suite_figures
from reports.analysis.grade_tables import cost_table, grade_table, trial_cost_table
from reports.analysis.injection_costs import injection_costs
from reports.analysis.losses import losses
from reports.analysis.machine_remarks import processors_scarce
from reports.analysis.outages import mark_good
from reports.analysis.recovery import recovery_tables
from reports.analysis.stages import stage_table, stages_of, story
from reports.analysis.watches import watch_table
from reports.analysis.windows import during, whole
from reports.history.schema import STATES
from reports.verdict import over_trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.consistency.check import ConsistencyCheck
    from reports.analysis.evidence import Evidence
    from reports.analysis.fault_grades import FaultGrade
    from reports.analysis.stages import Stage
    from reports.bracket import Figure
    from reports.history.schema import SuiteRecord
    from reports.history.trial import TrialHistory
    from reports.locale.message import Message
    from reports.verdict import Verdict


@dataclass(frozen=True)
class TrialAnalysis:
    """One trial, judged. `history`: its samples are marked good or bad.

    `not_measured`: why it as a whole proves nothing, None when it does; `not_recovered`: why its
    end does not. `served_by`: by injection the share of the good requests that each master served
    while it was in. `latest_s`: by how much the latest probe was late. `check`: of its operations,
    None where it has none. `remarks`: what it did not show of a balancer. `scarce`: what the
    machine had too little of.
    """

    history: TrialHistory
    not_measured: Message | None
    not_recovered: Message | None
    verdicts: list[Verdict]
    stages: list[Stage]
    served_by: dict[str, list[tuple[str, float]]]
    latest_s: float
    check: ConsistencyCheck | None
    remarks: list[Message]
    scarce: list[Message]

    @property
    def doubt(self) -> Message | None:
        """Why it does not prove all that it was to, None when it does."""
        return self.not_measured or self.not_recovered


@dataclass(frozen=True)
class SuiteAnalysis:
    """A run, judged. `verdicts`: over all trials; `grades`: of each fault, as the experiments are
    ordered; `figures`, `tables`: by name, tables in English.

    Tables: outages, degraded, trials, worst, recovery, grades, costs, trial_costs, stages, figures,
    losses, watches, injections; consistency and violations where there were operations.
    """

    record: SuiteRecord
    trials: list[TrialAnalysis]
    verdicts: list[Verdict]
    grades: list[FaultGrade]
    figures: dict[str, Figure]
    tables: dict[str, pd.DataFrame]


def analyse_suite(record: SuiteRecord, histories: Sequence[TrialHistory]) -> SuiteAnalysis:
    """Compute every verdict, figure and table of a run. Its arguments stay unchanged."""
    evidence = [
        evidence_of(replace(history, samples=mark_good(history.samples, record.deadline_s)))
        for history in histories
    ]
    marked = [of_trial.trial for of_trial in evidence]
    stages = [stages_of(trial) for trial in marked]
    trials = [
        _analysed(of_trial, story(of_effects))
        for of_trial, of_effects in zip(evidence, stages, strict=True)
    ]
    verdicts = over_trials([verdict for trial in trials for verdict in trial.verdicts])
    tables = recovery_tables(record, evidence)
    costs = injection_costs(evidence)
    grades = fault_grades(costs)
    figures = suite_figures(record, evidence, verdicts, grades, tables)
    tables |= {
        "grades": grade_table(grades),
        "costs": cost_table(grades),
        "trial_costs": trial_cost_table(costs),
        "stages": stage_table(list(zip(marked, stages, strict=True))),
        "figures": figure_table(figures),
        "losses": losses(marked),
        "watches": watch_table(marked),
        "injections": injection_table(marked),
        **consistency_tables(evidence),
    }
    english = {name: in_english(table) for name, table in tables.items()}
    return SuiteAnalysis(record, trials, verdicts, grades, figures, english)


def _analysed(evidence: Evidence, stages: list[Stage]) -> TrialAnalysis:
    trial, of_whole = evidence.trial, whole(evidence.trial)
    return TrialAnalysis(
        history=trial,
        not_measured=evidence.not_measured or of_whole.not_measured,
        not_recovered=evidence.not_recovered or of_whole.not_recovered,
        verdicts=judge_trial(evidence),
        stages=stages,
        served_by=served_by(trial),
        latest_s=latest_s(trial.samples),
        check=evidence.check,
        remarks=[*short_holds(trial), *not_served_again(trial)],
        scarce=processors_scarce(trial),
    )


def served_by(trial: TrialHistory) -> dict[str, list[tuple[str, float]]]:
    """Return, by confirmed injection, the share of the good requests that each master served."""
    requests = trial.samples["good"] & ~trial.samples["probe"].isin(STATES)
    good = trial.samples.loc[requests, ["started_s", "master"]]
    shares = {}
    for span in trial.injections:
        if not during(span).not_measured:
            # as texts: a category is counted where it does not occur, too
            masters = during(span).of(good)["master"].astype(str)
            counted = masters.value_counts(normalize=True).sort_index()
            shares[span.id] = [(str(master), float(value)) for master, value in counted.items()]
    return shares


def figure_table(figures: Mapping[str, Figure]) -> pd.DataFrame:
    """Return one row a figure."""
    rows = [
        (name, figure.bracket.lower, figure.bracket.upper, figure.evidence, figure.unknown or "")
        for name, figure in figures.items()
    ]
    return pd.DataFrame(rows, columns=["figure", "lower", "upper", "evidence", "unknown"])
