"""Settings of haproxy: none is left that reaches beyond the connections to the apiservers."""

from __future__ import annotations

import pytest
from haproxy_texts import FILE, FITTED, PARTS, fitted, problems

# Class of settings -> place, text, and what is named as left out.
DROPPED = {
    "who it runs as": ("glob", "user root\n  group root\n  uid 0\n  chroot /\n  daemon", "user"),
    "sockets": ("glob", "stats socket /run/x level admin\n  stats timeout 1m", "stats socket"),
    "scripts": (
        "glob",
        "lua-load /x.lua\n  lua-load-per-thread /x\n  lua-prepend-path /",
        "lua-load",
    ),
    "programs": ("glob", "external-check\n  insecure-fork-wanted", "external-check"),
    "states": ("glob", "server-state-base /x\n  server-state-file /x", "server-state-file"),
    "logs": ("glob", "log 10.0.0.9:514 local0\n  log /dev/log local0", "log"),
    "variables": ("glob", "setenv A b\n  presetenv A b", "setenv"),
    "ciphers": ("glob", "ssl-default-bind-ciphers PROFILE=SYSTEM", "ssl-default-bind-ciphers"),
    "files of TLS": ("glob", "ca-base /x\n  crt-base /x\n  ssl-dh-param-file /x", "ca-base"),
    "processes": ("glob", "nbproc 4\n  cpu-map 1 0\n  master-worker", "nbproc"),
    "limits": ("glob", "ulimit-n 99999\n  tune.bufsize 99999999", "tune.bufsize"),
    "the place of the file": ("glob", "pidfile /x\n  localpeer y\n  node z", "pidfile"),
    "pages of errors": ("defaults", "errorfile 503 /x\n  errorfiles y", "errorfile"),
    "states of servers": (
        "defaults",
        "load-server-state-from-file global",
        "load-server-state-from-file",
    ),
    "logs of connections": ("defaults", "log 10.0.0.9 local0\n  option tcplog", "option tcplog"),
    "http": ("defaults", "option httplog\n  timeout http-request 1s", "timeout http-request"),
    "mails": ("defaults", "email-alert mailers m\n  email-alert to x", "email-alert"),
    "pages of statistics": ("front", "stats enable\n  stats auth a:S3CRET", "stats auth"),
    "the user's networks": (
        "front",
        "acl own src 10.0.0.0/8\n  tcp-request connection reject if !own",
        "tcp-request connection",
    ),
    "waiting for a name": (
        "front",
        "tcp-request inspect-delay 5s\n  tcp-request content accept if { req_ssl_hello_type 1 }",
        "tcp-request content",
    ),
    "filters": ("front", "filter spoe engine x config /x\n  filter trace", "filter"),
    "addresses to come from": ("back", "source 10.0.0.9", "source"),
    "a second listener": ("front", "bind /run/x.sock user root\n  bind :::6443 v6only", "bind"),
    "names of masters": ("words", " resolvers r init-addr none", "server: resolvers"),
    "files of a server": ("words", " ca-file /x crt /y crl-file /z", "server: crt"),
    "addresses of a server": ("words", " source 10.0.0.9 usesrc client", "server: usesrc"),
    "cookies": ("words", " cookie a redir http://x id 7", "server: cookie"),
}
# Sections that a lab has not.
for _section in (
    *("program evil\n  command /bin/touch /x", "ring r\n  backing-file /x\n  server s 10.0.0.9:1"),
    *("resolvers r\n  nameserver a 10.0.0.9:53", "peers p\n  peer a 10.0.0.9:1024"),
    *("mailers m\n  mailer a 10.0.0.9:25", "userlist u\n  user a insecure-password S3CRET"),
    *("cache c\n  total-max-size 4", "http-errors e\n  errorfile 400 /x"),
    *("fcgi-app f\n  docroot /", "log-forward l\n  dgram-bind :514\n  log 10.0.0.9:1 local0"),
    *("crt-store s\n  crt-base /x", "traces\n  trace h1 sink stderr"),
    *(
        "backend old\n  server x old.example:1",
        "frontend web\n  mode http\n  bind :80\n  stats enable",
    ),
):
    _title = " ".join(_section.split("\n", maxsplit=1)[0].split())
    DROPPED[f"section {_title}"] = ("sections", _section, _title)


@pytest.mark.parametrize(("place", "text", "name"), DROPPED.values(), ids=DROPPED)
def test_what_reaches_beyond_the_connections_is_left_out(place, text, name):
    result = fitted(**{place: text})
    assert result.text == FITTED
    dropped = [remark.subject for remark in result.remarks if remark.kind == "dropped"]
    assert name in dropped
    assert "S3CRET" not in " ".join(dropped)


REFUSED = {
    "PROXY of clients": ({"bind": ":1 accept-proxy"}, "PROXY protocol"),
    "PROXY by a rule": ({"front": "tcp-request connection expect-proxy layer4"}, "PROXY"),
    "PROXY to masters": ({"words": " send-proxy-v2"}, "PROXY protocol"),
    "PROXY of checks": ({"words": " check check-send-proxy"}, "PROXY protocol"),
    "TLS that ends": ({"bind": ":1 ssl crt /x"}, "TLS must pass through"),
    "TLS that begins again": ({"words": " ssl verify none"}, "TLS must pass through"),
    "http": ({"front": "mode http", "back": "mode http"}, "is in mode http"),
    "http behind": ({"back": "mode http"}, "backend masters is in mode http"),
    "a program that checks": ({"back": "option external-check"}, "runs a program"),
    "a script that chooses": ({"front": "tcp-request content lua.x"}, "lua.x changes where"),
    "a rule for the address": ({"front": "tcp-request content set-dst ip(1.1.1.1)"}, "set-dst"),
    "a service": ({"front": "tcp-request content use-service lua.x"}, "use-service changes"),
    "a computed backend": ({"rule": "use_backend %[req.ssl_sni]"}, "computed for each connection"),
    "a rule for the server": ({"back": "use-server a if { src 10.0.0.1 }"}, "chooses the server"),
    "a backend that is not there": ({"rule": "default_backend x"}, "there is no backend x"),
    "defaults that are not there": ({"sections": "backend x from y"}, "no defaults section y"),
    "servers by DNS": ({"back": "server-template x 3 y:6443"}, "cannot be mapped, list them"),
    "a socket": ({"back": "server x unix@/run/x"}, "is a socket of one host"),
    "a socket to listen at": ({"bind": "/run/x"}, "is a socket of one host"),
    "an environment": ({"defaults": 'timeout connect "${T}"'}, "${T} was not filled in"),
    "an environment of a server": ({"words": ' inter "${T}"'}, "${T} was not filled in"),
    "a template of Go": ({"back": "server {{.Name}} 10.0.0.9:6443"}, "was not filled in"),
    "a template of an address": ({"back": "server c <IP>:6443"}, "<IP>:6443 was not filled in"),
    "conditions": ({"defaults": ".if defined(X)"}, "preprocessor"),
    "another port to check": ({"words": " check port 16443"}, "health checks ask port 16443"),
    "another address to check": ({"words": " check addr 10.0.0.9"}, "ask addr 10.0.0.9"),
    "an agent": ({"words": " agent-check agent-port 9"}, "agent-check: asks something else"),
    "a proxy before masters": ({"words": " socks4 10.0.0.9:1080"}, "socks4: asks"),
    "health of others": ({"words": " track x/y"}, "takes the health of another server"),
    "a check of another service": ({"back": "option mysql-check"}, "another service"),
    "a conversation": ({"back": "tcp-check expect string x"}, "conversation"),
    "a word that nobody knows": ({"words": " tomorrow"}, "tomorrow is no setting of a server"),
    "a word without its value": ({"words": " inter"}, "inter is no setting"),
    "a wrong value": ({"words": " rise few"}, "rise has not the value few"),
    "a choice of http": ({"back": "balance uri"}, "balance cannot be kept"),
    "sticking to a session": ({"back": "stick on payload_lv(43,1)"}, "use stick on src"),
    "a table of texts": ({"back": "stick-table type string size 1k"}, "only a table of addresses"),
    "times of long ago": ({"defaults": "clitimeout 5000"}, "is gone since haproxy 2.1"),
    "all are disabled": ({"defaults": "default-server disabled"}, "all its servers are disabled"),
    "all weigh nothing": ({"defaults": "default-server weight 0"}, "or have the weight 0"),
    "a backend that is disabled": ({"back": "disabled"}, "backend masters is disabled"),
    "seconds without a unit": ({"defaults": "timeout server 50"}, "50 is 50 ms"),
    "a check in no time": ({"words": " check inter 5"}, "inter 5 is 5 ms"),
    "a backend of no name": ({"rule": "default_backend"}, "leads to no server"),
    "servers of a frontend": (
        {"front": "server x 10.0.0.9:6443", "rule": ""},
        "leads to no server",
    ),
    "a name in quotes": ({"sections": '\nfrontend "a b'}, "the quote has no end"),
}


@pytest.mark.parametrize(("parts", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_changes_the_meaning_is_refused(parts, problem):
    assert problem in "\n".join(problems(FILE.format(**(PARTS | parts))))


def test_all_problems_are_reported_at_once_in_order_of_their_lines():
    parts = {"bind": ":1 ssl", "back": "balance uri", "words": " send-proxy rise x"}
    lines = [problem.split(":")[0] for problem in problems(FILE.format(**(PARTS | parts)))]
    assert lines == ["line 9", "line 13", "line 14", "line 14"]


KEPT = {
    "glob": ["nbthread 2", "spread-checks 5", "ssl-server-verify none"],
    "defaults": ["timeout tunnel 1h", "option redispatch 1", "retries 5", "no option redispatch"],
    "front": ["maxconn 1000", "option clitcpka", "timeout client 4h"],
    "back": [
        *("balance random(2)", "hash-type consistent sdbm", "option tcp-check", "fullconn 100"),
        *("stick-table type ip size 10k expire 30m", "stick on src", "option httpchk GET /livez"),
        "default-server inter 2s fall 3 rise 2 on-marked-down shutdown-sessions",
    ],
    "words": [
        " check check-ssl verify none inter 1000 fastinter 500ms downinter 5s weight 10 backup",
        " check port 6443 observe layer4 error-limit 5 on-error mark-down slowstart 10s maxconn 9",
        " check check-ssl verify none check-sni api.example check-alpn h2 ssl-min-ver TLSv1.2",
    ],
    "bind": ["*:6443 tfo backlog 100"],
}


@pytest.mark.parametrize(
    ("place", "text"), [(place, text) for place, texts in KEPT.items() for text in texts]
)
def test_what_is_about_the_connections_stays(place, text):
    result = fitted(**{place: text})
    assert text.removeprefix("*:6443") in result.text
    assert {remark.kind for remark in result.remarks} == {"unused-masters"}


CHANGED = {
    "more connections than descriptors": ("glob", "maxconn 100000", "maxconn 4000"),
    "fewer connections than probes": ("front", "maxconn 5", "maxconn 512"),
    "threads": ("glob", "nbthread 200", "nbthread 16"),
    "a large table": ("back", "stick-table type ip size 9m", "stick-table type ip size 100k"),
    "a CA of the user's": ("words", " check check-ssl verify required", "verify none"),
}


@pytest.mark.parametrize(("place", "text", "wanted"), CHANGED.values(), ids=CHANGED)
def test_values_are_those_that_a_lab_can_have(place, text, wanted):
    result = fitted(**{place: text})
    assert wanted in result.text
    assert wanted.split()[-1] in [it.value for it in result.remarks if it.kind == "changed"]


BROKEN = {
    "nothing": ("# nothing\n", "no frontend or listen section"),
    "no section": ("maxconn 5\n", "line 1: maxconn stands in no section"),
    "no server": ("\nfrontend f\n bind :1\n default_backend b\nbackend b\n", "line 2: frontend f"),
    "no bind": ("listen l\n server a a:6443\n", "no frontend or listen section"),
    "a server without an address": ("listen l\n bind :1\n server a\n", "line 3: server without"),
    "a bind without an address": ("listen l\n bind\n server a a:6443\n", "line 2: bind without"),
    "a backslash": ("listen l\n bind :1\n server a a:6443 \\\n", "line 3: the line ends in"),
}


@pytest.mark.parametrize(("text", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_none_is_refused(text, problem):
    assert problem in "\n".join(problems(text))
