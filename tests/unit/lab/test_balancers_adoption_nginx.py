"""Directives of nginx: none is left that reaches beyond the connections to the apiservers."""

from __future__ import annotations

import re

import pytest
from nginx_texts import FILE, FITTED, LAB, PARTS, PLAIN, fitted, problems

from lab.balancers.adoption.nginx import adopt

# Class of directives -> place, text, and what is named as left out.
DROPPED = {
    "programs": ("main", "load_module modules/x.so; perl_modules /x; env SECRET;", "load_module"),
    "who it runs as": ("main", "user root; daemon on; master_process off;", "user"),
    "files of main": ("main", "pid /x; lock_file /x; error_log /x; working_directory /x;", "pid"),
    "devices": ("main", "ssl_engine x; google_perftools_profiles /x;", "ssl_engine"),
    "modules of a distribution": ("main", "include /etc/nginx/modules-enabled/*.conf;", "include"),
    "another file beside the stream": ("main", "include /etc/nginx/conf.d/*.conf;", "include"),
    "http": ("main", "http { server { listen 80; root /; include mime.types; } }", "http"),
    "mail": ("main", "mail { auth_http 10.0.0.9:80; }", "mail"),
    "debugging": ("events", "debug_connection 10.0.0.9;", "debug_connection"),
    "logs": ("stream", "log_format x '$status;{}'; access_log /x x; error_log /x;", "access_log"),
    "logs elsewhere": ("stream", "access_log syslog:server=10.0.0.9;", "access_log"),
    "logs of a server": ("server", "error_log /x; access_log /x;", "error_log"),
    "scripts": ("stream", "js_import x.js; js_set $a x.f; perl_set $b 'x';", "js_import"),
    "names": ("stream", "resolver 10.0.0.9; resolver_timeout 1s;", "resolver"),
    "names of a group": ("upstream", "resolver 10.0.0.9;", "resolver"),
    "variables": ("stream", "map $x $y { default 1; } geo $z { default 1; }", "map"),
    "parts of clients": ("stream", "split_clients $remote_addr $x { * a; }", "split_clients"),
    "databases": ("stream", "geoip_city /x; variables_hash_max_size 4;", "geoip_city"),
    "the user's networks": ("stream", "allow 10.0.0.0/8; deny all;", "deny"),
    "limits of clients": (
        "stream",
        "limit_conn_zone $remote_addr zone=a:10m; limit_conn a 1;",
        "limit_conn",
    ),
    "addresses to come from": ("server", "proxy_bind 10.0.0.9 transparent;", "proxy_bind"),
    "addresses of others": ("server", "set_real_ip_from 10.0.0.9;", "set_real_ip_from"),
    "reading what is not used": ("server", "ssl_preread on;", "ssl_preread"),
    "another server": ("stream", "server { listen 22; proxy_pass 10.0.0.9:22; }", "server"),
    "another group": ("stream", "upstream old { server old.example:6443; }", "upstream old"),
    "a port of UDP": ("stream", "server { listen 53 udp; proxy_pass 10.0.0.9:53; }", "server"),
    "names of masters": ("flags", " resolve service=x", "server: resolve"),
    "a setting that nobody knows": ("stream", "tomorrow on;", "tomorrow"),
}


@pytest.mark.parametrize(("place", "text", "name"), DROPPED.values(), ids=DROPPED)
def test_what_reaches_beyond_the_connections_is_left_out(place, text, name):
    result = fitted(**{place: text})
    assert result.text == FITTED
    assert name in [remark.subject for remark in result.remarks if remark.kind == "dropped"]


REFUSED = {
    "PROXY of clients": ({"listen": "6443 proxy_protocol"}, "PROXY protocol"),
    "PROXY to masters": ({"server": "proxy_protocol on;"}, "PROXY protocol"),
    "PROXY for all": ({"stream": "proxy_protocol on;"}, "PROXY protocol"),
    "TLS that ends": ({"listen": "6443 ssl"}, "TLS must pass through"),
    "TLS that begins again": ({"server": "proxy_ssl on;"}, "TLS must pass through"),
    "a computed upstream": ({"to": "$x", "stream": "map $y $x { default kube; }"}, "map in line 4"),
    "a drawn upstream": ({"to": "$x", "stream": "split_clients $y $x { * kube; }"}, "split_cl"),
    "a variable": ({"to": "$x"}, "where a variable leads is not known"),
    "a name alone": ({"to": "kub"}, "kub is neither an upstream nor an address"),
    "a socket": ({"to": "unix:/run/x"}, "is a socket of one host"),
    "a socket to listen at": ({"listen": "unix:/run/x"}, "is a socket of one host"),
    "a port of UDP alone": ({"listen": "6443 udp"}, "no server in the stream block"),
    "a file in the stream": ({"stream": "include x.conf;"}, "put its content in its place"),
    "a file in the group": ({"upstream": "include x.conf;"}, "put its content in its place"),
    "a file in the server": ({"server": "include x.conf;"}, "put its content in its place"),
    "a script that decides": ({"server": "js_preread x.f;"}, "a lab runs none"),
    "a script that chooses": ({"upstream": "balancer_by_lua_block { x() }"}, "a lab runs none"),
    "checks": ({"upstream": "check interval=3000 type=tcp;"}, "the lab's nginx has not"),
    "checks of the commercial one": ({"server": "health_check;"}, "the lab's nginx has not"),
    "a choice of http": ({"upstream": "ip_hash;"}, "write hash $remote_addr"),
    "a hash of a name": ({"upstream": "hash $ssl_preread_server_name;"}, "more than the client"),
    "names of SNI": ({"server": "server_name api.example;"}, "clients send none"),
    "a wrong time": ({"server": "proxy_timeout soon;"}, "cannot be kept"),
    "a template of a value": ({"server": "proxy_timeout $T;"}, "$T was not filled in"),
    "a template of a port": ({"listen": "${PORT}"}, "was not filled in"),
    "a template of a weight": ({"flags": " weight=$W"}, "no value that nginx reads"),
    "a time for no answer": ({"server": "proxy_timeout 20ms;"}, "20ms is 20 ms"),
    "an answer": ({"server": "return ok;"}, "answers clients itself"),
}


@pytest.mark.parametrize(("parts", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_changes_the_meaning_is_refused(parts, problem):
    assert problem in "\n".join(problems(FILE.format(**(PARTS | parts))))


def test_all_problems_are_reported_at_once_in_order_of_their_lines():
    text = FILE.format(
        **PARTS | {"flags": " weight=x", "listen": "1 proxy_protocol", "server": "proxy_ssl on;"}
    ).replace("10.0.0.2", "<IP>")
    assert [problem.split(":")[0] for problem in problems(text)] == [
        *("line 6", "line 7", "line 11", "line 12"),
    ]


SERVERS = ["@MASTER@:6443", "{{ ip }}:6443", "<IP>:6443", "%IP%:6443", "$ip:6443", "unix:/x"]


@pytest.mark.parametrize("address", SERVERS)
def test_a_server_without_an_address_of_its_own_is_refused(address):
    assert "line 7" in "\n".join(problems(PLAIN.replace("10.0.0.2:6443", address)))


KEPT = {
    "events": "multi_accept on; accept_mutex off; use epoll;",
    "main": "worker_processes auto; worker_rlimit_nofile 9000; worker_shutdown_timeout 10s;",
    "stream": "proxy_next_upstream off; proxy_socket_keepalive on; tcp_nodelay on;",
    "flags": " weight=2 max_fails=0 fail_timeout=1m30s max_conns=5 backup",
    "upstream": "zone kube 64k; random two least_conn;",
    "server": "proxy_timeout 1h; proxy_next_upstream_tries 2; proxy_upload_rate 1m;",
    "listen": "6443 so_keepalive=1m:10s:3 backlog=99 reuseport",
}


@pytest.mark.parametrize(("place", "text"), KEPT.items(), ids=KEPT)
def test_what_is_about_the_connections_stays(place, text):
    result = fitted(**{place: text})
    for word in re.split(r"[ ;]+", text.removeprefix("6443").strip(" ;")):
        assert word in result.text
    assert {remark.kind for remark in result.remarks} == {"unused-masters"}


@pytest.mark.parametrize(
    ("place", "text", "wanted"),
    [
        ("events", "worker_connections 1000000;", "worker_connections 16384;"),
        ("events", "worker_connections 10;", "worker_connections 512;"),
        ("main", "worker_processes 64;", "worker_processes 16;"),
        ("upstream", "zone kube 1000m;", "zone kube 256k;"),
    ],
)
def test_sizes_are_those_that_a_lab_can_have(place, text, wanted):
    result = fitted(**{place: text})
    assert wanted in result.text
    assert [remark.value for remark in result.remarks if remark.kind == "changed"] == [
        wanted.rstrip(";").split()[-1]
    ]


BROKEN = {
    "no stream": ("events {}\nhttp {}\n", "line 2: there is no stream block"),
    "nothing": ("# nothing\n", "there is no stream block"),
    "all in another file": ("include x.conf;\n", "line 1: include: needs a file"),
    "no proxy_pass": ("stream { server { listen 1; } }", "no server in the stream block"),
    "no listen": ("stream {\n server { proxy_pass a:6443; }\n}", "line 2: this server has no"),
    "no server": (PLAIN.replace("server 10", "# 10"), "line 5: upstream kube has no server"),
    "all are down": (PLAIN.replace(":6443;", ":6443 down;"), "all its servers are down"),
    "a brace is missing": ("stream {\n server { listen 1;\n", "line 2: unexpected end of file"),
    "a semicolon is missing": (
        "stream {\n server {\n listen 1\n }\n}",
        'line 3: directive "listen" is not terminated by ";"',
    ),
    "a quote has no end": ("stream {\n log_format x 'a;\n}", "line 2: unexpected end"),
    "deep": ("a {" * 5000 + "}" * 5000, "line 1"),
}


@pytest.mark.parametrize(("text", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_none_is_refused(text, problem):
    assert problem in "\n".join(problems(text))


def test_an_address_twice_is_one_master():
    text = adopt(PLAIN.replace("10.0.0.2", "10.0.0.1"), LAB).text
    assert text.count("10.83.2.1") == 2
