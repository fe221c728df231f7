"""Writes the report of a suite's run: a page, Markdown, and what other programs read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from reports.analysis.evidence import latest_s
from reports.analysis.losses import losses
from reports.analysis.verdict import FEW_TRIALS
from reports.history.schema import STATES
from reports.render.common_words import COMMON_WORDS
from reports.render.distribution import distribution
from reports.render.environment import write_pages
from reports.render.machine import junit_of, metrics, write_tables
from reports.render.observed import is_observation
from reports.render.suite_words import STAGE_NAMES_ZH, SUITE_WORDS
from reports.render.tables import (
    RECOVERY_COLUMNS,
    STATE_COLUMNS,
    cost_rows,
    headline,
    recovery_texts,
    state_texts,
    worst_kind,
    worst_sentence,
)
from reports.render.timeline import HEIGHTS, lettered_stages, timeline
from reports.render.zoom import script_json, zoom_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from reports.analysis import Analysis
    from reports.history.reader import TrialHistory

PAGES = {"index.html": "report.html.j2", "report.md": "report.md.j2"}
# A page is to open quickly and to fit into a mail: what its pictures may take of it.
PICTURES_BYTES = 2_000_000
MOST_LOSSES = 20
ZOOM_WORDS = {
    **{name: name for name in ("zoom_in", "zoom_out", "earlier", "later", "everything")},
    **{kind: f"legend_{kind}" for kind in HEIGHTS},
}
# Tables that some runs have, and that the page shows as they are.
FURTHER = ("consistency", "violations")


def served_by(trial: TrialHistory) -> list[tuple[str, float]]:
    """Return the share of the good requests during the fault that each master served."""
    since_s, until_s = trial.time_of("effect_confirmed"), trial.time_of("heal_begin")
    if since_s is None or until_s is None:
        return []
    samples = trial.samples[~trial.samples["probe"].isin(STATES)]
    held = samples[samples["good"] & samples["started_s"].between(since_s, until_s)]
    # as texts: a category is counted where it does not occur, too
    shares = held["master"].astype(str).value_counts(normalize=True).sort_index()
    return [(str(master), float(value)) for master, value in shares.items()]


def _trial_context(analysis: Analysis, place: int) -> dict[str, Any]:
    trial = analysis.trials[place]
    cpu = [event for event in trial.events if event["kind"] == "probe_cpu"]
    return {
        "record": trial.record,
        "verdict": worst_kind([one.verdict for one in analysis.by_trial[place]]),
        "verdicts": analysis.by_trial[place],
        "timeline": None,
        "zoom": "",
        "stages": lettered_stages(trial),
        "served_by": served_by(trial),
        "requests": int((~trial.samples["probe"].isin(STATES)).sum()),
        "late_ms": latest_s(trial.samples) * 1000,
        "prober_cores": sum(event["cores"] for event in cpu),
    }


def _trials(analysis: Analysis) -> list[dict[str, Any]]:
    """Return what the page says of each trial; those that tell most are drawn first."""
    contexts = [_trial_context(analysis, place) for place in range(len(analysis.trials))]
    interest = {"violated": 0, "unknown": 1, "holds": 2}
    seen: Counter[str] = Counter()
    order = []
    for place, one in enumerate(contexts):
        seen[one["record"].experiment] += 1
        again = seen[one["record"].experiment] > 1
        order.append((again, interest[one["verdict"]], place))
    left = PICTURES_BYTES
    for _, _, place in sorted(order):
        drawn = timeline(analysis.trials[place])
        if drawn is None:
            continue
        zoom = zoom_data(analysis.trials[place], drawn)
        paths = sum(len(path) for lane in drawn.lanes for path in lane.paths.values())
        size = len(zoom) + paths + sum(len(path) for _, _, path in drawn.served) + 6000
        contexts[place]["left_out"] = size > left
        if size <= left:
            left -= size
            contexts[place] |= {"timeline": drawn, "zoom": zoom}
    return contexts


def fewest_trials(analysis: Analysis) -> int:
    """Return the number of trials of the experiment that has the fewest."""
    counts = Counter(trial.record.experiment for trial in analysis.trials)
    return min(counts.values(), default=0)


def _loss_texts(table: pd.DataFrame, words: dict[str, str]) -> list[str]:
    """Say where probes are missing, the largest holes first."""
    ordered = table.sort_values("lost", ascending=False, kind="stable")
    texts = [
        words["lost_samples"].format(
            lost=row["lost"],
            trial=row["trial"],
            worker=row["worker"],
            from_s=f"{row['from_s']:.1f}",
            to_s=f"{row['to_s']:.1f}",
            probe=words.get(str(row["probe"]), row["probe"]),
            connection=words.get(str(row["connection"]), row["connection"]),
        )
        for row in ordered.head(MOST_LOSSES).to_dict("records")
    ]
    if (more := len(table) - MOST_LOSSES) > 0:
        texts.append(words["more_missing"].format(count=more))
    return texts


def write_report(
    directory: Path, analysis: Analysis, lang: str = "en", missing: Sequence[str] = ()
) -> Path:
    """Write report/ of a run directory; return the path of its page.

    `missing`: what of the directory could not be read.
    """
    report = directory / "report"
    words = COMMON_WORDS[lang] | SUITE_WORDS[lang]
    lost = losses(analysis.run, analysis.trials)
    write_tables({**analysis.tables, "losses": lost}, report / "tables")
    (report / "junit.xml").write_bytes(junit_of(analysis.run.name, analysis.verdicts))
    (report / "metrics.txt").write_bytes(metrics(analysis))
    kinds = Counter(one.verdict for one in analysis.verdicts)
    titles = {one.record.experiment: one.record.title for one in analysis.trials}
    trials = _trials(analysis)
    context = {
        "run": analysis.run,
        "record": analysis.run,
        "words": words,
        "lang": lang,
        "headline": headline(analysis, lang),
        "worst": worst_sentence(analysis, lang),
        "counts": {kind: kinds[kind] for kind in ("holds", "violated", "unknown")},
        "overall": worst_kind(kinds),
        "missing": [*missing, *_loss_texts(lost, words)],
        "few": 0 < fewest_trials(analysis) < FEW_TRIALS and not is_observation(analysis),
        "verdicts": analysis.verdicts,
        "costs": cost_rows(analysis, words),
        "columns": RECOVERY_COLUMNS,
        "recovery": recovery_texts(analysis),
        "state_columns": STATE_COLUMNS,
        "states": state_texts(analysis),
        "outages": distribution(analysis.tables["trials"], titles),
        "further": {
            name: analysis.tables[name].head(200)
            for name in FURTHER
            if name in analysis.tables and len(analysis.tables[name])
        },
        "trials": trials,
        "several": Counter(one.record.experiment for one in analysis.trials),
        "heights": HEIGHTS,
        "zoom_words": script_json({name: words[key] for name, key in ZOOM_WORDS.items()}),
        "stage_names": STAGE_NAMES_ZH if lang == "zh" else {},
    }
    write_pages(report, PAGES, context)
    return report / "index.html"
