"""The nodes of a lab and the components that run on them, as values. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

ETCD_CLIENT_PORT = 2379
ETCD_PEER_PORT = 2380
APISERVER_PORT = 6443
LOOPBACK = "127.0.0.1"
# The range of addresses, unless the runtime has to choose another one.
DEFAULT_NETWORK = "10.83.0.0/16"
# The block of addresses of balancers on nodes of their own.
BALANCER_BLOCK = 4
# Who starts a component again when it exits.
AGENT, KUBELET, SYSTEMD = "agent", "kubelet", "systemd"
# The environment that systemd gives a service.
ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG=C.UTF-8",
)


@dataclass(frozen=True)
class Component:
    """A process group on a node.

    argv[0] is the name of a program, which is resolved when the lab is started: a pinned binary, or
    with `system` a program of the system. Paths in argv are relative to the node's directory.
    `port` is the port at which observers see whether it serves, 0 where nothing listens; with
    `loopback` only observers on its own node reach it. `memory_mib` is its memory in an idle lab. A
    `late` component is started when the apiservers serve. `supervisor`: who starts it again when
    it exits (AGENT, KUBELET, SYSTEMD), "" for nobody. With `private_tmp` it has a /tmp of its own
    that ends with it, as systemd's PrivateTmp. `environment`: variables besides ENVIRONMENT,
    `NAME=value` each. `log`: the command that prints its log on its node, where no agent keeps it.
    """

    name: str
    node: str
    argv: tuple[str, ...]
    port: int
    memory_mib: int
    tls: bool = True
    late: bool = False
    system: bool = False
    supervisor: str = ""
    private_tmp: bool = False
    loopback: bool = False
    environment: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)

    @property
    def whole_environment(self) -> tuple[str, ...]:
        """The whole environment of the component; it has nothing of the user's shell."""
        return (*ENVIRONMENT, *self.environment)


@dataclass(frozen=True)
class Node:
    """A host of the lab. `roles`: etcd, master, worker or balancer; stacked masters hold two.

    `host`: the name by which the cluster knows it, where that is another one. `more_addresses`:
    its further addresses in the network of the nodes, of IPv6 for example.
    """

    name: str
    address: str
    roles: frozenset[str]
    host: str = ""
    more_addresses: tuple[str, ...] = ()

    @property
    def known_as(self) -> str:
        """The name by which the cluster knows it."""
        return self.host or self.name


def address_of(network: str, block: int, host: int) -> str:
    """Return an address of a range: its block of 256 addresses, and the host in the block."""
    return str(ipaddress.ip_network(network)[256 * block + host])
