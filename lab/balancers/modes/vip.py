"""Two haproxys that share a VIP: VRRP between their keepaliveds decides who holds it.

kubespray has no such mode. The values are those of keepalived's and haproxy's own examples:
priorities 101 and 100, an advertisement a second, a health check of haproxy that outweighs the
difference. The check is a connection: like the usual `killall -0 haproxy` it detects that haproxy
is dead, not that it hangs. It writes a tracked file and is no vrrp_script: an ordinary user's
namespace has no setgroups, and keepalived 2.2 counts a script that could not be run as successful.
A check by process name would find the other node's haproxy, because the nodes of a lab share their
process numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.balancers.base import Balancer
from lab.balancers.modes.haproxy import HAPROXY
from lab.nodes import Component

if TYPE_CHECKING:
    from lab.balancers.base import Placement
    from lab.nodes import Node

PRIORITY = 101
ADVERT_S = 1
WATCH_S = 1
# After haproxy's death: its watch; then three advertisements and the skew of the lower priority
# (RFC 5798, 6.1).
TAKES_OVER_S = WATCH_S + (3 + (256 - (PRIORITY - 1)) / 256) * ADVERT_S
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
  advert_int {advert_s}
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
while sleep {watch_s}; do
  if (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null; then now=0; else now=-10; fi
  if [ "$now" != "$last" ]; then echo "$now" > haproxy.state; last=$now; fi
done
"""


def _virtual_router(node: Node, placement: Placement) -> Component:
    """Return the keepalived of a balancer; the first balancer has the VIP when all are healthy."""
    place = placement.balancers.index(node)
    conf = CONF.format(
        name=node.name,
        state="BACKUP" if place else "MASTER",
        priority=PRIORITY - place,
        advert_s=ADVERT_S,
        address=node.address,
        peers="\n".join(f"    {peer.address}" for peer in placement.balancers if peer != node),
        virtual=BALANCER.virtual_address(placement),
        prefix=placement.network.partition("/")[2],
    )
    argv = (
        *("keepalived", "--dont-fork", "--vrrp", "--log-console", "--log-detail", "--no-syslog"),
        *("--use-file=keepalived.conf", "--pid=keepalived.pid", "--vrrp_pid=vrrp.pid"),
    )
    return _beside_haproxy("keepalived", node, argv, 14, {"keepalived.conf": conf})


def _haproxy_watch(node: Node, placement: Placement) -> Component:
    """Return the health check that reports to keepalived whether haproxy accepts connections."""
    files = {"watch.sh": WATCH.format(port=placement.port, watch_s=WATCH_S)}
    return _beside_haproxy("haproxy-watch", node, ("bash", "watch.sh"), 5, files)


def _beside_haproxy(
    name: str, node: Node, argv: tuple[str, ...], memory_mib: int, files: dict[str, str]
) -> Component:
    return Component(
        name, node.name, argv, 0, memory_mib, tls=False, late=True, system=True, files=files
    )


def _beside(placement: Placement) -> list[Component]:
    makers = (_haproxy_watch, _virtual_router)
    return [make(node, placement) for node in placement.balancers for make in makers]


BALANCER = Balancer(
    {
        "en": "behind two haproxys {set}, with a VIP by keepalived",
        "zh": "位于两个{set}的 haproxy 之后，由 keepalived 提供 VIP",
    },
    HAPROXY,
    nodes=2,
    virtual_host=100,
    takes_over_s=TAKES_OVER_S,
    beside=_beside,
    more_programs=("keepalived",),
    more_packages=("keepalived",),
    tools=("bash",),
)
