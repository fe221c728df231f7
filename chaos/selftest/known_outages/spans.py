"""Outages as values: drawn from a seed, and what a prober should see of each."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass
from typing import Any

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
    """One outage of one lane, in monotonic seconds.

    The server, or the packet filter, was switched within [begin_s, began_s] and back within
    [end_s, ended_s]: as planned at first, then as it was.
    """

    lane: str
    kind: str
    begin_s: float
    began_s: float
    end_s: float
    ended_s: float

    def as_dict(self) -> dict[str, Any]:
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


def draw(seed: str, lane: str, count: int, start_s: float) -> list[Span]:
    """Return `count` spans one after the other, log-uniform in length, from `start_s` on."""
    chance = random.Random(f"{seed}/{lane}")
    spans, at_s = [], start_s
    for _ in range(count):
        length_s = math.exp(chance.uniform(math.log(SHORTEST_S), math.log(LONGEST_S)))
        at_s += QUIET_S + chance.uniform(0, PERIOD_S)
        spans.append(Span(lane, chance.choice(KINDS), at_s, at_s, at_s + length_s, at_s + length_s))
        at_s += length_s
    return spans
