"""Outages as values: planned or drawn from a seed, and what a prober should see of each."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = ("closed", "reset", "hang", "drop", "slow", "5xx")
SHORTEST_S, LONGEST_S = 0.05, 10.0
RATE_HZ = 22.0
PERIOD_S = 1 / RATE_HZ
# Under TCP's shortest retransmission timeout of 0.2 s: a request whose packets were dropped is bad
# for as long as they are dropped.
DEADLINE_S = 0.15
CLIENT_TIMEOUT_S = 1.0
SLOW_S = 2 * DEADLINE_S
# Long enough that requests which hung were given up, and a second of good ones lies between.
QUIET_S = CLIENT_TIMEOUT_S + 1.0


@dataclass(frozen=True)
class Span:
    """An outage of a lane, in seconds.

    The server, or the packet filter, was switched within [begin_s, began_s] and back within
    [end_s, ended_s]: as planned at first, from the start of all lanes; then as it was, monotonic.
    """

    lane: str
    kind: str
    begin_s: float
    began_s: float
    end_s: float
    ended_s: float

    def later(self, by_s: float) -> Span:
        """Return it so many seconds later."""
        moments = (self.begin_s, self.began_s, self.end_s, self.ended_s)
        return Span(self.lane, self.kind, *(moment + by_s for moment in moments))

    def as_dict(self) -> dict[str, str | float]:
        """Return it for JSON."""
        return asdict(self)

    def shown_s(self, connection: str) -> tuple[float, float]:
        """Return how long its requests are bad, as begun: the least and the most; (0, 0) never.

        A closed listener hurts nobody who is connected. Of a hang, requests that begin within
        its last DEADLINE_S are answered in time.
        """
        least_s, most_s = self.end_s - self.began_s, self.ended_s - self.begin_s
        if self.kind == "closed" and connection == "reused":
            return 0.0, 0.0
        if self.kind == "hang":
            least_s, most_s = least_s - DEADLINE_S, most_s - DEADLINE_S
        return max(0.0, least_s), max(0.0, most_s)


def in_a_row(lane: str, parts: Iterable[tuple[str, float, float]]) -> list[Span]:
    """Return spans one after the other: kind, seconds of its length, seconds before it."""
    spans, at_s = [], 0.0
    for kind, length_s, before_s in parts:
        begin_s = at_s + before_s
        at_s = begin_s + length_s
        spans.append(Span(lane, kind, begin_s, begin_s, at_s, at_s))
    return spans


def draw(seed: str, lane: str, count: int) -> list[Span]:
    """Return `count` spans of a lane, log-uniform in length."""
    chance = random.Random(f"{seed}/{lane}")

    def part() -> tuple[str, float, float]:
        length_s = math.exp(chance.uniform(math.log(SHORTEST_S), math.log(LONGEST_S)))
        before_s = QUIET_S + chance.uniform(0, PERIOD_S)
        return chance.choice(KINDS), length_s, before_s

    return in_a_row(lane, (part() for _ in range(count)))


def drawn_lanes(seed: str, lanes: int, count: int) -> list[list[Span]]:
    """Return the spans of several lanes."""
    return [draw(seed, f"lane-{number}", count) for number in range(lanes)]
