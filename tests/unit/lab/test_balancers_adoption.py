"""A user's own nginx or haproxy file: what is mapped, what stays, and what cannot be used."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from lab.balancers.adoption import haproxy, nginx
from lab.balancers.base import Frontend
from lab.components.lab_plan import plan_lab
from lab.spec import LabSpec

ADOPT = {"nginx": nginx.adopt, "haproxy": haproxy.adopt}
LOCAL = Frontend("127.0.0.1:6443", ["10.83.2.1:6443", "10.83.2.2:6443"])
OUTSIDE = Frontend("*:443", ["10.83.2.1:6443", "10.83.2.2:6443"])

NGINX = """\
user nginx;
error_log /var/log/nginx/error.log warn;
pid /run/nginx.pid;
worker_processes 1;
events { worker_connections 1024; }
# the apiservers
stream {
  log_format basic '$remote_addr $status';
  access_log /var/log/nginx/k8s.log basic;
  upstream kube {
    hash $remote_addr consistent;
    server 192.168.1.10:6443 weight=2 max_fails=3 fail_timeout=30s;
    server cp2.example.com:6443 backup;
  }
  server {
    listen 8443 so_keepalive=on;
    listen [::]:8443;
    proxy_timeout 3s;
    proxy_pass kube;
  }
}
http {
  include mime.types;
  server { listen 8081; location /healthz { return 200; } }
}
"""
NGINX_ADOPTED = """\
worker_processes 1;
events {
  worker_connections 1024;
}
# the apiservers
stream {
  log_format basic '$remote_addr $status';
  access_log access.log basic;
  upstream kube {
    hash $remote_addr consistent;
    server 10.83.2.1:6443 weight=2 max_fails=3 fail_timeout=30s;
    server 10.83.2.2:6443 backup;
  }
  server {
    listen 127.0.0.1:6443 so_keepalive=on;
    proxy_timeout 3s;
    proxy_pass kube;
  }
}
"""
HAPROXY = """\
# ours
global
    log /dev/log local0 info
    chroot /var/lib/haproxy
    stats socket /run/haproxy/admin.sock mode 660 level admin
    user haproxy
    daemon
    maxconn 2000
defaults
    mode http
    log global
    timeout connect 2s
    errorfile 503 /etc/haproxy/errors/503.http
frontend stats
    bind *:8404
    stats enable
frontend api
    bind 192.168.1.5:8443 tfo
    bind :::8443 v6only
    mode tcp
    default_backend masters
backend masters
    mode tcp
    balance roundrobin
    option tcp-check
    default-server inter 2s fall 3
    server a 192.168.1.10:6443 check weight 5 # the old one
    server b cp2.example.com:6443 check backup
"""
HAPROXY_ADOPTED = """\
# ours
global
    log stdout format raw local0 notice
    maxconn 2000
defaults
    mode http
    log global
    timeout connect 2s
frontend api
    bind *:443 tfo
    mode tcp
    default_backend masters
backend masters
    mode tcp
    balance roundrobin
    option tcp-check
    default-server inter 2s fall 3
    server a 10.83.2.1:6443 check weight 5
    server b 10.83.2.2:6443 check backup
"""


def test_an_nginx_file_keeps_all_but_its_addresses_and_its_host():
    assert nginx.adopt(NGINX, LOCAL) == NGINX_ADOPTED


def test_a_haproxy_file_keeps_all_but_its_addresses_and_its_host():
    assert haproxy.adopt(HAPROXY, OUTSIDE) == HAPROXY_ADOPTED


@pytest.mark.parametrize(
    ("program", "text", "wanted"),
    [
        pytest.param(
            "nginx",
            "stream { server { listen 1; proxy_pass 192.168.1.1:6443; } }",
            "proxy_pass 10.83.2.1:6443;",
            id="nginx that passes to one address",
        ),
        pytest.param(
            "haproxy",
            "listen api\n  bind :1\n  server a 1.2.3.4:6443",
            "    server a 10.83.2.1:6443",
            id="haproxy's listen, in its default mode",
        ),
        pytest.param(
            "haproxy",
            "frontend f\n bind :1\n use_backend b if TRUE\nbackend b\n server a h:1",
            "    server a 10.83.2.1:6443",
            id="haproxy's backend by a condition",
        ),
    ],
)
def test_other_ways_to_name_a_server_are_mapped(program, text, wanted):
    assert wanted in ADOPT[program](text, LOCAL)


NGINX_SERVER = "stream {{\n upstream u {{\n{}\n }}\n server {{ listen 1; proxy_pass u; }}\n}}"
BAD = {
    "nginx: three servers for two masters": (
        "nginx",
        NGINX_SERVER.format("server a:1;\nserver b:1;\nserver c:1;"),
        "line 5: server 3 has no counterpart, the lab has 2 masters",
    ),
    "nginx: no server": ("nginx", NGINX_SERVER.format(""), "line 2: upstream u has no server"),
    "nginx: no stream": ("nginx", "events {}\nhttp {}\n", "there is no stream block"),
    "nginx: a haproxy file": ("nginx", HAPROXY, "line 28: the file ends inside a directive"),
    "nginx: no proxy_pass": ("nginx", "stream { server { listen 1; } }", "has a proxy_pass"),
    "nginx: no listen": (
        "nginx",
        "stream {\n server { proxy_pass a:1; }\n}",
        "line 2: this server has no listen",
    ),
    "nginx: two servers": (
        "nginx",
        "stream {\n server { listen 1; proxy_pass a:1; }\n server { listen 2; proxy_pass b:1; }\n}",
        "line 3: a second server",
    ),
    "nginx: a variable": (
        "nginx",
        "stream {\n server { listen 1;\n proxy_pass $to; }\n}",
        "line 3: $to is neither an upstream nor an address",
    ),
    "nginx: an include": (
        "nginx",
        "stream {\n include servers.conf;\n server { listen 1; proxy_pass a:1; }\n}",
        "line 2: include needs a file",
    ),
    "nginx: TLS ends": (
        "nginx",
        "stream {\n server { listen 1 ssl; proxy_pass a:1; }\n}",
        "line 2: TLS must pass through",
    ),
    "nginx: a brace is missing": (
        "nginx",
        "events {}\nstream {\n server { listen 1;\n",
        'line 3: unexpected end of file, expecting "}"',
    ),
    "nginx: an argument is missing": (
        "nginx",
        "stream {\n server {\n proxy_pass;\n }\n}",
        'line 3: invalid number of arguments in "proxy_pass" directive',
    ),
    "haproxy: three servers for two masters": (
        "haproxy",
        "listen l\n bind :1\n server a a:1\n server b b:1\n server c c:1",
        "line 5: server 3 has no counterpart, the lab has 2 masters",
    ),
    "haproxy: no server": (
        "haproxy",
        "\nfrontend f\n bind :1\n default_backend b\nbackend b\n",
        "line 2: frontend f leads to no server",
    ),
    "haproxy: no such backend": (
        "haproxy",
        "frontend f\n bind :1\n default_backend b\n",
        "line 3: there is no backend b",
    ),
    "haproxy: nothing in mode tcp": (
        "haproxy",
        "defaults\n mode http\nlisten l\n bind :1\n server a a:1",
        "no frontend or listen section in mode tcp",
    ),
    "haproxy: two frontends": (
        "haproxy",
        "listen l\n bind :1\n server a a:1\nlisten m\n bind :2\n server a a:1",
        "line 4: a second listen in mode tcp",
    ),
    "haproxy: an nginx file": ("haproxy", NGINX, "line 1: user stands in no section of haproxy"),
    "haproxy: TLS ends": (
        "haproxy",
        "listen l\n bind :1 ssl crt /etc/x.pem\n server a a:1",
        "line 2: crt needs a file",
    ),
    "haproxy: a template": (
        "haproxy",
        "listen l\n bind :1\n server a a:1\n server-template s 3 a:1",
        "line 4: a template of servers cannot be mapped",
    ),
    "haproxy: a server without address": (
        "haproxy",
        "listen l\n bind :1\n server a",
        "line 3: server without an address",
    ),
}


@pytest.mark.parametrize(("program", "text", "message"), BAD.values(), ids=BAD.keys())
def test_a_file_that_cannot_be_mapped_is_refused_with_its_line(program, text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ADOPT[program](text, LOCAL)


@pytest.mark.parametrize(
    ("lb", "text", "node", "file"),
    [
        ("nginx", NGINX, "worker-1", "nginx.conf"),
        ("haproxy", HAPROXY, "worker-1", "haproxy.cfg"),
        ("external", HAPROXY, "balancer-1", "haproxy.cfg"),
        ("vip", HAPROXY, "balancer-2", "haproxy.cfg"),
    ],
)
def test_a_lab_runs_the_users_file(lb, text, node, file):
    plan = plan_lab(LabSpec(masters=2, lb=lb, lb_config=text))
    written = plan.frontends("worker-1")[0].files[file]
    assert "10.83.2.2:6443" in written
    assert "192.168" not in written
    assert file in plan.component(plan.frontends("worker-1")[0].name, node).files


@pytest.mark.parametrize(
    ("lb", "masters", "text", "message"),
    [
        pytest.param("none", 2, NGINX, "there is no balancer to configure", id="no balancer"),
        pytest.param("nginx", 1, NGINX, "line 13: server 2 has no counterpart", id="one master"),
        pytest.param("vip", 1, HAPROXY, "line 28: server 2 has no counterpart", id="vip"),
    ],
)
def test_a_spec_with_a_file_that_does_not_fit_is_refused(lb, masters, text, message):
    with pytest.raises(ValidationError) as caught:
        LabSpec(masters=masters, lb=lb, lb_config=text)
    assert [error["loc"] for error in caught.value.errors()] == [("lb_config",)]
    assert message in str(caught.value)
