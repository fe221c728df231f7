"""A text in both languages of the reports."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Text(BaseModel):
    """A text in English and in Chinese; a plain string stands for both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str
    zh: str

    @model_validator(mode="before")
    @classmethod
    def _one_text_for_both(cls, given: Any) -> Any:
        return {"en": given, "zh": given} if isinstance(given, str) else given

    def in_language(self, lang: str) -> str:
        """Return the text in the wanted language."""
        return self.zh if lang == "zh" else self.en
