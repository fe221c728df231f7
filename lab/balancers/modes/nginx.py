"""nginx on every worker: its stream module, configured as kubespray does.

Source: kubespray roles/kubernetes/node/templates/loadbalancer/nginx.conf.j2. Settings that are
missing there keep nginx's defaults, on purpose: max_fails 1, fail_timeout 10 s, no zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.balancers.adoption import nginx
from lab.balancers.base import Balancer, BalancerProgram
from lab.balancers.reactions.nginx import reaction_of
from lab.nodes import APISERVER_PORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.nodes import Node

STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"

# Settings that the lab needs with every file, a user's own included.
LAB_CONF = f"""\
load_module {STREAM_MODULE};
daemon off;
pid nginx.pid;
error_log stderr notice;
"""
CONF = """\
worker_processes 2;
worker_rlimit_nofile 65535;
worker_shutdown_timeout 10s;
events {{
  multi_accept on;
  use epoll;
  worker_connections 16384;
}}
stream {{
  upstream kube_apiserver {{
    least_conn;
{servers}
  }}
  server {{
    listen {listen};
    proxy_pass kube_apiserver;
    proxy_timeout 10m;
    proxy_connect_timeout 1s;
  }}
}}
"""


def _configure(listen: str, masters: Sequence[Node]) -> str:
    servers = "\n".join(f"    server {master.address}:{APISERVER_PORT};" for master in masters)
    return LAB_CONF + CONF.format(servers=servers, listen=listen)


NGINX = BalancerProgram(
    name="nginx",
    argv=("nginx", "-p", ".", "-e", "stderr", "-c", "nginx.conf"),
    file="nginx.conf",
    memory_mib=8,
    configure=_configure,
    adopt=nginx.adopt,
    reaction=reaction_of,
    packages=("nginx-light", "libnginx-mod-stream"),
    check_argv=("nginx", "-t", "-p", ".", "-e", "stderr", "-c", "nginx.conf"),
    preamble=LAB_CONF,
)
BALANCER = Balancer({"en": "with nginx {set}", "zh": "使用{set}的 nginx"}, NGINX)
