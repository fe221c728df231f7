"""The language of what is printed and of the pages: as asked for, else that of the locale."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from chaos.cli.completion import complete_language

LangOption = Annotated[
    str,
    typer.Option(
        help="Language of tables and pages, for example zh.",
        show_default="that of the locale",
        autocompletion=complete_language,
    ),
]


def refuse_language_of_json(option: str, *, as_json: bool) -> None:
    """Refuse a language where all that is written is JSON. Raises InputError."""
    from chaos.errors import InputError

    if option and as_json:
        raise InputError("--lang would change nothing: JSON is in English")


def language_of(option: str) -> str:
    """Return the language of a command; `option` is "" where none was asked for.

    Raises InputError for a language that has no catalogue.
    """
    from chaos.errors import InputError
    from reports.locale.catalogue import LANGUAGES, default_language

    if not option:
        return default_language(os.environ)
    if option not in LANGUAGES:
        raise InputError(f"--lang {option}: there are {', '.join(LANGUAGES)}")
    return option
