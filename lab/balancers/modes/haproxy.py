"""haproxy on every worker, configured as kubespray does.

Source: kubespray roles/kubernetes/node/templates/loadbalancer/haproxy.cfg.j2. There it logs to a
syslog that does not run; here to its own log, and only changes. kubespray leaves a balancer on a
node of its own to the user (docs/operations/ha-mode.md). The lab gives it the same file, so that
the modes differ only in the place of the balancer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.balancers.adoption.haproxy import adopt
from lab.balancers.base import Balancer, BalancerProgram
from lab.balancers.reactions.haproxy import reaction_of
from lab.nodes import APISERVER_PORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.nodes import Node

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


def _configure(listen: str, masters: Sequence[Node]) -> str:
    servers = "\n".join(
        f"  server {master.name} {master.address}:{APISERVER_PORT} check check-ssl verify none"
        for master in masters
    )
    return CONF.format(listen=listen, checks=CHECKS, servers=servers)


HAPROXY = BalancerProgram(
    name="haproxy",
    argv=("haproxy", "-db", "-f", "haproxy.cfg"),
    file="haproxy.cfg",
    memory_mib=25,
    configure=_configure,
    adopt=adopt,
    reaction=reaction_of,
    packages=("haproxy",),
    check_argv=("haproxy", "-c", "-f", "haproxy.cfg"),
)
BALANCER = Balancer({"en": "with haproxy {set}", "zh": "使用{set}的 haproxy"}, HAPROXY)
