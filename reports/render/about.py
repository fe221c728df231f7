"""What was measured, and with what: the labs, rates and settings of a suite, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.history.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.history.schema import ExperimentRecord, SuiteRecord
    from reports.locale.catalogue import Words


def about(record: SuiteRecord, words: Words, lang: str) -> dict[str, list[str]]:
    """Return the labs, rates and settings; those that experiments share are said once."""
    return {
        "labs": _shared(record, lambda experiment: _lab(experiment.lab, words, lang)),
        "rates": _shared(record, lambda experiment: _rates(experiment, words)),
        "settings": _shared(
            record,
            lambda experiment: ", ".join(f"{k} = {v:g}" for k, v in experiment.settings.items()),
        ),
    }


def _shared(record: SuiteRecord, text_of: Callable[[ExperimentRecord], str]) -> list[str]:
    """Name the experiments behind each text, where they do not have it all."""
    having: dict[str, list[str]] = {}
    for experiment in record.experiments:
        having.setdefault(text_of(experiment), []).append(experiment.id)
    having.pop("", None)
    if len(having) == 1:
        return list(having)
    return [f"{text} ({', '.join(names)})" for text, names in having.items()]


def _lab(lab: Mapping[str, Any], words: Words, lang: str) -> str:
    if "url" in lab:
        return words["observed_lab"].format(url=lab["url"], address=lab["address"])
    sizes = {name: lab.get(name, "?") for name in ("etcd", "masters", "workers", "profile")}
    if not sizes["masters"]:
        return words["lab_of_etcd"].format(**sizes)
    stacked = words["stacked"] if lab.get("stacked") else ""
    words_of_mode = lab.get("balancing")
    balancing = lab.get("lb", "?")
    if words_of_mode:
        balancing = Text.model_validate(words_of_mode).in_language(lang)
    return words["lab"].format(stacked=stacked, balancing=balancing, **sizes)


def _rates(experiment: ExperimentRecord, words: Words) -> str:
    """Name the rates that every worker has; those of states are the same everywhere."""
    return ", ".join(
        f"{series.probe} {words.get(series.connection, series.connection)} {series.rate_hz:g} Hz"
        for series in experiment.series
        if series.workers == experiment.workers
    )
