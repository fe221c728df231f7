"""keepalived on every balancer: VRRP between them decides who holds the VIP.

kubespray has nothing for it; the values are those of keepalived's and haproxy's own examples
(priorities 101 and 100, an advertisement a second, a look at haproxy that outweighs them). The
look is a connection, so like the usual `killall -0 haproxy` it sees haproxy's death, not its hang.
It writes a tracked file and is no vrrp_script: an ordinary user's namespace has no setgroups, and
keepalived 2.2 takes a script that could not be run for one that succeeded. A look by process name
would see the other node's haproxy, for the nodes of a lab share their process numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.plan import Component

if TYPE_CHECKING:
    from lab.plan import LabPlan, Node

CONF = """\
global_defs {{
  router_id {name}
}}
vrrp_track_file haproxy {{
  file haproxy.state
  init_file 0 overwrite
}}
vrrp_instance apiserver {{
  state {state}
  interface eth0
  virtual_router_id 51
  priority {priority}
  advert_int 1
  unicast_src_ip {address}
  unicast_peer {{
{peers}
  }}
  virtual_ipaddress {{
    {virtual}/{prefix} dev eth0
  }}
  track_file {{
    haproxy weight 1
  }}
}}
"""
WATCH = """\
last=0
while sleep 1; do
  if (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null; then now=0; else now=-10; fi
  if [ "$now" != "$last" ]; then echo "$now" > haproxy.state; last=$now; fi
done
"""


def virtual_router(node: Node, plan: LabPlan) -> Component:
    """Return the keepalived of one balancer; the first one has the VIP when all are well."""
    balancers = plan.with_role("balancer")
    peers = "\n".join(f"    {one.address}" for one in balancers if one != node)
    conf = CONF.format(
        name=node.name,
        state="MASTER" if node == balancers[0] else "BACKUP",
        priority=101 - balancers.index(node),
        address=node.address,
        peers=peers,
        virtual=plan.virtual_address,
        prefix=plan.network.partition("/")[2],
    )
    argv = (
        *("keepalived", "--dont-fork", "--vrrp", "--log-console", "--log-detail", "--no-syslog"),
        *("--use-file=keepalived.conf", "--pid=keepalived.pid", "--vrrp_pid=vrrp.pid"),
    )
    return Component("keepalived", node.name, argv, 0, tls=False, files={"keepalived.conf": conf})


def haproxy_watch(node: Node, port: int) -> Component:
    """Return what tells keepalived whether the haproxy of this balancer accepts connections."""
    files = {"watch.sh": WATCH.format(port=port)}
    return Component("haproxy-watch", node.name, ("bash", "watch.sh"), 0, tls=False, files=files)
