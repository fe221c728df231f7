"""What 86b0290 said of the saved runs and was wrong: its expectations, made right.

README.md has the list, with the reasons.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reports.analysis.outages import mark_good
from reports.history.reader import read_suite
from reports.history.run_json import read_header

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Figures = dict[str, list[Any]]
Row = dict[str, Any]
# (experiment, probe, connection) -> worker -> share; an experiment has one trial and injection
Shares = dict[tuple[str, str, str], dict[str, float]]
LENGTHS = ("longest_gap", "degraded", "first_success", "all_good", "all_good_after_heal")
SHARES = {"good_share": "good_share_degraded", "hold_good_share": "good_share_during"}
LEASES = ("lease-kube-controller-manager", "lease-kube-scheduler")
# experiment -> states that nobody answered for
UNANSWERED = {"kill-etcd-leader": (*LEASES, "node-ready"), "kill-the-only-master": LEASES}
# PROBE.CONNECTION.METRIC, after the experiment
SERIES_PARTS = 3
INTERRUPTED = "hang-master"
NOTHING_BROKEN = "probe"
MASTERS_DURING = {"kill-frontend": 0.0, "kill-the-only-master": 0.0}
# its last probe was bad -> the seconds from the heal to that
LAST_BAD = {("kill-leading-scheduler", "readyz", "new"): 3.728699600000027}


def during_shares(directory: Path) -> Shares:
    """Compute the share of good samples from the confirmation to the heal, for a suite."""
    shares: Shares = {}
    if read_header(directory).kind != "suite":
        return shares
    record, trials, _ = read_suite(directory)
    for trial in trials:
        samples = mark_good(trial.samples, record.deadline_s)
        for span in trial.injections:
            held = samples[samples["started_s"].between(span.confirmed_s, span.heal_begin_s)]
            for series, good in held.groupby(["probe", "connection", "worker"], observed=True):
                probe, connection, worker = map(str, series)
                by_worker = shares.setdefault((trial.experiment.id, probe, connection), {})
                by_worker[worker] = float(good["good"].mean())
    return shares


def changed_figures(figures: Mapping[str, list[Any]], shares: Shares) -> Figures:
    """Return figures as they are right: name -> lower and upper end, whether it is unknown."""
    changed = dict(_changed_figure(name, values, shares) for name, values in figures.items())
    if any(name.partition(".")[0] == NOTHING_BROKEN for name in figures):
        changed["lab.balancer_nodes"] = [None, None, True]  # an endpoint has no lab that we know
    return changed


def _changed_figure(name: str, values: list[Any], shares: Shares) -> tuple[str, list[Any]]:
    experiment, *middle = name.split(".")
    if middle == ["masters_during"] and experiment in MASTERS_DURING:
        return name, [MASTERS_DURING[experiment], MASTERS_DURING[experiment], False]
    if len(middle) != SERIES_PARTS:
        return name, values
    probe, connection, metric = middle
    series = experiment, probe, connection
    is_unknown = values[2] or probe in UNANSWERED.get(experiment, ())
    if experiment == NOTHING_BROKEN:
        is_unknown = is_unknown or metric in ("hold_good_share", "all_good_after_heal_s")
    if is_unknown:
        values = [None, None, True]
    elif metric == "hold_good_share":
        values = [min(shares[series].values())] * 2 + [False]
    elif series in LAST_BAD and metric in ("degraded_s", "all_good_after_heal_s"):
        values = [values[0] if metric == "degraded_s" else LAST_BAD[series], math.inf, False]
    return ".".join([*series, SHARES.get(metric, metric)]), values


def changed_row(row: Row, shares: Shares) -> Row:
    """Return a row of the tables of trials and recoveries as it is right."""
    series = row["experiment"], row["probe"], row["connection"]
    right = dict(row)
    for column in row:
        for name in LENGTHS:
            if column in (f"{name}_s", f"{name}_median_s", f"{name}_max_s"):
                stem = column.removesuffix("_s")
                ends = _ends(name, right.pop(column), row)
                right |= {f"{stem}_lower_s": ends[0], f"{stem}_upper_s": ends[1]}
        for old, new in SHARES.items():
            if column in (old, f"{old}_median"):
                right[column.replace(old, new)] = right.pop(column)
    of_workers = shares.get(series, {})
    if "worker" in row:
        right["good_share_during"] = of_workers.get(row["worker"])
    else:
        right["good_share_during_median"] = min(of_workers.values(), default=None)
    if "worker" in row and row["experiment"] == INTERRUPTED:
        right["outage_upper_s"] = math.inf
    if "n" in row and (
        row["experiment"] == INTERRUPTED or row["probe"] in UNANSWERED.get(row["experiment"], ())
    ):
        numbers = {name for name, value in right.items() if not isinstance(value, str)}
        right |= dict.fromkeys(numbers) | {"n": 0, "censored": 0}
    return right


def _ends(name: str, then_s: float | None, row: Row) -> tuple[float | None, float | None]:
    """Return both ends of a length that was a single number."""
    series = row["experiment"], row["probe"], row["connection"]
    first_error_s = row.get("first_error_s", row.get("first_error_median_s"))
    after_heal = name == "all_good_after_heal"
    if after_heal and row["experiment"] == NOTHING_BROKEN:
        return None, None
    if after_heal and row["experiment"] == INTERRUPTED:
        return 0.0, math.inf
    if name.startswith("all_good") and first_error_s is None:
        then_s = 0.0  # none was bad
    if series in LAST_BAD and first_error_s is not None:
        # the only bad one of it
        lower_s = {"all_good": first_error_s, "first_success": first_error_s}.get(name, then_s)
        return (LAST_BAD[series] if after_heal else lower_s), math.inf
    is_open = row["experiment"] == INTERRUPTED and name != "first_success"
    return then_s, math.inf if is_open else then_s
