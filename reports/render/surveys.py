"""What the reports of all surveys have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.render.tables import worst_kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.analysis.verdict import Verdict
    from reports.history.tolerance import SurveyRecord


def survey_head(
    record: SurveyRecord,
    verdicts: Sequence[Verdict],
    words: Mapping[str, str],
    lang: str,
    missing: Sequence[str],
) -> dict[str, Any]:
    """Return what the head of a page needs: who, what came of it, what is missing."""
    kinds = [one.verdict for one in verdicts]
    counts = {kind: kinds.count(kind) for kind in ("holds", "violated", "unknown")}
    said = "all_hold"
    if counts["violated"]:
        said = "some_wrong"
    elif counts["unknown"] or not kinds:
        said = "some_unknown"
    return {
        "record": record,
        "words": words,
        "lang": lang,
        "verdicts": verdicts,
        "counts": counts,
        "overall": worst_kind(kinds),
        "headline": words[said].format(total=len(kinds), **counts),
        "missing": missing,
    }
