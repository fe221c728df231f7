"""The trials on the page of a suite, and which of them it has room to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.events import ProbeCpu
from reports.history.schema import STATES
from reports.locale.catalogue import words_of
from reports.render.steps import step_rows
from reports.render.tables import outage_texts
from reports.render.timeline import letter_of, timeline
from reports.render.zoom import zoom_data
from reports.verdict import VERDICT_VALUES, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.analysis.suite import SuiteAnalysis, TrialAnalysis

# A page must open quickly and fit into a mail: the size of all its pictures together.
PICTURES_BYTES = 2_000_000


def trial_contexts(analysis: SuiteAnalysis, lang: str) -> list[dict[str, Any]]:
    """Return what the template needs of each trial; the most interesting are drawn first."""
    outages, words = analysis.tables["outages"], words_of(lang)
    contexts = [_context(trial, lang) for trial in analysis.trials]
    for context in contexts:
        of_trial = outages[outages["trial"] == context["record"].index]
        steps = len(context["steps"])
        context["attributed"] = (
            outage_texts(of_trial, words)
            if steps > 1 or (steps and not of_trial["injection"].all())
            else []
        )
    room = PICTURES_BYTES
    for place in _by_interest(contexts):
        trial = analysis.trials[place]
        drawn = timeline(trial.history, trial.stages, words)
        if drawn is None:
            continue
        zoom = zoom_data(trial.history, drawn)
        paths = sum(len(path) for lane in drawn.lanes for path in lane.paths.values())
        size = len(zoom) + paths + sum(len(path) for _, _, path in drawn.served) + 6000
        contexts[place]["left_out"] = size > room
        if size <= room:
            room -= size
            contexts[place] |= {"timeline": drawn, "zoom": zoom}
    return contexts


def _by_interest(contexts: Sequence[dict[str, Any]]) -> list[int]:
    """Order places: first an experiment's first trial, and of those the worst verdicts."""

    def interest(place: int) -> tuple[bool, int]:
        context = contexts[place]
        return context["record"].number > 0, VERDICT_VALUES.index(context["verdict"])

    return sorted(range(len(contexts)), key=interest)


def _context(trial: TrialAnalysis, lang: str) -> dict[str, Any]:
    history = trial.history
    zero_s = history.begin_s or 0.0
    return {
        "record": history.record,
        "experiment": history.experiment,
        "title": history.experiment.title.in_language(lang),
        "doubt": trial.doubt,
        "remarks": [*trial.remarks, *trial.scarce],
        "steps": step_rows(history),
        "verdict": worst(verdict.verdict for verdict in trial.verdicts),
        "verdicts": trial.verdicts,
        "timeline": None,
        "zoom": "",
        "left_out": False,
        "stages": [
            (letter_of(place), stage.at_s - zero_s, stage)
            for place, stage in enumerate(trial.stages)
        ],
        "served_by": trial.served_by,
        "requests": int((~history.samples["probe"].isin(STATES)).sum()),
        "late_ms": trial.latest_s * 1000,
        "prober_cores": sum(event.cores for event in history.all_of(ProbeCpu)),
    }
