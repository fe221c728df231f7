"""The head and the settings of the pages of surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.render.headline import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.history.surveys import SurveyRecord
    from reports.locale.catalogue import Words
    from reports.verdict import Verdict


def survey_head(
    record: SurveyRecord, verdicts: Sequence[Verdict], words: Words, title: str
) -> dict[str, str]:
    """Return title and headline, and what the members were started with."""
    settings = [f"{name} = {value}" for name, value in record.timeouts.items()]
    started = [value for values in record.environments.values() for value in values]
    settings += [*dict.fromkeys(started), words["tls" if record.peer_tls else "no_tls"]]
    return {
        "title": words[title],
        "headline": statements((verdict.verdict for verdict in verdicts), words),
        "settings": words["comma"].join(settings),
    }
