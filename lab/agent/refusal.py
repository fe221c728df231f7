"""Why an agent refuses or fails a request, in words that can be put into another language."""

from __future__ import annotations

from typing import Any, Union


class RefusalError(ValueError):
    """`text`: English, with placeholders for `values`; `code`: its key in other languages."""

    def __init__(self, code: str, text: str, /, **values: Union[str, int, float]) -> None:
        super().__init__(text.format(**values))
        self.answer = {"code": code, "text": text, "values": values}


def answer_of(error: Exception) -> Any:
    """Return what is answered to a request that failed: a refusal as data, else the error's text.

    Errors from elsewhere are texts of the system, which are the same in every language.
    """
    return error.answer if isinstance(error, RefusalError) else str(error) or repr(error)
