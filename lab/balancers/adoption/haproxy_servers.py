"""The words of haproxy's server and default-server lines: what a lab keeps of them."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.balancers.adoption.addresses import is_template, server_address, why_no_address
from lab.balancers.adoption.haproxy_directives import PROXY_PROTOCOL, TLS_ENDS
from lab.balancers.adoption.times import LEAST_CHECK_S, why_too_short
from lab.nodes import APISERVER_PORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.balancers.adoption.addresses import MasterMap
    from lab.balancers.adoption.haproxy_file import Setting
    from lab.balancers.fitting import Notes

_TIME = r"\d+(us|ms|[smhd])?"
_FLAGS = frozenset(
    (
        *("check", "no-check", "check-ssl", "no-check-ssl", "backup", "no-backup", "disabled"),
        *("enabled", "tfo", "no-tfo"),
    )
)
_VALUES = {
    **dict.fromkeys(("inter", "fastinter", "downinter", "slowstart"), _TIME),
    **dict.fromkeys(("rise", "fall", "weight", "maxconn", "minconn", "maxqueue"), r"\d+"),
    "error-limit": r"\d+",
    "observe": "layer4",
    "on-error": "fastinter|fail-check|sudden-death|mark-down",
    "on-marked-down": "shutdown-sessions",
    "on-marked-up": "shutdown-backup-sessions",
    "check-alpn": r"[a-z0-9/.,]+",
    "check-sni": r"[\w.-]+",
    "ssl-min-ver": r"TLSv1\.[0-3]",
    "ssl-max-ver": r"TLSv1\.[0-3]",
    "verify": "none",
}
# Left out with their values: files, names and addresses of the user's, and what http alone has.
_DROPPED_VALUES = frozenset(
    (
        *("cookie", "id", "guid", "init-addr", "resolvers", "resolve-prefer", "resolve-net"),
        *("resolve-opts", "namespace", "crt", "ca-file", "crl-file", "verifyhost", "ciphers"),
        *("ciphersuites", "curves", "sigalgs", "client-sigalgs", "sni", "alpn", "npn", "usesrc"),
        *("pool-low-conn", "pool-max-conn", "pool-purge-delay", "max-reuse", "tcp-ut", "proto"),
        *("check-proto", "redir", "hash-key", "ws", "shard", "log-bufsize", "log-proto", "source"),
        *("interface", "tcp-md5sig", "pool-conn-name", "init-state"),
    )
)
_DROPPED_FLAGS = frozenset(
    (
        *("stick", "non-stick", "no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"),
        *("no-tls-tickets", "tls-tickets", "no-ssl-reuse", "ssl-reuse", "force-sslv3", "no-ssl"),
        *("force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13", "allow-0rtt"),
        *("no-verifyhost", "strict-maxconn", "no-send-proxy", "no-send-proxy-v2"),
    )
)
_ELSEWHERE = "asks something else than the masters, which a lab has not; leave it out"
_REFUSED = {
    "ssl": TLS_ENDS,
    **dict.fromkeys(
        ("send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn"),
        PROXY_PROTOCOL,
    ),
    "check-send-proxy": PROXY_PROTOCOL,
    "proxy-v2-options": PROXY_PROTOCOL,
    "track": "takes the health of another server; give it a check of its own",
    "agent-check": _ELSEWHERE,
    "socks4": _ELSEWHERE,
    "check-via-socks4": _ELSEWHERE,
}
_AGENT_VALUES = ("agent-addr", "agent-inter", "agent-port", "agent-send")
_INTERVALS = ("inter", "fastinter", "downinter")
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


@dataclass(frozen=True)
class ServerWords:
    """A fitted server or default-server line: its words after the address."""

    words: tuple[str, ...]

    def has(self, flag: str) -> bool:
        """Whether a flag is set, and not taken back after."""
        states = [word for word in self.words if word in (flag, f"no-{flag}")]
        return states[-1:] == [flag]

    @property
    def serves_nobody(self) -> bool:
        """Whether no connection is ever given to it."""
        states = [word for word in self.words if word in ("disabled", "enabled")]
        weights = [value for word, value in itertools.pairwise(self.words) if word == "weight"]
        return states[-1:] == ["disabled"] or weights[-1:] == ["0"]


def fitted_words(
    setting: Setting, start: int, servers: Sequence[tuple[str, int]], notes: Notes
) -> ServerWords:
    """Return the words of a line from `start` on. `servers`: host and port that it is about."""
    kept: list[str] = []
    words = list(setting.texts[start:])
    while words:
        word = words.pop(0)
        if word in _FLAGS:
            kept.append(word)
        elif word in _DROPPED_FLAGS:
            notes.drop(setting.number, f"{setting.name}: {word}")
        elif word in _REFUSED:
            notes.refuse(setting.number, f"{word}: {_REFUSED[word]}")
        elif not words:
            notes.refuse(setting.number, f"{setting.name}: {_unknown(word)}")
        elif word in _VALUES:
            kept += _valued(word, words.pop(0), setting, notes)
        elif word in ("port", "addr"):
            kept += _check_at(word, words.pop(0), setting, servers, notes)
        elif word in _DROPPED_VALUES or word in _AGENT_VALUES:
            words.pop(0)
            notes.drop(setting.number, f"{setting.name}: {word}")
        else:
            notes.refuse(setting.number, f"{setting.name}: {_unknown(word)}")
    return ServerWords(tuple(kept))


def _unknown(word: str) -> str:
    if is_template(word):
        return why_no_address(word)
    return f"{word} is no setting of a server that a lab knows; leave it out"


def _valued(word: str, value: str, setting: Setting, notes: Notes) -> list[str]:
    if word == "verify" and value != "none":
        notes.remark("changed", setting.number, f"{setting.name}: verify", "none")
        return ["verify", "none"]
    if not re.fullmatch(_VALUES[word], value):
        why = why_no_address(value) if is_template(value) else f"{word} has not the value {value}"
        notes.refuse(setting.number, f"{setting.name}: {why}")
    elif word in _INTERVALS and (why := why_too_short(value, "ms", LEAST_CHECK_S)):
        notes.refuse(setting.number, f"{setting.name}: {word} {why}")
    return [word, value]


def _check_at(
    word: str, value: str, setting: Setting, servers: Sequence[tuple[str, int]], notes: Notes
) -> list[str]:
    """Keep the place that health checks ask where it is the server itself."""
    if word == "addr" and all(value == host for host, _ in servers):
        return []
    if word == "port" and servers and all(value == str(port) for _, port in servers):
        return ["port", str(APISERVER_PORT)]
    notes.refuse(
        setting.number,
        f"health checks ask {word} {value}, where a lab's masters have nothing; "
        f"leave {word} out, then they ask the apiserver itself",
    )
    return []


def servers_of(settings: Sequence[Setting]) -> list[tuple[str, int]]:
    """Return host and port of the servers, as far as they are addresses."""
    places = [server_address(each.texts[2]) for each in settings if len(each.texts) > 2]
    return [(place.host, place.port) for place in places if place]


def address_for(server: Setting, masters: MasterMap, notes: Notes) -> str:
    """Return the master that replaces the address of a server line."""
    if len(server.texts) < 3:
        notes.refuse(server.number, "server without an address; write server NAME HOST:PORT")
        return ""
    name, address = server.texts[1:3]
    if not _NAME.fullmatch(name):
        why = why_no_address(name) if is_template(name) else "use letters and digits in its name"
        notes.refuse(server.number, f"server {name}: {why}")
    if server_address(address) is None:
        notes.refuse(server.number, why_no_address(address))
    return masters.master(address, server.number)
