"""What the reports of surveys and proofs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.render.tables import worst_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.verdict import Verdict
    from reports.history.tolerance import SurveyRecord


def counted(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Return how many verdicts there are of each kind."""
    kinds = [one.verdict for one in verdicts]
    return {kind: kinds.count(kind) for kind in ("holds", "violated", "unknown")}


def sentence(verdicts: Sequence[Verdict], words: Mapping[str, str]) -> str:
    """Say what came of the verdicts: the gravest decides."""
    counts = counted(verdicts)
    said = "all_hold"
    if counts["violated"]:
        said = "some_wrong"
    elif counts["unknown"] or not verdicts:
        said = "some_unknown"
    return words[said].format(total=len(verdicts), **counts)


def _settings(record: SurveyRecord, words: Mapping[str, str]) -> str:
    """Say what the members were started with."""
    said = [f"{name} = {value}" for name, value in record.timeouts.items()]
    said += [*record.etcd_environment, words["tls" if record.peer_tls else "no_tls"]]
    return ", ".join(said)


def survey_head(
    record: SurveyRecord,
    verdicts: Sequence[Verdict],
    words: Mapping[str, str],
    lang: str,
    missing: Sequence[str],
) -> dict[str, Any]:
    """Return what the head of a page needs: who, what came of it, what is missing."""
    return {
        "record": record,
        "words": words,
        "lang": lang,
        "verdicts": verdicts,
        "counts": counted(verdicts),
        "overall": worst_kind([one.verdict for one in verdicts]),
        "headline": sentence(verdicts, words),
        "missing": missing,
        "settings": _settings(record, words),
    }
