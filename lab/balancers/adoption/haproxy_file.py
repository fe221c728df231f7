"""A haproxy file as sections of lines: PyPI has no parser for it that is maintained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.balancers.fitting import Notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECTIONS = frozenset(
    (
        *("global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist"),
        *("mailers", "cache", "program", "ring", "http-errors", "fcgi-app", "log-forward"),
        *("log-profile", "crt-store", "traces", "acme", "namespace_list"),
    )
)
NEGATIONS = ("no", "default")
_TWO_WORDS = frozenset(
    (
        *("option", "timeout", "stats", "tcp-request", "tcp-response", "http-check", "tcp-check"),
        *("stick", "http-request", "http-response", "external-check"),
    )
)


@dataclass(frozen=True)
class Word:
    """A word, without its quotes and escapes, and as it is written."""

    text: str
    written: str


@dataclass(frozen=True)
class Setting:
    """A line of a section. `negation`: the `no` before it, or ""."""

    number: int
    words: tuple[Word, ...]
    negation: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Its words."""
        return tuple(word.text for word in self.words)

    @property
    def name(self) -> str:
        """Its keyword."""
        return self.words[0].text

    @property
    def title(self) -> str:
        """Its keyword, with a second one where keywords have two."""
        return " ".join(self.texts[: 2 if self.name in _TWO_WORDS else 1])

    @property
    def arguments(self) -> str:
        """All words after its title, joined by spaces."""
        return " ".join(self.texts[len(self.title.split(" ")) :])


@dataclass
class Section:
    """A section with what it begins from: `inherited` are the settings of its defaults."""

    kind: str
    name: str
    line: int
    inherited: tuple[Setting, ...] = ()
    settings: list[Setting] = field(default_factory=list)

    @property
    def everything(self) -> tuple[Setting, ...]:
        """The settings in effect, the inherited ones first."""
        return (*self.inherited, *self.settings)

    @property
    def mode(self) -> str:
        """tcp, which is haproxy's default, or another one."""
        modes = [
            each.texts[1] for each in self.everything if each.name == "mode" and each.texts[1:]
        ]
        return modes[-1] if modes else "tcp"

    @property
    def title(self) -> str:
        """Its kind and name."""
        return f"{self.kind} {self.name}".strip()

    @property
    def is_disabled(self) -> bool:
        """Whether it serves nobody."""
        states = [each.name for each in self.everything if each.name in ("disabled", "enabled")]
        return states[-1:] == ["disabled"]

    def named(self, *names: str) -> list[Setting]:
        """Return its own settings with a keyword."""
        return [each for each in self.settings if each.name in names]


def sections_of(text: str, notes: Notes | None = None) -> list[Section]:
    """Return the sections of a file. What stands in no section, or is no setting, is noted."""
    notes = notes or Notes()
    sections: list[Section] = []
    defaults: dict[str, Section] = {}
    latest: Section | None = None
    for number, line in enumerate(text.split("\n"), 1):
        words = _words(line.rstrip("\r"), number, notes)
        if not words:
            continue
        name = words[0].text
        if name in SECTIONS:
            texts = [word.text for word in words]
            base = latest if name != "defaults" else None
            if "from" in texts[1:-1]:
                wanted = texts[texts.index("from", 1) + 1]
                base = defaults.get(wanted)
                if base is None:
                    notes.refuse(number, f"{name}: there is no defaults section {wanted}")
            title = texts[1] if texts[1:] and texts[1] != "from" else ""
            inherited = base.everything if base else ()
            sections.append(Section(name, title, number, inherited))
            if name == "defaults":
                latest = defaults[title] = sections[-1]
        elif name.startswith("."):
            why = "is a condition of haproxy's preprocessor; write the file as it is to be"
            notes.refuse(number, f"{name} {why}")
        elif not sections:
            notes.refuse(number, f"{name} stands in no section of haproxy")
            return []
        elif name in NEGATIONS and words[1:]:
            sections[-1].settings.append(Setting(number, words[1:], name))
        else:
            sections[-1].settings.append(Setting(number, words))
    return sections


def _words(line: str, number: int, notes: Notes) -> tuple[Word, ...]:
    words: list[Word] = []
    text, written, quote, escaped = "", "", "", False
    for character in line:
        if escaped:
            text, written, escaped = text + character, written + character, False
        elif character == "\\" and quote != "'":
            written, escaped = written + character, True
        elif quote:
            written += character
            quote, text = ("", text) if character == quote else (quote, text + character)
        elif character in "\"'":
            written, quote = written + character, character
        elif character == "#":
            break
        elif character in " \t":
            words += [Word(text, written)] if written else []
            text, written = "", ""
        else:
            text, written = text + character, written + character
    if quote or escaped:
        notes.refuse(number, "the quote has no end" if quote else "the line ends in a backslash")
    return (*words, Word(text, written)) if written else tuple(words)


def backend_of(front: Section, sections: Sequence[Section]) -> Section | None:
    """Return the section with the servers to which a front without rules leads."""
    if front.kind == "listen" and front.named("server", "server-template"):
        return front
    names = [each.arguments for each in front.everything if each.name == "default_backend"]
    name = names[-1] if names else ""
    return next((each for each in backends(sections) if name and each.name == name), None)


def backends(sections: Sequence[Section]) -> Iterator[Section]:
    """Return the sections that may hold servers."""
    return (section for section in sections if section.kind in ("backend", "listen"))
