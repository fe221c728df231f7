"""What a lab is made of, as values: its nodes, and the processes that run on them. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

ETCD_CLIENT_PORT = 2379
ETCD_PEER_PORT = 2380
APISERVER_PORT = 6443
LOOPBACK = "127.0.0.1"
# Where the nodes are unless their runtime has to choose another range.
DEFAULT_NETWORK = "10.83.0.0/16"
# The block of addresses of balancers that stand on nodes of their own.
BALANCER_BLOCK = 4
# What systemd gives a service.
ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG=C.UTF-8",
)


@dataclass(frozen=True)
class Component:
    """One process group on one node.

    argv[0] is the name of a binary, resolved when the lab is started: of a pinned one, or with
    `system` of one that comes with the system. Paths inside argv are relative to the node's
    directory. `port` is where an observer sees whether it serves, 0 where nothing listens; with
    `loopback` it listens there, and is seen from its own node only. `memory_mib` is what it takes
    in an idle lab. A `late` one is started when the apiservers serve. With `restart` the agent
    starts it again when it exits, as a kubelet does. With `private_tmp` its /tmp is its own and
    ends with it, as systemd's PrivateTmp. `environment`: what it is started with
    besides ENVIRONMENT, `NAME=value` each.
    """

    name: str
    node: str
    argv: tuple[str, ...]
    port: int
    memory_mib: int
    tls: bool = True
    late: bool = False
    system: bool = False
    restart: bool = False
    private_tmp: bool = False
    loopback: bool = False
    environment: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)

    @property
    def whole_environment(self) -> tuple[str, ...]:
        """All that it finds there: nothing of the user's shell."""
        return (*ENVIRONMENT, *self.environment)


@dataclass(frozen=True)
class Node:
    """A host of the lab. `roles`: etcd, master, worker or balancer; stacked masters hold two."""

    name: str
    address: str
    roles: frozenset[str]


def address_of(network: str, block: int, host: int) -> str:
    """Return an address of a range whose blocks have 256 addresses each, five of them at least."""
    return str(ipaddress.ip_network(network)[256 * block + host])
