"""The exception tree of chaos. An error carries its sentence as data, for it may be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.balancers.fitting import UnfitFileError
from lab.errors import LabError
from lab.sentence import Sentence
from reports.locale.catalogue import text_of
from reports.locale.message import Message, message, verbatim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from lab.sentence import Value as LabValue
    from lab.sentence import Words
    from reports.locale.message import Value


# of one file: more help nobody
MOST_PROBLEMS = 50


class ChaosError(Exception):
    """An experiment could not be done.

    `message`: why; a plain text is the same in every language. As a string it is English.
    """

    def __init__(self, why: Message | str) -> None:
        super().__init__(why)
        self.message = verbatim(why) if isinstance(why, str) else why

    def __str__(self) -> str:
        return text_of(self.message, "en")


class InputError(ChaosError):
    """What the user gave is wrong; nothing was started."""


class NoTargetError(ChaosError):
    """Nothing can be chosen at this moment: no leader, or a fault is in all possible targets."""


class NotConfirmedError(ChaosError):
    """An outside observer did not see a fault take effect, or not see it go."""


class MaskedError(NotConfirmedError):
    """Other injections, whose ids are in `by`, hide the effect or its end."""

    def __init__(self, by: Sequence[str], evidence: Message) -> None:
        super().__init__(message("hidden-by", faults=", ".join(by), evidence=evidence))
        self.by = list(by)
        self.evidence = evidence


class SwitchFiredError(NotConfirmedError):
    """The dead man's switch of `nodes` undid a fault before its heal."""

    def __init__(self, nodes: Sequence[str]) -> None:
        super().__init__(message("switch-fired", nodes=", ".join(nodes)))
        self.nodes = list(nodes)


def message_of(error: Exception) -> Message:
    """Return why something failed; of an error from elsewhere that is its own text."""
    if isinstance(error, ChaosError):
        return error.message
    return message_from(error.why if isinstance(error, LabError) else str(error))


def message_from(words: Words) -> Message:
    """Return the words of the lab as a message; a plain text stands for itself."""
    if not isinstance(words, Sentence):
        return verbatim(words)
    return Message(words.code, {name: _value_from(value) for name, value in words.values.items()})


def _value_from(value: LabValue) -> Value:
    if isinstance(value, tuple):
        return tuple(map(message_from, value))
    return message_from(value) if isinstance(value, Sentence) else value


def problems_of(
    error: ValidationError, line_of: Callable[[Sequence[str | int]], int] | None = None
) -> str:
    """Return every problem of an input on a line of its own, with its place.

    `line_of`: the line of a value in the input's file, by its place.
    """
    problems = error.errors(include_url=False, include_input=False)
    lines = list(
        dict.fromkeys(line for problem in problems for line in _lines_of(problem, line_of))
    )
    further = [f"  ... and {len(lines) - MOST_PROBLEMS} more"] if len(lines) > MOST_PROBLEMS else []
    return "\n".join([*lines[:MOST_PROBLEMS], *further])


def _lines_of(
    problem: ErrorDetails, line_of: Callable[[Sequence[str | int]], int] | None
) -> list[str]:
    """Return a line for a problem; for a balancer's file, a line for each of the file's."""
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, UnfitFileError):
        return [f"  lb_config: {each}" for each in cause.problems]
    place = ".".join(map(str, problem["loc"]))
    where = f"line {line_of(problem['loc'])}: {place}" if line_of else place
    return [f"  {where}: {problem['msg']}"]
