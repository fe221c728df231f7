"""A user's nginx file with a stream block, read and written by nginx's own parser (crossplane)."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import crossplane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.balancers.base import Frontend

Block = list[dict[str, Any]]
# Settings of the user's host, which the lab writes itself or has no use for. `http` holds health
# and status pages beside the balancer, which nobody uses here.
NOT_OURS = frozenset({"load_module", "daemon", "pid", "lock_file", "error_log", "user", "http"})
NEEDS_A_FILE = frozenset({"include", "ssl_certificate", "ssl_certificate_key", "js_import"})


def adopt(text: str, frontend: Frontend) -> str:
    """Return the file as this lab runs it, without the settings of `lab.balancers.modes.nginx`.

    Raises ValueError with the line at fault.
    """
    main = [entry for entry in parse(text) if entry["directive"] not in NOT_OURS]
    streams = named(main, "stream")
    if not streams:
        raise ValueError("there is no stream block; nginx balances apiservers there")
    for directive in _all(main):
        if directive["directive"] in NEEDS_A_FILE:
            name = directive["directive"]
            raise ValueError(f"line {directive['line']}: {name} needs a file that a lab has not")
        if directive["directive"] == "access_log" and directive["args"] != ["off"]:
            directive["args"][0] = "access.log"
    stream = [entry for block in streams for entry in block["block"]]
    server = server_of(stream)
    _listen(server, frontend.listen)
    _balance(server, stream, frontend)
    built: str = crossplane.build(main, indent=2)
    return built + "\n"


def parse(text: str) -> Block:
    """Return the directives of a file. Raises ValueError."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        payload = crossplane.parse(file.name, single=True, comments=True)
        for error in payload["errors"]:
            if error["line"] is None:
                last = len(text.splitlines())
                raise ValueError(f"line {last}: the file ends inside a directive")
            reason = error["error"].replace(f" in {file.name}", "").rpartition(":")[0]
            raise ValueError(f"line {error['line']}: {reason}")
    parsed: Block = payload["config"][0]["parsed"]
    return parsed


def _all(block: Block) -> Iterator[dict[str, Any]]:
    for directive in block:
        yield directive
        yield from _all(directive.get("block", []))


def named(block: Block, name: str) -> Block:
    """Return the directives of a block that have a name."""
    return [directive for directive in block if directive["directive"] == name]


def server_of(stream: Block) -> dict[str, Any]:
    """Return the server of the stream block that passes connections on. Raises ValueError."""
    servers = [each for each in named(stream, "server") if named(each["block"], "proxy_pass")]
    if not servers:
        raise ValueError("no server in the stream block has a proxy_pass")
    if len(servers) > 1:
        raise ValueError(
            f"line {servers[1]['line']}: a second server; only the apiservers' one can be mapped"
        )
    return servers[0]


def _listen(server: dict[str, Any], address: str) -> None:
    listens = named(server["block"], "listen")
    if not listens:
        raise ValueError(f"line {server['line']}: this server has no listen")
    for listen in listens:
        if "ssl" in listen["args"]:
            raise ValueError(f"line {listen['line']}: TLS must pass through, it cannot end here")
    listens[0]["args"][0] = address
    server["block"] = [entry for entry in server["block"] if entry not in listens[1:]]


def _balance(server: dict[str, Any], stream: Block, frontend: Frontend) -> None:
    """Replace the servers that connections are passed to by the masters."""
    passed = named(server["block"], "proxy_pass")[0]
    to = passed["args"][0]
    upstreams = [each for each in named(stream, "upstream") if each["args"] == [to]]
    if upstreams:
        servers = named(upstreams[0]["block"], "server")
        if not servers:
            raise ValueError(f"line {upstreams[0]['line']}: upstream {to} has no server")
        for index, balanced in enumerate(servers):
            balanced["args"][0] = frontend.master(index, balanced["line"])
    elif to.startswith("$") or ":" not in to:
        raise ValueError(f"line {passed['line']}: {to} is neither an upstream nor an address")
    else:
        passed["args"][0] = frontend.master(0, passed["line"])
