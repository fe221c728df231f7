"""From the histories of a proof to its figures and verdicts. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from reports.analysis import proof_steps
from reports.analysis.consistency import Check, check
from reports.analysis.figures import Figure, exact, unknown
from reports.analysis.trial_consistency import differing
from reports.analysis.verdict import Verdict
from reports.history.operations import frame_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.consistency import Violation
    from reports.analysis.verdict import Kind
    from reports.history.final import FinalState
    from reports.history.proof import ProofHistory, ProofRecord

REJOIN_BOUND_S = 30.0


@dataclass(frozen=True)
class Demand:
    """What a proof must show: the figure, and the value that it must have or may have at most."""

    id: str
    figure: str
    value: float
    at_most: bool = False

    def judge(self, figure: Figure) -> Kind:
        """Judge a figure: what was not measured, or lies on both sides, is unknown."""
        if figure.unknown:
            return "unknown"
        if self.at_most:
            if figure.upper <= self.value:
                return "holds"
            return "violated" if figure.lower > self.value else "unknown"
        return "holds" if figure.lower == figure.upper == self.value else "violated"


ALWAYS = (
    Demand("nothing-lost", "lost", 0),
    Demand("no-read-goes-back", "stale", 0),
    Demand("members-agree", "differing", 0),
    Demand("last-write-everywhere", "last_write", 1),
    Demand("all-rejoin", "rejoined_s", REJOIN_BOUND_S, at_most=True),
)
AFTER_A_REPLACEMENT = (Demand("tolerates-a-loss-again", "tolerates_again", 1),)
IN_THE_UNSAFE_ORDER = (
    Demand("refused-when-strict", "refused_when_strict", 1),
    Demand("accepted-when-not", "accepted_when_not", 1),
    Demand("writes-stop-until-the-new-member-is-there", "writes_stopped", 1),
)


@dataclass(frozen=True)
class ProofAnalysis:
    """A proof, judged. `checks`: of each trial, None where it has no end."""

    record: ProofRecord
    trials: list[ProofHistory]
    checks: list[Check | None]
    figures: dict[str, Figure]
    verdicts: list[Verdict]
    tables: dict[str, pd.DataFrame]


def analyse_proof(record: ProofRecord, trials: Sequence[ProofHistory]) -> ProofAnalysis:
    """Judge a proof from what was observed."""
    checks = [
        check(frame_of(one.operations), one.final.versions) if one.final else None for one in trials
    ]
    each = [_figures(record, trial, found) for trial, found in zip(trials, checks, strict=True)]
    names = each[0] if each else [demand.figure for demand in _all_demands()]
    figures = {name: _over_trials(name, [one[name] for one in each]) for name in names}
    demands = [
        demand
        for demand in (*ALWAYS, *AFTER_A_REPLACEMENT, *IN_THE_UNSAFE_ORDER)
        if demand in ALWAYS or _is_asked(demand, record)
    ]
    verdicts = [_verdict(record, demand, figures[demand.figure]) for demand in demands]
    tables = {"figures": _figures_table(figures), "violations": _violations_table(checks)}
    return ProofAnalysis(record, list(trials), checks, figures, verdicts, tables)


def _is_asked(demand: Demand, record: ProofRecord) -> bool:
    replaced = [step for step in record.steps if step.startswith("replace ")]
    if demand in AFTER_A_REPLACEMENT:
        return bool(replaced)
    return any("(add-first)" in step for step in replaced)


def _verdict(record: ProofRecord, demand: Demand, figure: Figure) -> Verdict:
    note = figure.unknown or f"{demand.figure} {_shown(figure)}: {figure.evidence}"
    return Verdict(demand.id, record.name, demand.judge(figure), note)


def _shown(figure: Figure) -> str:
    if figure.lower == figure.upper:
        return f"{figure.lower:g}"
    if math.isinf(figure.upper):
        return f"at least {figure.lower:.2f}"
    return f"[{figure.lower:.2f}, {figure.upper:.2f}]"


def _figures(record: ProofRecord, trial: ProofHistory, found: Check | None) -> dict[str, Figure]:
    figures = {
        **_safety(trial, found),
        "rejoined_s": proof_steps.rejoined_s(trial),
        "served_during": proof_steps.served_during(trial),
        "tolerates_again": proof_steps.tolerates_again(trial, record.bound_s),
        "refused_when_strict": proof_steps.added_first(trial, strict=True),
        "accepted_when_not": proof_steps.added_first(trial, strict=False),
        "writes_stopped": proof_steps.writes_stopped(trial, record.bound_s),
    }
    if reason := trial.record.unknown_reason:
        # what is wrong stays wrong; what looks right was not put to the test that was meant
        bad = {demand.figure for demand in _all_demands() if _is_bad(demand, figures)}
        # unless it may only look wrong, for what was done is not all there any more
        kept = set() if trial.damage else {*bad, "acknowledged", "rejoined_s"}
        figures = {n: one if n in kept else unknown(reason) for n, one in figures.items()}
    return figures


def _all_demands() -> tuple[Demand, ...]:
    return (*ALWAYS, *AFTER_A_REPLACEMENT, *IN_THE_UNSAFE_ORDER)


def _is_bad(demand: Demand, figures: dict[str, Figure]) -> bool:
    return demand.judge(figures[demand.figure]) == "violated"


def _safety(trial: ProofHistory, found: Check | None) -> dict[str, Figure]:
    """Return the figures that every proof ends with."""
    names = ("acknowledged", "lost", "stale", "differing", "last_write")
    if found is None or trial.final is None:
        reason = trial.record.unknown_reason or "the trial did not come to its end"
        return dict.fromkeys(names, unknown(reason))
    complete = bool(trial.all_of("clients_end"))
    doubt = found.unknown or ("" if complete else "not every operation was recorded")
    seen = f"{found.acknowledged} acknowledged writes and {found.reads} reads"
    later = f"{found.unanswered} unanswered writes, {found.seen_later} of which happened"
    return {
        "acknowledged": exact(found.acknowledged, f"{later}; {found.reads} reads"),
        "lost": _count(found.lost, found.counts["lost"], seen, doubt),
        "stale": _count(
            found.stale, sum(found.counts.values()) - found.counts["lost"], seen, doubt
        ),
        "differing": _differing(trial.final),
        "last_write": _last_write(trial.final),
    }


def _count(shown: list[Violation], count: int, seen: str, doubt: str) -> Figure:
    if shown:
        return exact(count, f"of {seen}; the first: {shown[0].note}")
    return unknown(doubt) if doubt else exact(0, f"of {seen}")


def _differing(final: FinalState) -> Figure:
    others, evidence = differing(final)
    return exact(len(others), evidence)


def _last_write(final: FinalState) -> Figure:
    failed = [f"{name}: {one.last_write}" for name, one in final.members.items() if one.last_write]
    evidence = "; ".join(failed) or f"acknowledged through {', '.join(final.members)}"
    return exact(not failed, evidence)


# Of several trials the one that counts: for these the least, for the others the most.
LEAST = frozenset(
    {
        *("acknowledged", "served_during", "last_write", "tolerates_again"),
        *("refused_when_strict", "accepted_when_not", "writes_stopped"),
    }
)


def _over_trials(name: str, figures: Sequence[Figure]) -> Figure:
    """Return the worst; one that is unknown hides no failure, and is hidden by no success."""
    if not figures:
        return unknown("no trial was run")
    known = [one for one in figures if not one.unknown]
    bad = [
        one
        for one in known
        if any(_is_bad(d, {name: one}) for d in _all_demands() if d.figure == name)
    ]
    if len(known) < len(figures) and not bad:
        return next(one for one in figures if one.unknown)
    choose = min if name in LEAST else max
    return choose(bad or known, key=lambda one: (one.upper, one.lower))


def _figures_table(figures: dict[str, Figure]) -> pd.DataFrame:
    rows = [
        (name, one.lower, one.upper, one.evidence, one.unknown) for name, one in figures.items()
    ]
    return pd.DataFrame(rows, columns=["figure", "lower", "upper", "evidence", "unknown"])


def _violations_table(checks: Sequence[Check | None]) -> pd.DataFrame:
    rows = [
        (trial, one.rule, one.note, " | ".join(map(str, one.operations)))
        for trial, found in enumerate(checks)
        for one in (found.violations if found else [])
    ]
    return pd.DataFrame(rows, columns=["trial", "rule", "note", "operations"])
