"""What can be believed on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from chaos.cli.conclusion import JsonOption
from chaos.cli.exit_codes import code_of_verdicts
from chaos.cli.language import LangOption, language_of, refuse_language_of_json
from chaos.cli.panels import MACHINE
from chaos.cli.progress import print_result, report_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.locale.message import Message
    from reports.verdict import Verdict


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(rich_help_panel=MACHINE)(selftest)


def selftest(as_json: JsonOption = False, lang: LangOption = "") -> None:
    """Say what can be believed on this machine. Example: halab selftest.

    Known outages are measured; a lost write, a stale read and a fault that does nothing are
    planted; a lab is taken down and looked for. It takes less than a minute, and no root where
    namespaces can be had. What cannot be tried is unknown.
    """
    from chaos.selftest.run import run_selftest
    from chaos.selftest.statements import summary

    refuse_language_of_json(lang, as_json=as_json)
    language = language_of(lang)
    tried = run_selftest(report_progress)
    verdicts = tried.verdicts
    sentences = summary(verdicts)
    if as_json:
        print_result(json.dumps(_document(verdicts, sentences)))
    else:
        _print(verdicts, sentences, language)
    for left in tried.left:
        raise left  # more than a statement that does not hold
    raise typer.Exit(code_of_verdicts(verdict.verdict for verdict in verdicts))


def _document(verdicts: Sequence[Verdict], sentences: Sequence[Message]) -> dict[str, object]:
    """Return the one JSON object: verdicts as of every command, and what they mean."""
    from reports.document import MACHINE_LANGUAGE, verdict_documents
    from reports.locale.catalogue import text_of

    return {
        "verdicts": [entry.model_dump(mode="json") for entry in verdict_documents(verdicts)],
        "summary": " ".join(text_of(sentence, MACHINE_LANGUAGE) for sentence in sentences),
    }


def _print(verdicts: Sequence[Verdict], sentences: Sequence[Message], lang: str) -> None:
    from chaos.cli.tables import print_console_table, wide_console
    from chaos.selftest.statements import STATEMENTS
    from reports.locale.catalogue import text_of, words_of
    from reports.render.console_table import ConsoleTable

    words = words_of(lang)
    texts = {str(statement): words[key] for statement, key in STATEMENTS.items()}
    rows = [
        [texts[verdict.id], words[verdict.verdict], text_of(verdict.note, lang)]
        for verdict in verdicts
    ]
    columns = (words["selftest-statement"], words["verdict"], words["selftest-evidence"])
    print_console_table(wide_console(), ConsoleTable("", columns, len(columns), rows))
    print_result("\n" + "\n".join(text_of(sentence, lang) for sentence in sentences))
