"""haproxy: on every worker's loopback, or on nodes of its own, set as kubespray sets it.

Source: kubespray roles/kubernetes/node/templates/loadbalancer/haproxy.cfg.j2. There it logs to a
syslog that nobody runs; here to its own log, and only what changes. kubespray leaves a balancer of
its own to the user (docs/operations/ha-mode.md); the lab gives it the same file, so that the modes
differ in where they balance and in nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.adoption import Frontend, adopt
from lab.plan import APISERVER_PORT, LOOPBACK, Component, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

CHECKS = "inter 15s downinter 15s rise 2 fall 2 slowstart 60s maxconn 1000 maxqueue 256 weight 100"
CONF = """\
global
  maxconn 4000
  log stdout format raw local0 notice
defaults
  mode http
  log global
  option httplog
  option dontlognull
  option http-server-close
  option redispatch
  retries 5
  timeout http-request 5m
  timeout queue 5m
  timeout connect 30s
  timeout client 5m
  timeout server 15m
  timeout http-keep-alive 30s
  timeout check 30s
  maxconn 4000
frontend kube_api_frontend
  bind {listen}
  mode tcp
  option tcplog
  default_backend kube_api_backend
backend kube_api_backend
  mode tcp
  balance leastconn
  default-server {checks}
  option httpchk GET /healthz
  http-check expect status 200
{servers}
"""


def balancer(node: Node, masters: Sequence[Node], port: int, config: str = "") -> Component:
    """Return the haproxy of a worker or a balancer; `config` is a user's own file."""
    loopback = "worker" in node.roles
    listen = f"{LOOPBACK if loopback else '*'}:{port}"
    if config:
        addresses = [f"{m.address}:{APISERVER_PORT}" for m in masters]
        conf = adopt("haproxy", config, Frontend(listen, addresses))
    else:
        servers = "\n".join(
            f"  server {m.name} {m.address}:{APISERVER_PORT} check check-ssl verify none"
            for m in masters
        )
        conf = CONF.format(listen=listen, checks=CHECKS, servers=servers)
    argv = ("haproxy", "-db", "-f", "haproxy.cfg")
    files = {"haproxy.cfg": conf}
    return Component("haproxy", node.name, argv, port, loopback=loopback, files=files)
