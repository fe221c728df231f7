"""haproxy asks each master on a schedule; without `check` it takes none out.

Configuration manual, 5.2 and 4.2: `inter` (2 s) between the checks of a master that is up,
`downinter` of one that is down, `fastinter` in between; both are `inter` unless they are set.
`fall` (3) failures take it out, `rise` (2) successes bring it back, with a weight that grows for
`slowstart` (0). A silent master fails a check after the shorter of `timeout connect` and `inter`
when `timeout check` is set, else after `inter`. An interval counts from the end of a check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.balancers.adoption.haproxy import backends_of, front_of, sections_of
from lab.balancers.base import Reaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


UNIT_S = {"us": 1e-6, "ms": 0.001, "": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
VALUES = frozenset({"inter", "fastinter", "downinter", "slowstart", "rise", "fall"})


@dataclass
class _Checks:
    """What is set for a master: words of VALUES, and whether it is checked at all."""

    values: dict[str, str] = field(default_factory=dict)
    checked: bool = False

    def read(self, words: Sequence[str]) -> None:
        """Take what the words of a line set; it replaces what was set before."""
        for word, value in zip(words, [*words[1:], ""], strict=False):
            if word in VALUES:
                self.values[word] = value
            elif word in ("check", "no-check"):
                self.checked = word == "check"

    def seconds(self, name: str, default_s: float) -> float:
        """Return a time, the default where it is not set."""
        return _seconds(self.values.get(name, ""), default_s)

    def count(self, name: str, default: int) -> int:
        """Return how many checks in a row decide."""
        text = self.values.get(name, "")
        return int(text) if text.isdecimal() else default


def reaction_of(text: str) -> Reaction:
    """Return how late haproxy reacts with a file: its slowest master. Raises ValueError."""
    sections = sections_of(text)
    reactions = []
    for backend in backends_of(front_of(sections), sections):
        before = sections[: sections.index(backend)]
        # haproxy takes the last defaults above a section
        defaults = [section for section in before if section.kind == "defaults"][-1:]
        lines = [words for section in (*defaults, backend) for _, words, _ in section.lines]
        timeouts = {words[1]: words[2] for words in lines if words[:1] == ["timeout"] and words[2:]}
        common = [words[1:] for words in lines if words[:1] == ["default-server"]]
        for _, words, _ in backend.lines_with("server"):
            reactions.append(_of_server([*common, words[3:]], timeouts))
    return Reaction(
        returns_s=_latest(each.returns_s for each in reactions),
        detects_s=_latest(each.detects_s for each in reactions),
        detects_refusal_s=_latest(each.detects_refusal_s for each in reactions),
    )


def _of_server(lines: Sequence[Sequence[str]], timeouts: dict[str, str]) -> Reaction:
    checks = _Checks()
    for words in lines:
        checks.read(words)
    connect_s = _seconds(timeouts.get("connect", ""), 0.0)
    if not checks.checked:
        return Reaction(detects_s=connect_s)
    inter_s = checks.seconds("inter", 2.0)
    fast_s, down_s = checks.seconds("fastinter", inter_s), checks.seconds("downinter", inter_s)
    silent_s = min(connect_s, inter_s) if connect_s and "check" in timeouts else inter_s
    falls, rises = checks.count("fall", 3) - 1, checks.count("rise", 2) - 1
    return Reaction(
        returns_s=silent_s + down_s + rises * fast_s + checks.seconds("slowstart", 0.0),
        detects_s=inter_s + silent_s + falls * (fast_s + silent_s),
        detects_refusal_s=inter_s + falls * fast_s,
    )


def _latest(times_s: Iterable[float]) -> float:
    return max(times_s, default=0.0)


def _seconds(text: str, default_s: float) -> float:
    """Return a time such as 15s; a number without a unit is in milliseconds."""
    match = re.fullmatch(r"(\d+)(us|ms|[smhd]?)", text)
    return float(match[1]) * UNIT_S[match[2]] if match else default_s
