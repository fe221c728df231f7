"""haproxy asks each master on a schedule; without `check` it takes none out.

Configuration manual, 5.2 and 4.2: `inter` (2 s) between the checks of a master that is up,
`downinter` of one that is down, `fastinter` in between; both are `inter` unless they are set.
`fall` (3) failures take it out, `rise` (2) successes bring it back, with a weight that grows for
`slowstart` (0). A silent master fails a check after the shorter of `timeout connect` and `inter`
when `timeout check` is set, else after `inter`. An interval counts from the end of a check.
`timeout tunnel` closes idle connections, else the shorter of `timeout client` and `server`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.balancers.adoption.haproxy_file import backend_of, sections_of
from lab.balancers.adoption.times import seconds_of
from lab.balancers.base import Reaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.balancers.adoption.haproxy_file import Section

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
    """Return how late haproxy reacts with a file: its slowest master.

    The file is fitted, or of the lab's own: it has one frontend in mode tcp.
    """
    sections = sections_of(text)
    fronts = (each for each in sections if each.kind in ("frontend", "listen"))
    front = next(each for each in fronts if each.mode == "tcp")
    backend = backend_of(front, sections)
    assert backend is not None, "the backend of a fitted file"
    timeouts = _timeouts(backend)
    common = [each.texts[1:] for each in backend.everything if each.name == "default-server"]
    reactions = [
        _of_server([*common, server.texts[3:]], timeouts) for server in backend.named("server")
    ]
    return Reaction(
        returns_s=_latest(each.returns_s for each in reactions),
        detects_s=_latest(each.detects_s for each in reactions),
        detects_refusal_s=_latest(each.detects_refusal_s for each in reactions),
        closes_idle_s=_closes_idle_s(_timeouts(front), timeouts),
    )


def _timeouts(section: Section) -> dict[str, str]:
    lines = (each.texts for each in section.everything if each.name == "timeout")
    return {words[1]: words[2] for words in lines if words[2:]}


def _closes_idle_s(front: dict[str, str], backend: dict[str, str]) -> float:
    """Return after how long without traffic haproxy closes a connection that has passed some."""
    tunnel_s = _seconds(backend.get("tunnel", front.get("tunnel", "")), 0.0)
    sides = (_seconds(front.get("client", ""), 0.0), _seconds(backend.get("server", ""), 0.0))
    return tunnel_s or min((side_s for side_s in sides if side_s), default=0.0)


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
    return seconds_of(text, "ms", default_s)
