"""nginx asks no master how it is: connections that fail take one out for a while.

ngx_stream_upstream_module: `max_fails` (1) failed connections take a master out for `fail_timeout`
(10 s); 0 never does, and in a group of one both are ignored. A silent master fails a connection
after `proxy_connect_timeout` (60 s). A hung one fails none: its kernel accepts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.balancers.adoption.nginx import named, parse, server_of
from lab.balancers.base import Reaction

if TYPE_CHECKING:
    from collections.abc import Sequence


UNIT_S = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
# It counts in whole seconds, and tries again when more than fail_timeout have passed.
CLOCK_S = 1.0


def reaction_of(text: str) -> Reaction:
    """Return how late nginx reacts with a file. Raises ValueError."""
    main = parse(text)
    stream = [entry for block in named(main, "stream") for entry in block["block"]]
    server = server_of(stream)
    timeouts = named(server["block"], "proxy_connect_timeout") or named(
        stream, "proxy_connect_timeout"
    )
    connect_s = _seconds(timeouts[0]["args"][0] if timeouts else "", 60.0)
    to = named(server["block"], "proxy_pass")[0]["args"]
    upstreams = [each for each in named(stream, "upstream") if each["args"] == to]
    servers = named(upstreams[0]["block"], "server") if upstreams else []
    rules = [_rule(each["args"]) for each in servers] if len(servers) > 1 else []
    return Reaction(
        returns_s=max((out_s + CLOCK_S for fails, out_s in rules if fails), default=0.0),
        detects_s=connect_s * max((fails for fails, _ in rules if fails), default=1),
    )


def _rule(words: Sequence[str]) -> tuple[int, float]:
    """Return max_fails and fail_timeout of a server."""
    given = dict(word.split("=", 1) for word in words if "=" in word)
    fails = given.get("max_fails", "")
    return int(fails) if fails.isdecimal() else 1, _seconds(given.get("fail_timeout", ""), 10.0)


def _seconds(text: str, default_s: float) -> float:
    """Return a time such as 1m30s; a number without a unit is in seconds."""
    parts = re.findall(r"(\d+)(ms|[smhdw]?)", text)
    return sum(float(number) * UNIT_S[unit] for number, unit in parts) if parts else default_s
