"""How late nginx and haproxy react to a master, by their files: upper bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.balancers.base import Reaction
from lab.balancers.reactions import haproxy, nginx
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec

MODES = {
    "nginx": Reaction(returns_s=11, detects_s=1, closes_idle_s=600),
    "haproxy": Reaction(15 + 15 + 15 + 60, 60, 30, closes_idle_s=300),
    "external": Reaction(105, 60, 30, closes_idle_s=300),
    "vip": Reaction(105 + 4.609375, 60, 30, 4.609375, 300),
    "none": Reaction(),
}
NGINX = """\
stream {{
  {stream}
  upstream kube {{ server 10.0.0.1:6443 {rule}; server 10.0.0.2:6443; }}
  server {{ listen 6443; proxy_pass {to}; {server} }}
}}
"""
HAPROXY = """\
defaults
  mode tcp
  timeout connect 4s
{defaults}
frontend api
  bind :6443
  default_backend masters
backend masters
  {backend}
  server a 10.0.0.1:6443 check {words}
  server rise 10.0.0.2:6443 check
"""


@pytest.mark.parametrize("lb", MODES)
def test_of_every_mode_as_the_lab_configures_it(lb):
    assert plan_lab(LabSpec(lb=lb)).reaction == MODES[lb]


def test_without_masters_nothing_reacts():
    assert plan_lab(LabSpec(masters=0)).reaction == Reaction()


NGINX_FILES = {
    "its defaults": ({}, Reaction(11, 60)),
    "timeouts of the stream": ({"stream": "proxy_connect_timeout 1500ms;"}, Reaction(11, 1.5)),
    "of the server, which win": (
        {"stream": "proxy_connect_timeout 9;", "server": "proxy_connect_timeout 1m30s;"},
        Reaction(11, 90),
    ),
    "its slowest master": ({"rule": "max_fails=3 fail_timeout=30s weight=2"}, Reaction(31, 180)),
    "a master that is never taken out": ({"rule": "max_fails=0"}, Reaction(11, 60)),
    "what cannot be read": ({"rule": "max_fails=few fail_timeout=long"}, Reaction(11, 60)),
    "a single one, by its address": ({"to": "10.0.0.1:6443"}, Reaction(0, 60)),
}


@pytest.mark.parametrize(("parts", "reaction"), NGINX_FILES.values(), ids=NGINX_FILES.keys())
def test_of_an_nginx_file(parts, reaction):
    given = {"stream": "", "rule": "", "server": "", "to": "kube", **parts}
    assert nginx.reaction_of(NGINX.format(**given)) == replace(reaction, closes_idle_s=600)


def test_nginx_never_leaves_out_the_only_master():
    text = (
        "stream { upstream a { server b:1 fail_timeout=9s; } server { listen 1; proxy_pass a; } }"
    )
    assert nginx.reaction_of(text).returns_s == 0


HAPROXY_FILES = {
    "its defaults": ({}, Reaction(2 + 2 + 2, 12, 6)),
    "of a check alone": ({"defaults": "  timeout check 1s"}, Reaction(2 + 2 + 2, 12, 6)),
    "a shorter connect": (
        {"defaults": "  timeout check 9s\n  default-server inter 10s"},
        Reaction(4 + 10 + 10, 10 + 4 + 2 * 14, 30),
    ),
    "counts and intervals of their own": (
        {"words": "inter 3000 fastinter 500ms downinter 1m rise 4 fall 2 slowstart 20s"},
        Reaction(3 + 60 + 3 * 0.5 + 20, 12, 6),
    ),
    "what a backend sets for all": ({"backend": "default-server rise 5"}, Reaction(12, 12, 6)),
    "a server's word, which wins": (
        {"backend": "default-server fall 9", "words": "fall 3"},
        Reaction(6, 36, 18),
    ),
    "what cannot be read": ({"words": "inter ${INTER} rise few"}, Reaction(6, 12, 6)),
    "one that is not checked": ({"words": "no-check"}, Reaction(6, 12, 6)),
}


@pytest.mark.parametrize(("parts", "reaction"), HAPROXY_FILES.values(), ids=HAPROXY_FILES.keys())
def test_of_a_haproxy_file(parts, reaction):
    given = {"defaults": "", "backend": "", "words": "", **parts}
    assert haproxy.reaction_of(HAPROXY.format(**given)) == reaction


def test_haproxy_without_checks_leaves_none_out():
    text = HAPROXY.format(defaults="", backend="", words="").replace(" check", "")
    assert haproxy.reaction_of(text) == Reaction(detects_s=4)


IDLE = {
    "nginx's own": (nginx, NGINX, {}, 600),
    "nginx's stream": (nginx, NGINX, {"stream": "proxy_timeout 20s;"}, 20),
    "nginx's server": (
        nginx,
        NGINX,
        {"stream": "proxy_timeout 20s;", "server": "proxy_timeout 3s;"},
        3,
    ),
    "haproxy's own": (haproxy, HAPROXY, {}, 0),
    "haproxy's shorter side": (
        haproxy,
        HAPROXY,
        {"defaults": "  timeout client 9s", "backend": "timeout server 8s"},
        8,
    ),
    "haproxy's tunnel": (
        haproxy,
        HAPROXY,
        {"defaults": "  timeout client 9s\n  timeout tunnel 1h"},
        3600,
    ),
}


@pytest.mark.parametrize(("program", "text", "parts", "idle_s"), IDLE.values(), ids=IDLE)
def test_when_a_connection_without_traffic_is_closed(program, text, parts, idle_s):
    given = dict.fromkeys(("stream", "server", "defaults", "backend", "words", "rule"), "")
    given |= {"to": "kube", **parts}
    assert program.reaction_of(text.format(**given)).closes_idle_s == idle_s


def test_a_users_own_file_is_what_counts():
    own = NGINX.format(stream="", rule="fail_timeout=3s", server="", to="kube")
    own = own.replace("10.0.0.2:6443", "10.0.0.2:6443 fail_timeout=2s")
    assert plan_lab(LabSpec(lb_config=own)).reaction.returns_s == 4
