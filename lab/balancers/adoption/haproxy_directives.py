"""Which settings of haproxy a lab keeps, and for which it refuses a file; it drops all others.

What is kept has no effect outside of the connections to the apiservers: it names no file, program,
address or variable of the user's host. haproxy 2.6, configuration manual.
"""

from __future__ import annotations

import re

_NUMBER = r"\d+"
_TIME = r"\d+(us|ms|[smhd])?"
_PLAIN_FLAGS = (
    *("tcp-check", "ssl-hello-chk", "tcpka", "clitcpka", "srvtcpka", "tcp-smart-accept"),
    *("tcp-smart-connect", "splice-auto", "splice-request", "splice-response", "nolinger"),
    *("abortonclose", "allbackups", "persist", "log-health-checks"),
)
# Keyword -> its arguments, joined by spaces.
GLOBAL = {
    "maxconn": _NUMBER,
    "nbthread": _NUMBER,
    "spread-checks": _NUMBER,
    "ssl-server-verify": "none",
}
_TIMEOUTS = ("connect", "client", "server", "queue", "check", "tunnel", "client-fin", "server-fin")
_SHARED = {
    **{f"timeout {name}": _TIME for name in _TIMEOUTS},
    **{f"option {name}": "" for name in _PLAIN_FLAGS},
    "option redispatch": r"(-?\d+)?",
    "option httpchk": ".*",
    "http-check connect": ".*",
    "http-check send": ".*",
    "http-check expect": ".*",
    "http-check disable-on-404": "",
    "tcp-check connect": ".*",
    "retries": _NUMBER,
    "balance": r"roundrobin|static-rr|leastconn|first|source|(hash )?src|random(\(\d+\))?",
    "hash-type": r"(map-based|consistent)( (sdbm|djb2|wt6|crc32|none))?( avalanche)?",
    "hash-balance-factor": _NUMBER,
    "maxconn": _NUMBER,
    "backlog": _NUMBER,
    "fullconn": _NUMBER,
    "clitcpka-cnt": _NUMBER,
    "clitcpka-idle": _TIME,
    "clitcpka-intvl": _TIME,
    "srvtcpka-cnt": _NUMBER,
    "srvtcpka-idle": _TIME,
    "srvtcpka-intvl": _TIME,
    "default-server": ".*",
    "default_backend": ".*",
}
_STICKING = {
    "stick-table": ".*",
    "stick on": "src",
    "stick match": "src",
    "stick store-request": "src",
}
DEFAULTS = _SHARED
FRONTEND = {**_SHARED, "bind": ".*"}
BACKEND = {**_SHARED, **_STICKING, "server": ".*"}
LISTEN = {**BACKEND, "bind": ".*"}
# Where each keyword makes sense: those of a frontend are dropped in a backend by haproxy itself.
KEPT = {"defaults": DEFAULTS, "frontend": FRONTEND, "backend": BACKEND, "listen": LISTEN}
# What the lab writes by itself, or reads elsewhere, is no loss.
SILENT = frozenset({"mode", "use_backend", "enabled"})

BIND_FLAGS = frozenset({"tfo", "defer-accept"})
BIND_DROPPED_VALUES = frozenset(
    (
        *("name", "id", "guid", "interface", "namespace", "user", "uid", "group", "gid", "mode"),
        *("level", "severity-output", "process", "thread", "nice", "ciphers", "ciphersuites"),
        *("curves", "ecdhe", "alpn", "npn", "proto", "ssl-min-ver", "ssl-max-ver", "shards"),
    )
)
BIND_VALUES = frozenset({"backlog", "maxconn", "mss", "tcp-ut"})

PROXY_PROTOCOL = (
    "PROXY protocol: nothing in a lab speaks it, and kubelets and kubectl do not either; "
    "leave it out, or keep a listener without it"
)
TLS_ENDS = (
    "TLS must pass through, it cannot end here: client certificates would be lost; "
    "leave ssl out, and use mode tcp"
)
BIND_REFUSED = {
    **dict.fromkeys(("ssl", "crt", "crt-list", "ca-file", "verify"), TLS_ENDS),
    **dict.fromkeys(("accept-proxy", "accept-netscaler-cip"), PROXY_PROTOCOL),
}
_OTHER_PROTOCOL = "is a health check of another service; with it all masters would be down"
_OLD_TIMEOUT = "is gone since haproxy 2.1; write timeout connect, client, server"
_PROGRAM = "runs a program, which a lab does not; use option httpchk, or leave it out"
# Title -> why a file that has it where the apiservers' connections go cannot be used.
REFUSED = {
    "server-template": "a template of servers cannot be mapped, list them",
    "use-server": "a rule chooses the server, which a lab's clients may not meet; leave it out",
    "dispatch": "is no list of servers; use server",
    "transparent": "leads where clients want; use server",
    "option transparent": "leads where clients want; use server",
    "option http_proxy": "leads where clients want; use server",
    "option external-check": _PROGRAM,
    **{
        f"option {name}": _OTHER_PROTOCOL
        for name in (
            *("mysql-check", "pgsql-check", "redis-check", "smtpchk", "ldap-check", "spop-check"),
        )
    },
    **dict.fromkeys(("clitimeout", "contimeout", "srvtimeout"), _OLD_TIMEOUT),
    **dict.fromkeys(
        ("tcp-check expect", "tcp-check send", "tcp-check send-binary"),
        "is a conversation that a lab's apiservers may not follow; use option httpchk",
    ),
    **dict.fromkeys(
        ("stick on", "stick match", "stick store-request", "stick store-response"),
        "sticks to something else than the client's address; use stick on src",
    ),
    "tcp-check send-lf": "is a conversation that a lab's apiservers may not follow",
    "tcp-check send-binary-lf": "is a conversation that a lab's apiservers may not follow",
}
# Words of tcp-request rules that change where a connection goes, or what is spoken on it.
_STEERING = re.compile(
    r"expect-proxy|expect-netscaler-cip|set-dst\S*|do-resolve\S*|use-service|switch-mode|lua\.\S+"
)


def why_steering(words: tuple[str, ...]) -> str:
    """Return why a tcp-request rule cannot be left out, "" when it can."""
    for word in words:
        if word in ("if", "unless"):
            break
        if match := _STEERING.fullmatch(word):
            if word.startswith("expect-"):
                return PROXY_PROTOCOL
            return f"{match[0]} changes where connections go; leave it out"
    return ""
