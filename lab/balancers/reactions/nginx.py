"""nginx asks no master how it is: connections that fail take one out for a while.

ngx_stream_upstream_module: `max_fails` (1) failed connections take a master out for `fail_timeout`
(10 s); 0 never does, and in a group of one both are ignored. A silent master fails a connection
after `proxy_connect_timeout` (60 s). A hung one fails none: its kernel accepts. A connection
without traffic for `proxy_timeout` (10 min) is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.balancers.adoption.nginx_file import named, parse
from lab.balancers.adoption.times import seconds_of
from lab.balancers.base import Reaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.adoption.nginx_file import Directive

# It counts in whole seconds, and tries again when more than fail_timeout have passed.
CLOCK_S = 1.0


def reaction_of(text: str) -> Reaction:
    """Return how late nginx reacts with a file: fitted, or of the lab's own."""
    stream = named(parse(text), "stream")[0]
    server = stream.named("server")[0]
    to = server.named("proxy_pass")[0].args
    upstreams = [each for each in stream.named("upstream") if each.args == to]
    servers = upstreams[0].named("server") if upstreams else []
    rules = [_rule(each.args) for each in servers] if len(servers) > 1 else []
    connect_s = _setting_s("proxy_connect_timeout", 60.0, server, stream)
    return Reaction(
        returns_s=max((out_s + CLOCK_S for fails, out_s in rules if fails), default=0.0),
        detects_s=connect_s * max((fails for fails, _ in rules if fails), default=1),
        closes_idle_s=_setting_s("proxy_timeout", 600.0, server, stream),
    )


def _setting_s(name: str, default_s: float, *blocks: Directive) -> float:
    """Return a time that the first of the blocks has that has it."""
    settings = [directive.args[0] for block in blocks for directive in block.named(name)]
    return _seconds(settings[0], default_s) if settings else default_s


def _rule(words: Sequence[str]) -> tuple[int, float]:
    """Return max_fails and fail_timeout of a server."""
    given = dict(word.split("=", 1) for word in words if "=" in word)
    fails = given.get("max_fails", "")
    return int(fails) if fails.isdecimal() else 1, _seconds(given.get("fail_timeout", ""), 10.0)


def _seconds(text: str, default_s: float) -> float:
    """Return a time such as 1m30s; a number without a unit is in seconds."""
    return seconds_of(text, "s", default_s)
