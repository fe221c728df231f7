"""A text in several languages, English where there is no translation."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, RootModel, model_validator

from reports.locale.catalogue import LANGUAGES

ENGLISH = "en"


class Text(RootModel[Annotated[dict[str, str], Field(min_length=1)]]):
    """A text, by language; a plain string stands for all languages."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _text_for_all(cls, given: Any) -> Any:
        return {ENGLISH: given} if isinstance(given, str) else given

    def in_language(self, lang: str) -> str:
        """Return the text in a language, else in English, else in any."""
        texts = self.root
        return texts[next((name for name in (lang, ENGLISH) if name in texts), next(iter(texts)))]


def in_known_languages(text: Text) -> Text:
    """Return a text of languages that reports are written in: a misspelt one is never read.

    Raises ValueError.
    """
    if unknown := sorted(set(text.root) - set(LANGUAGES)):
        raise ValueError(f"no language is called {unknown[0]}; there are {', '.join(LANGUAGES)}")
    return text


# as people write it in YAML; a record that is read may have languages of a newer version
WrittenText = Annotated[Text, AfterValidator(in_known_languages)]
