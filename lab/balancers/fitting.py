"""What comes of a user's own balancer file: the text that labs run, remarks, and problems."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict

RemarkKind = Literal[
    "dropped",
    "changed",
    "supplied",
    "chosen",
    "unused-masters",
    "other-port",
    "not-utf-8",
    "no-final-newline",
]
# A byte that is no UTF-8 becomes one of these (PEP 383).
UNDECODED = range(0xDC80, 0xDD00)
BYTE_ORDER_MARK = "\ufeff"
_LONGEST_PROBLEM = 400


class Remark(BaseModel):
    """What differs from the user's file: names of settings, no values of theirs: some are secret.

    `line`: 0 for the whole file. `value`: a number or a name, where the kind has one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RemarkKind
    line: int = 0
    subject: str = ""
    value: str = ""


class FittedFile(BaseModel):
    """A user's own file as labs run it: what leads to the apiservers, and nothing else of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = ""
    remarks: tuple[Remark, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is such a file."""
        return bool(self.text)


@dataclass(frozen=True)
class Problem:
    """Why a file cannot be used, and what to do. `line`: 0 for the whole file."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


class UnfitFileError(ValueError):
    """A user's balancer file cannot be fitted to a lab; `problems` are all reasons, by line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Line:
    """A line of a fitted file. `origin`: the user's line that it comes from, 0 for the lab's."""

    origin: int
    text: str


@dataclass
class Notes:
    """The problems and remarks of a file, collected while it is fitted."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def refuse(self, line: int, text: str) -> None:
        """Note a reason for which the file cannot be used."""
        self.problems.append(Problem(line, _plain(text, _LONGEST_PROBLEM)))

    def remark(self, kind: RemarkKind, line: int = 0, subject: str = "", value: str = "") -> None:
        """Note a difference from the user's file."""
        self.remarks.append(Remark(kind=kind, line=line, subject=subject, value=value))

    def drop(self, line: int, subject: str) -> None:
        """Note a setting that the lab leaves out."""
        self.remark("dropped", line, _plain(subject))

    def check(self) -> None:
        """Raise UnfitFileError when there are problems."""
        if self.problems:
            chosen = [
                Problem(
                    remark.line,
                    f"{remark.subject} is taken for the apiservers', not {remark.value}",
                )
                for remark in self.remarks
                if remark.kind == "chosen"
            ]
            raise UnfitFileError([*self.problems, *chosen])


@dataclass(frozen=True)
class Fitted:
    """A user's file, fitted: lines with their origins, and remarks."""

    lines: tuple[Line, ...]
    remarks: tuple[Remark, ...]

    @property
    def text(self) -> str:
        """The text that the lab runs."""
        return "".join(f"{line.text}\n" for line in self.lines)


def decoded(content: bytes) -> str:
    """Return the text of a file. Bytes that are no UTF-8 stay as surrogates, see `check_text`."""
    return content.decode("utf-8", errors="surrogateescape")


def check_text(text: str, notes: Notes) -> None:
    """Note what neither nginx nor haproxy reads as its writer means it.

    In comments, which begin with #, any byte may stand.
    """
    if text.startswith(BYTE_ORDER_MARK):
        notes.refuse(1, "a byte order mark at the start; save the file as UTF-8 without BOM")
    foreign = 0
    for number, line in enumerate(text.removeprefix(BYTE_ORDER_MARK).split("\n"), 1):
        if not foreign and any(ord(character) in UNDECODED for character in line):
            foreign = number
        for character in line.split("#")[0].rstrip("\r"):
            if problem := _problem_of(character):
                notes.refuse(number, problem)
                break
    if foreign and not notes.problems:
        notes.remark("not-utf-8", foreign)


def _problem_of(character: str) -> str:
    if character in " \t" or (character.isascii() and character.isprintable()):
        return ""
    if ord(character) in UNDECODED:
        return "a character outside a comment is not UTF-8; save the file as UTF-8"
    if unicodedata.category(character) in ("Zs", "Cf", "Cc", "Zl", "Zp"):
        name = unicodedata.name(character, f"control character {ord(character):#04x}")
        return f"{name.lower()} is no space for this program; write a plain space"
    return ""


def _plain(text: str, longest: int = 60) -> str:
    """Return a text with words of the user's as it may be shown: without control characters."""
    shown = "".join(each if each.isprintable() and each.isascii() else "?" for each in text)
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."
