"""The labs, rates and settings of a suite, as texts of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.text import Text
from reports.locale.catalogue import text_of
from reports.render.series_labels import request_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.history.schema import ExperimentRecord, SuiteRecord
    from reports.locale.catalogue import Words


def about(record: SuiteRecord, words: Words, lang: str) -> dict[str, list[str]]:
    """Return the labs, rates and settings; shared by experiments, a text stands once."""
    return {
        "balancer": _shared_remarks(record, lang),
        "labs": _shared(record, lambda experiment: _lab(experiment.lab, words, lang)),
        "rates": _shared(record, lambda experiment: _rates(experiment, words)),
        "settings": _shared(
            record,
            lambda experiment: ", ".join(f"{k} = {v:g}" for k, v in experiment.settings.items()),
        ),
    }


def _shared_remarks(record: SuiteRecord, lang: str) -> list[str]:
    """Return what differs from the user's own balancer file, each sentence once."""
    remarks = [
        text_of(it, lang) for each in record.experiments for it in each.balancer_file_remarks
    ]
    return list(dict.fromkeys(remarks))


def _shared(record: SuiteRecord, text_of: Callable[[ExperimentRecord], str]) -> list[str]:
    """Return each text once, with the ids of its experiments where they differ."""
    experiments: dict[str, list[str]] = {}
    for experiment in record.experiments:
        experiments.setdefault(text_of(experiment), []).append(experiment.id)
    experiments.pop("", None)
    if len(experiments) == 1:
        return list(experiments)
    return [f"{text} ({', '.join(ids)})" for text, ids in experiments.items()]


def _lab(lab: Mapping[str, Any], words: Words, lang: str) -> str:
    if "url" in lab:
        return words["observed_lab"].format(url=lab["url"], address=lab["address"])
    sizes = {name: lab.get(name, "?") for name in ("etcd", "masters", "workers", "profile")}
    if not sizes["masters"]:
        return words["lab_of_etcd"].format(**sizes)
    stacked = words["stacked"] if lab.get("stacked") else ""
    balancing = lab.get("lb", "?")
    if explained := lab.get("balancing"):
        balancing = Text.model_validate(explained).in_language(lang)
    return words["lab"].format(stacked=stacked, balancing=balancing, **sizes)


def _rates(experiment: ExperimentRecord, words: Words) -> str:
    """Return the rates that every worker has; those of states are the same everywhere."""
    return ", ".join(
        f"{request_label(series.probe, series.connection, words)} {series.rate_hz:g} Hz"
        for series in experiment.series
        if series.workers == experiment.workers
    )
