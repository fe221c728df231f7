"""The proxy on every worker: nginx's stream module, set as kubespray sets it.

Source: kubespray roles/kubernetes/node/templates/loadbalancer/nginx.conf.j2. What is not
written there (max_fails 1, fail_timeout 10 s, no zone) is left to nginx's defaults, on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.adoption import Frontend, adopt
from lab.plan import APISERVER_PORT, LOOPBACK, Component, Node

if TYPE_CHECKING:
    from collections.abc import Sequence

STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"

# What the lab itself must have of any nginx.
LAB_CONF = """\
load_module {module};
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
    listen 127.0.0.1:{port};
    proxy_pass kube_apiserver;
    proxy_timeout 10m;
    proxy_connect_timeout 1s;
  }}
}}
"""


def proxy(node: Node, masters: Sequence[Node], port: int, config: str = "") -> Component:
    """Return the proxy of one worker, in front of every master; `config` is a user's own file."""
    addresses = [f"{m.address}:{APISERVER_PORT}" for m in masters]
    if config:
        conf = adopt("nginx", config, Frontend(f"{LOOPBACK}:{port}", addresses))
    else:
        servers = "\n".join(f"    server {address};" for address in addresses)
        conf = CONF.format(servers=servers, port=port)
    conf = LAB_CONF.format(module=STREAM_MODULE) + conf
    argv = ("nginx", "-p", ".", "-e", "stderr", "-c", "nginx.conf")
    return Component("nginx", node.name, argv, port, loopback=True, files={"nginx.conf": conf})
